"""Where the events of a room lie: an index of our own, in runs.

Events lie in order of arrival. An index on (room, seq) would be touched in as many places as
there are rooms, and a commit costs the pages that it touches. So 32 events of a room have one
row in `runs`, written when the last of them has come; until then they are in `open_runs`,
one row of a few dozen bytes for each room. Both are written with the events, in the same
transaction.
"""

import sqlite3
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from chat_app.store.sqlite_accounts import Read

RUN: Final = 32  # events in a run; as the schema has it

# The newest seq of a room, within a query that has `rooms`; 0 before its first event.
TOP: Final = "coalesce((SELECT top FROM open_runs WHERE room = rooms.id), 0)"


class OpenRun:
    """A room as whoever appends to it knows it: its id, its newest seq, and its open run."""

    __slots__ = ("arrivals", "room", "top")

    def __init__(self, room: int, top: int, arrivals: str) -> None:
        self.room = room
        self.top = top
        self.arrivals = arrivals

    def add(self, arrival: int) -> tuple[int, int, str] | None:
        """Take in the event after the top; return the row of `runs` that it completes, if any."""
        self.top += 1
        self.arrivals = f"{self.arrivals},{arrival}" if self.arrivals else str(arrival)
        if self.top % RUN:
            return None
        run = (self.room, self.top - RUN + 1, self.arrivals)
        self.arrivals = ""
        return run

    @property
    def row(self) -> tuple[int, int, str]:
        """Its row of `open_runs`."""
        return self.room, self.top, self.arrivals


def newest(read: Read, room_key: str) -> OpenRun | None:
    """Return a room's newest seq and open run; None before its first event."""
    rows = read(
        "SELECT room, top, arrivals FROM open_runs"
        " WHERE room = (SELECT id FROM rooms WHERE key = ?)",
        (room_key,),
    )
    return OpenRun(*rows[0]) if rows else None


def arrivals(read: Read, room: OpenRun, first: int, last: int) -> list[str]:
    """Return where the events `first` to `last` lie, in order; 1 <= first <= last <= room.top."""
    begin = first - (first - 1) % RUN
    runs = read(
        "SELECT arrivals FROM runs WHERE room = ? AND first BETWEEN ? AND ? ORDER BY first",
        (room.room, begin, last),
    )
    listed = [run for (run,) in runs]
    if last > room.top - room.top % RUN:
        listed.append(room.arrivals)
    return ",".join(listed).split(",")[first - begin : last - begin + 1]


def arrival_of(db: sqlite3.Connection, room: int, seq: int) -> int | None:
    """Return where one event lies; None if the room has no such event."""

    def read(sql: str, parameters: tuple[object, ...]) -> list[Any]:
        return db.execute(sql, parameters).fetchall()

    found = read("SELECT room, top, arrivals FROM open_runs WHERE room = ?", (room,))
    if not found or not 1 <= seq <= found[0][1]:
        return None
    return int(arrivals(read, OpenRun(*found[0]), seq, seq)[0])


def every_arrival(db: sqlite3.Connection, room: int) -> Iterator[int]:
    """Yield where each event of a room lies, in order."""
    runs = db.execute("SELECT arrivals FROM runs WHERE room = ? ORDER BY first", (room,))
    newest = db.execute("SELECT arrivals FROM open_runs WHERE room = ?", (room,))
    for (run,) in chain(runs, newest):
        yield from map(int, filter(None, run.split(",")))
