"""Members, bans and mutes in the SQLite file: a part of `SqliteStore`."""

import sqlite3
import time
from typing import Final

from chat_app.errors import OwnerNeeded, RoomNotFound
from chat_app.models import Deed, Membership, Role, Room, RoomSettings, Sanction, User
from chat_app.store.sqlite_accounts import Read, Transaction
from chat_app.store.sqlite_deeds import write_deed
from chat_app.store.sqlite_runs import TOP

_OF_ROOM: Final = "room = (SELECT id FROM rooms WHERE key = ?)"


class SqliteMembers:
    """A `MemberStore`. What is written is written within `transaction`, by `writer`."""

    def __init__(self, writer: sqlite3.Connection, read: Read, transaction: Transaction) -> None:
        self._writer = writer
        self._read = read
        self._transaction = transaction

    async def make_room(self, key: str, name: str, owner: User) -> None:
        now = _now()
        async with self._transaction():
            made = self._writer.execute(
                "INSERT INTO rooms (key, name, created_at) VALUES (?, ?, ?)", (key, name, now)
            )
            add_user(self._writer, owner, now)
            self._writer.execute(
                "INSERT INTO members VALUES (?, ?, ?, ?)",
                (made.lastrowid, owner.id, Role.OWNER, now),
            )

    async def role(self, room_key: str, user_id: str) -> Role:
        rows = self._read(
            f"SELECT role FROM members WHERE {_OF_ROOM} AND user = ?", (room_key, user_id)
        )
        return Role(rows[0][0]) if rows else Role.NONE

    async def of(self, room_key: str) -> list[Membership]:
        rows = self._read(
            "SELECT users.id, name, role FROM members JOIN users ON users.id = user"
            f" WHERE {_OF_ROOM} ORDER BY role DESC, since, users.id",
            (room_key,),
        )
        return [Membership(User(id, name), Role(role)) for id, name, role in rows]

    async def rooms(self, user_id: str) -> list[tuple[Room, Role]]:
        rows = self._read(
            f"SELECT key, name, {TOP}, announce, locked, slow_seconds, role"
            " FROM members JOIN rooms ON rooms.id = room WHERE user = ?"
            " ORDER BY since DESC, rooms.id DESC",
            (user_id,),
        )
        return [
            (
                Room(key, name, top, RoomSettings(bool(announce), bool(locked), slow), True),
                Role(role),
            )
            for key, name, top, announce, locked, slow, role in rows
        ]

    async def set_role(
        self, room_key: str, user: User, role: Role, deed: Deed | None = None
    ) -> None:
        now = _now()
        async with self._transaction():
            room = room_id(self._writer, room_key)
            if role is Role.NONE:
                self._drop(room, user.id)
            else:
                add_user(self._writer, user, now)
                self._writer.execute(
                    "INSERT INTO members VALUES (?, ?, ?, ?)"
                    " ON CONFLICT (room, user) DO UPDATE SET role = excluded.role",
                    (room, user.id, role, now),
                )
            self._check_owned(room)
            self._note(room, deed)

    def _note(self, room: int, deed: Deed | None) -> None:
        if deed is not None:
            write_deed(self._writer, room, deed)

    def _drop(self, room: int, user_id: str) -> None:
        self._writer.execute("DELETE FROM members WHERE room = ? AND user = ?", (room, user_id))

    def _check_owned(self, room: int) -> None:
        if not self._writer.execute(
            "SELECT 1 FROM rooms WHERE id = ? AND (key NOT LIKE '~%' OR EXISTS"
            " (SELECT 1 FROM members WHERE room = rooms.id AND role = ?))",
            (room, Role.OWNER),
        ).fetchone():
            raise OwnerNeeded("A private room needs an owner.")

    async def settle(self, room_key: str, settings: RoomSettings, deed: Deed | None = None) -> None:
        async with self._transaction():
            room = room_id(self._writer, room_key)
            self._writer.execute(
                "UPDATE rooms SET announce = ?, locked = ?, slow_seconds = ? WHERE id = ?",
                (settings.announce, settings.locked, settings.slow_seconds, room),
            )
            self._note(room, deed)

    async def sanctions(self, room_key: str) -> list[Sanction]:
        rows = self._read(
            "SELECT kind, u.id, u.name, until, b.id, b.name, at, network, network_until"
            " FROM sanctions JOIN users u ON u.id = user JOIN users b ON b.id = by"
            f" WHERE {_OF_ROOM} ORDER BY at DESC, u.id, kind",
            (room_key,),
        )
        return [
            Sanction(kind, User(user, name), until, User(by, by_name), *rest)
            for kind, user, name, until, by, by_name, *rest in rows
        ]

    async def sanction(self, room_key: str, sanction: Sanction, deed: Deed | None = None) -> None:
        async with self._transaction():
            room, user = room_id(self._writer, room_key), sanction.user
            for person in (user, sanction.by):
                add_user(self._writer, person, sanction.at)
            self._writer.execute(
                "INSERT OR REPLACE INTO sanctions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(room, user.id, sanction.kind, sanction.until),
                    *(sanction.network, sanction.network_until, sanction.by.id, sanction.at),
                ),
            )
            if sanction.kind == "ban":
                self._drop(room, user.id)
                self._check_owned(room)
            self._note(room, deed)

    async def lift(self, room_key: str, user_id: str, kind: str, deed: Deed | None = None) -> None:
        async with self._transaction():
            room = room_id(self._writer, room_key)
            lifted = self._writer.execute(
                "DELETE FROM sanctions WHERE room = ? AND user = ? AND kind = ?",
                (room, user_id, kind),
            )
            if lifted.rowcount:
                self._note(room, deed)


def room_id(writer: sqlite3.Connection, key: str) -> int:
    """Return the row of the room with that key. Raises RoomNotFound."""
    row = writer.execute("SELECT id FROM rooms WHERE key = ?", (key,)).fetchone()
    if row is None:
        raise RoomNotFound("There is no such room.")
    return int(row[0])


def add_user(writer: sqlite3.Connection, user: User, at: int) -> None:
    """Write down somebody who may not have spoken yet."""
    writer.execute(
        "INSERT INTO users VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (user.id, user.name, at)
    )


def _now() -> int:
    return time.time_ns() // 1_000_000
