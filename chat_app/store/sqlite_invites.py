"""Invitations in the SQLite file: a part of `SqliteStore`, which has the connections."""

import sqlite3

from chat_app.errors import Banned, LinkRefused
from chat_app.models import Invite, Role, User
from chat_app.store.sqlite_accounts import Read, Transaction
from chat_app.store.sqlite_members import add_user, room_id


class SqliteInvites:
    """An `InviteStore`. What is written is written within `transaction`, by `writer`."""

    def __init__(self, writer: sqlite3.Connection, read: Read, transaction: Transaction) -> None:
        self._writer = writer
        self._read = read
        self._transaction = transaction

    async def add(self, invite: Invite) -> None:
        async with self._transaction():
            room = room_id(self._writer, invite.room_key)
            add_user(self._writer, invite.by, invite.made_at)
            self._writer.execute(
                "INSERT INTO invites VALUES (?, ?, ?, ?, ?, ?)",
                (invite.id, room, invite.by.id, invite.made_at, invite.until, invite.uses),
            )

    async def of(self, room_key: str, now: int) -> list[Invite]:
        rows = self._read(
            "SELECT invites.id, users.id, users.name, made_at, until, uses FROM invites"
            " JOIN users ON users.id = by JOIN rooms ON rooms.id = room"
            " WHERE key = ? AND until > ? AND uses > 0 ORDER BY made_at DESC, invites.id",
            (room_key, now),
        )
        return [Invite(id, room_key, User(by, name), *rest) for id, by, name, *rest in rows]

    async def room_key(self, invite_id: str, now: int) -> str | None:
        rows = self._read(
            "SELECT key FROM invites JOIN rooms ON rooms.id = room"
            " WHERE invites.id = ? AND until > ? AND uses > 0",
            (invite_id, now),
        )
        return str(rows[0][0]) if rows else None

    async def use(self, invite_id: str, user: User, now: int) -> str:
        async with self._transaction():
            row = self._writer.execute(
                "SELECT room, key, EXISTS (SELECT 1 FROM sanctions s WHERE s.room = rooms.id"
                " AND s.user = ? AND s.kind = 'ban' AND (s.until IS NULL OR s.until > ?))"
                " FROM invites JOIN rooms ON rooms.id = room"
                " WHERE invites.id = ? AND invites.until > ? AND uses > 0",
                (user.id, now, invite_id, now),
            ).fetchone()
            if row is None:
                raise LinkRefused("This invitation was used up, has ended, or was taken back.")
            room, key, banned = row
            if banned:
                raise Banned("You have been put out of this room.")
            add_user(self._writer, user, now)
            joined = self._writer.execute(
                "INSERT INTO members VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (room, user.id, Role.MEMBER, now),
            )
            if joined.rowcount:
                self._writer.execute(
                    "UPDATE invites SET uses = uses - 1 WHERE id = ?", (invite_id,)
                )
        return str(key)

    async def revoke(self, room_key: str, invite_id: str) -> None:
        async with self._transaction():
            self._writer.execute(
                "DELETE FROM invites WHERE id = ? AND room = ?",
                (invite_id, room_id(self._writer, room_key)),
            )
