"""Reports and deeds in the SQLite file: a part of `SqliteStore`."""

import sqlite3

from chat_app.errors import MessageNotFound
from chat_app.models import Deed, Kind, Report, User
from chat_app.store.sqlite_accounts import Read, Transaction
from chat_app.store.sqlite_deeds import drop_reports, write_deed
from chat_app.store.sqlite_members import add_user, room_id
from chat_app.store.sqlite_runs import arrival_of


class SqliteAudit:
    """An `AuditStore`. What is written is written within `transaction`, by `writer`."""

    def __init__(self, writer: sqlite3.Connection, read: Read, transaction: Transaction) -> None:
        self._writer = writer
        self._read = read
        self._transaction = transaction

    async def report(self, room_key: str, report: Report) -> None:
        async with self._transaction():
            room, by = room_id(self._writer, room_key), report.by
            add_user(self._writer, by, report.at)
            lies_at = arrival_of(self._writer, room, report.seq)
            # Looked up here: it may have been deleted since whoever reports it saw it.
            kept = self._writer.execute(
                "INSERT OR REPLACE INTO reports SELECT room, seq, ?, ?, ? FROM events"
                " WHERE arrival = ? AND kind = ?",
                (by.id, report.reason, report.at, lies_at, Kind.MESSAGE),
            )
            if not kept.rowcount:
                raise MessageNotFound("There is no such message.")

    async def reports(self, room_key: str, limit: int) -> list[Report]:
        rows = self._read(
            "SELECT seq, users.id, users.name, reason, at FROM reports"
            " JOIN users ON users.id = by WHERE room = (SELECT id FROM rooms WHERE key = ?)"
            " ORDER BY seq, at, by LIMIT ?",
            (room_key, limit),
        )
        return [Report(seq, User(by, name), reason, at) for seq, by, name, reason, at in rows]

    async def dismiss(self, room_key: str, seq: int, deed: Deed) -> None:
        async with self._transaction():
            room = room_id(self._writer, room_key)
            if drop_reports(self._writer, room, seq):
                write_deed(self._writer, room, deed)

    async def note(self, room_key: str, deed: Deed) -> None:
        async with self._transaction():
            write_deed(self._writer, room_id(self._writer, room_key), deed)

    async def deeds(self, room_key: str, *, before: int | None = None, limit: int) -> list[Deed]:
        rows = self._read(
            "SELECT id, at, by, by_name, what, about, about_name, detail FROM deeds"
            " WHERE room = (SELECT id FROM rooms WHERE key = ?) AND id < ?"
            " ORDER BY id DESC LIMIT ?",
            (room_key, before if before is not None else 1 << 62, limit),
        )
        return [
            Deed(
                User(by, by_name),
                what,
                at,
                about=User(about, about_name) if about else None,
                detail=detail,
                id=id,
            )
            for id, at, by, by_name, what, about, about_name, detail in rows
        ]
