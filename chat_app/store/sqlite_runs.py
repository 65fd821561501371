"""Where the events of a room lie: an index of our own, in runs.

Events lie in order of arrival. An index on (room, seq) would be touched in as many places as
there are rooms, and a commit costs the pages that it touches. So 32 events of a room have one
row in `runs`, written when the last of them has come; until then they are in `open_runs`,
one row of a few dozen bytes for each room. Both are written with the events, in the same
transaction.

A run is a text: where its first event lies, and by how much farther each of the others does,
"1234+1003+2". Logs of older versions have runs that say of each where it lies: "1234,2237,2239".
"""

import sqlite3
from collections.abc import Iterator
from itertools import accumulate, chain, pairwise
from typing import Any, Final, NamedTuple

import msgspec

from chat_app.store.sqlite_accounts import Read

RUN: Final = 32  # events in a run; as the schema has it

_numbers = msgspec.json.Decoder(list[int]).decode  # half as long as to split them and call `int`

# The newest seq of a room, within a query that has `rooms`; 0 before its first event.
TOP: Final = "coalesce((SELECT top FROM open_runs WHERE room = rooms.id), 0)"


class OpenRun:
    """A room as whoever appends to it knows it: its id, its newest seq, and its open run."""

    __slots__ = ("_last", "room", "run", "top")

    def __init__(self, room: int, top: int, run: str) -> None:
        lying = lie_at(run)
        self.room = room
        self.top = top
        self.run = run if "," not in run else _written(lying)
        self._last = lying[-1] if lying else 0

    def add(self, arrival: int) -> tuple[int, int, str] | None:
        """Take in the event after the top; return the row of `runs` that it completes, if any."""
        self.top += 1
        self.run = f"{self.run}+{arrival - self._last}" if self.run else str(arrival)
        self._last = arrival
        if self.top % RUN:
            return None
        run = (self.room, self.top - RUN + 1, self.run)
        self.run = ""
        return run

    @property
    def row(self) -> tuple[int, int, str]:
        """Its row of `open_runs`."""
        return self.room, self.top, self.run


def lie_at(run: str) -> list[int]:
    """Return where the events of a run lie."""
    if "," in run:
        return _numbers(f"[{run}]")
    return [*accumulate(_numbers(f"[{run.replace('+', ',')}]"))]


def _written(lying: list[int]) -> str:
    return "+".join(str(next_ - one) for one, next_ in pairwise([0, *lying]))


class Newest(NamedTuple):
    """A room as whoever reads it knows it: its id, its newest seq, and its open run."""

    room: int
    top: int
    run: str


def newest(read: Read, room_key: str) -> Newest | None:
    """Return what is newest in a room; None before its first event."""
    rows = read(
        "SELECT room, top, arrivals FROM open_runs"
        " WHERE room = (SELECT id FROM rooms WHERE key = ?)",
        (room_key,),
    )
    return Newest(*rows[0]) if rows else None


def arrivals(read: Read, room: Newest, first: int, last: int) -> list[int]:
    """Return where the events `first` to `last` lie, in order; 1 <= first <= last <= room.top."""
    begin = first - (first - 1) % RUN
    runs = read(
        "SELECT arrivals FROM runs WHERE room = ? AND first BETWEEN ? AND ? ORDER BY first",
        (room.room, begin, last),
    )
    listed = [*chain.from_iterable(lie_at(run) for (run,) in runs)]
    if last > room.top - room.top % RUN:
        listed += lie_at(room.run)
    return listed[first - begin : last - begin + 1]


def arrival_of(db: sqlite3.Connection, room: int, seq: int) -> int | None:
    """Return where one event lies; None if the room has no such event."""

    def read(sql: str, parameters: tuple[object, ...]) -> list[Any]:
        return db.execute(sql, parameters).fetchall()

    found = read("SELECT room, top, arrivals FROM open_runs WHERE room = ?", (room,))
    if not found or not 1 <= seq <= found[0][1]:
        return None
    return arrivals(read, Newest(*found[0]), seq, seq)[0]


def every_arrival(db: sqlite3.Connection, room: int) -> Iterator[int]:
    """Yield where each event of a room lies, in order."""
    runs = db.execute("SELECT arrivals FROM runs WHERE room = ? ORDER BY first", (room,))
    newest = db.execute("SELECT arrivals FROM open_runs WHERE room = ?", (room,))
    for (run,) in chain(runs, newest):
        yield from lie_at(run)
