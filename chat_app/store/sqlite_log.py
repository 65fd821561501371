"""How drafts become rows of the log: numbered, inserted, and found again if they repeat one.

A batch is taken for new and inserted as a whole, which costs far less than a call for each
row. Where that finds a draft that is in the log already, the batch is begun anew and
each is looked up first.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import chain, groupby
from typing import Final

from chat_app.models import Appended, Draft, Event, Role
from chat_app.store.events import EVENT, event
from chat_app.store.sqlite_deletions import write_deletion
from chat_app.store.sqlite_once import ONCE, repeated
from chat_app.store.sqlite_rows import Rows
from chat_app.store.sqlite_runs import OpenRun

_EVENTS: Final = Rows("INSERT INTO events (room, seq, id, author, name, message, at)", 7, ONCE)
_RUNS: Final = Rows("INSERT INTO runs", 3)
_OPEN_RUNS: Final = Rows("REPLACE INTO open_runs", 3)

# Rooms and authors remembered between transactions, ~200 bytes each.
_REMEMBERED: Final = 100_000


class Appending:
    """Appends to the log in a transaction of the store's, which holds nothing else yet.

    It remembers what it would otherwise ask the database for every row: `forget` it
    whenever a transaction was undone.
    """

    def __init__(self) -> None:
        self._rooms: dict[str, OpenRun] = {}
        self._authors: set[str] = set()
        self._arrival: int | None = None  # the newest

    def forget(self) -> None:
        self._rooms.clear()
        self._authors.clear()
        self._arrival = None

    def append(self, db: sqlite3.Connection, drafts: Sequence[Draft]) -> list[Appended]:
        """Append as `Store.append` says; whoever calls commits, or undoes."""
        if len(self._rooms) + len(self._authors) > _REMEMBERED:
            self.forget()
        if any(draft.target for draft in drafts):
            return self._append_in_turn(db, drafts)
        appended = self._insert(db, drafts)
        if appended is None:
            db.execute("ROLLBACK")
            self._forget_those(drafts)
            db.execute("BEGIN IMMEDIATE")
            appended = self._append_checked(db, drafts)
        return appended

    def _forget_those(self, drafts: Iterable[Draft]) -> None:
        for draft in drafts:
            self._rooms.pop(draft.room_key, None)
            self._authors.discard(draft.author.id)
        self._arrival = None

    def _append_in_turn(self, db: sqlite3.Connection, drafts: Sequence[Draft]) -> list[Appended]:
        """Append messages with deletions among them, which may be of those before them."""
        appended: list[Appended] = []
        for deletes, group in groupby(drafts, lambda draft: bool(draft.target)):
            if deletes:
                appended += [self._delete(db, draft) for draft in group]
            else:
                appended += self._append_checked(db, list(group))
        return appended

    def _insert(self, db: sqlite3.Connection, drafts: Iterable[Draft]) -> list[Appended] | None:
        """Insert messages as if none of them was there; None if one of them was.

        Then the transaction is good for nothing any more.
        """
        arrival = self._newest_arrival(db)
        touched: dict[str, OpenRun] = {}
        values: list[str | int] = []
        whole, appended = [], []
        for draft in drafts:
            key, user = draft.room_key, draft.author
            room = touched.get(key)
            if room is None:
                room = touched[key] = self._room(db, draft)
            if user.id not in self._authors:
                self._add_author(db, draft)
            arrival += 1
            if run := room.add(arrival):
                whole.append(run)
            seq = room.top
            values += (room.room, seq, draft.id, user.id, user.name, draft.message, draft.at)
            appended.append(
                Appended(Event(key, seq, draft.id, user, draft.message, draft.at), False)
            )
        if _EVENTS.put(db, values) != len(appended):
            return None
        # SQLite takes the next arrival itself, for less than it takes to see that ours is free.
        if appended and db.execute("SELECT last_insert_rowid()").fetchone() != (arrival,):
            raise sqlite3.IntegrityError("events lie elsewhere than they were thought to")
        self._arrival = arrival
        _write_runs(db, whole, touched.values())
        return appended

    def _append_checked(self, db: sqlite3.Connection, drafts: Sequence[Draft]) -> list[Appended]:
        """Append messages of which some are in the log already, or repeat each other."""
        known = [self._find(db, draft) for draft in drafts]
        new: dict[tuple[str, str, str], Draft] = {}
        for draft, found in zip(drafts, known, strict=True):
            if found is None:
                new.setdefault(_name(draft), draft)
        inserted = self._insert(db, new.values())
        if inserted is None:
            raise sqlite3.IntegrityError("what is not in the log cannot be inserted")
        first = dict(zip(new, inserted, strict=True))
        appended = []
        for draft, found in zip(drafts, known, strict=True):
            if found is not None:
                appended.append(Appended(found, True))
            else:
                appended.append(first[_name(draft)])
                first[_name(draft)] = Appended(appended[-1].event, True)
        return appended

    def _find(self, db: sqlite3.Connection, draft: Draft) -> Event | None:
        """Return the event that the draft repeats, if there is one."""
        lies_at = repeated(db, draft, self._room(db, draft).room)
        return None if lies_at is None else _event(db, draft.room_key, lies_at)

    def _delete(self, db: sqlite3.Connection, draft: Draft) -> Appended:
        room = self._room(db, draft)
        self._add_author(db, draft)
        arrival = self._newest_arrival(db) + 1
        lies_at = write_deletion(db, draft, room.room, room.top + 1, arrival)
        if lies_at == arrival:
            self._arrival = arrival
            run = room.add(arrival)
            _write_runs(db, [run] if run else [], [room])
        return Appended(_event(db, draft.room_key, lies_at), lies_at != arrival)

    def _newest_arrival(self, db: sqlite3.Connection) -> int:
        if self._arrival is None:
            (newest,) = db.execute("SELECT coalesce(max(arrival), 0) FROM events").fetchone()
            self._arrival = int(newest)
        return self._arrival

    def _add_author(self, db: sqlite3.Connection, draft: Draft) -> None:
        user = draft.author
        db.execute(
            "INSERT INTO users VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (user.id, user.name, draft.at),
        )
        self._authors.add(user.id)

    def _room(self, db: sqlite3.Connection, draft: Draft) -> OpenRun:
        """Return the draft's room, which it makes if there is none."""
        key = draft.room_key
        if (known := self._rooms.get(key)) is not None:
            return known
        made = db.execute(
            "INSERT INTO rooms (key, name, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (key, draft.room_name, draft.at),
        )
        if made.rowcount:
            db.execute(
                "INSERT INTO members SELECT ?, user, ?, ? FROM accounts WHERE user = ?",
                (made.lastrowid, Role.OWNER, draft.at, draft.author.id),
            )
        row = db.execute(
            "SELECT id, coalesce(top, 0), coalesce(arrivals, '')"
            " FROM rooms LEFT JOIN open_runs ON room = id WHERE key = ?",
            (key,),
        ).fetchone()
        room = self._rooms[key] = OpenRun(*row)
        return room


def _event(db: sqlite3.Connection, room_key: str, lies_at: int) -> Event:
    row = db.execute(f"SELECT {EVENT} FROM events WHERE arrival = ?", (lies_at,)).fetchone()
    return event(room_key, row)


def _name(draft: Draft) -> tuple[str, str, str]:
    """Return what only one event may have."""
    return draft.room_key, draft.author.id, draft.id


def _write_runs(
    db: sqlite3.Connection, whole: Sequence[tuple[int, int, str]], touched: Iterable[OpenRun]
) -> None:
    # In the tables' order: one after the other a batch's rows lie on the same pages.
    _RUNS.put(db, [*chain.from_iterable(sorted(whole))])
    _OPEN_RUNS.put(db, [*chain.from_iterable(sorted([room.row for room in touched]))])
