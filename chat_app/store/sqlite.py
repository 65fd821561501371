"""The log in one SQLite file: inserted in the loop, committed beside it.

An insert takes microseconds and a thread that did it would have to fight the loop
for the GIL row by row. A commit waits for the disk. So rows are inserted by the
loop and only `COMMIT` runs in a thread, one batch at a time; a slow disk holds up
nobody. Reads have a connection of their own, which sees what is committed and waits
for no one; they take the loop 60-80 µs a page.
"""

import asyncio
import json
import logging
import secrets
import sqlite3
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from chat_app.errors import StoreUnavailable
from chat_app.models import Appended, Draft, Event, Room, RoomSettings
from chat_app.store.beside import Beside
from chat_app.store.events import EVENT, event
from chat_app.store.sqlite_accounts import SqliteAccounts
from chat_app.store.sqlite_audit import SqliteAudit
from chat_app.store.sqlite_file import (
    FolderLock,
    closed_cleanly,
    connect,
    connect_beside,
    connect_readonly,
    lock_folder,
)
from chat_app.store.sqlite_invites import SqliteInvites
from chat_app.store.sqlite_log import Appending
from chat_app.store.sqlite_members import SqliteMembers
from chat_app.store.sqlite_runs import TOP, arrivals, newest

log = logging.getLogger(__name__)

# Pages of the write-ahead log after which it is copied into the database (64 MiB).
# Forty times the default: a busy log touches the same pages in commit after commit, and copies
# each of them once.
_CHECKPOINT_PAGES: Final = 16_000
# The same with durability "process", where a commit that copies would hold up the loop.
_CHECKPOINT_COMMITS: Final = 1000


class SqliteStore:
    """A `Store` in one file. One process holds it, and in it one event loop.

    Without a `lock` it is another process's, and `writer` a connection that only reads.
    """

    batches = 1  # they are committed one after the other

    def __init__(
        self,
        writer: sqlite3.Connection,
        reader: sqlite3.Connection,
        lock: FolderLock | None,
        durability: str,
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._lock = lock
        self._waits_for_disk = durability == "full"
        self._committer = Beside("commit")
        self._writing = asyncio.Lock()
        self._appending = Appending()
        self._commits = 0
        self._failing = False
        self._closed = False
        self._accounts = SqliteAccounts(writer, self._read, self._transaction)
        self._members = SqliteMembers(writer, self._read, self._transaction)
        self._invites = SqliteInvites(writer, self._read, self._transaction)
        self._audit = SqliteAudit(writer, self._read, self._transaction)
        row = reader.execute("SELECT value FROM settings WHERE name = 'epoch'").fetchone()
        self._epoch: str = row[0]

    @property
    def epoch(self) -> str:
        return self._epoch

    @property
    def accounts(self) -> SqliteAccounts:
        return self._accounts

    @property
    def members(self) -> SqliteMembers:
        return self._members

    @property
    def invites(self) -> SqliteInvites:
        return self._invites

    @property
    def audit(self) -> SqliteAudit:
        return self._audit

    async def append(self, drafts: Sequence[Draft]) -> list[Appended]:
        async with self._transaction():
            return self._appending.append(self._writer, drafts)

    async def room(self, key: str) -> Room | None:
        row = self._read(
            f"SELECT key, name, {TOP}, announce, locked, slow_seconds,"
            " EXISTS (SELECT 1 FROM members WHERE room = rooms.id)"
            " OR EXISTS (SELECT 1 FROM sanctions WHERE room = rooms.id)"
            " FROM rooms WHERE key = ?",
            (key,),
        )
        if not row:
            return None
        key, name, top, announce, locked, slow_seconds, guarded = row[0]
        settings = RoomSettings(bool(announce), bool(locked), slow_seconds)
        return Room(key, name, top, settings, bool(guarded))

    async def tops(self, keys: Collection[str]) -> dict[str, int]:
        rows = self._read(
            "SELECT key, top FROM rooms JOIN open_runs ON room = id"
            " WHERE key IN (SELECT value FROM json_each(?))",
            (json.dumps(list(keys)),),
        )
        return dict(rows)

    async def events(
        self, room_key: str, *, after: int | None = None, before: int | None = None, limit: int
    ) -> list[Event]:
        room = newest(self._read, room_key)
        if room is None:
            return []
        if after is not None:
            after = max(after, 0)
            first, last = after + 1, min(after + limit, room.top)
        else:
            last = room.top if before is None else min(before - 1, room.top)
            first = max(last - limit + 1, 1)
        if first > last:
            return []
        listed = str(arrivals(self._read, room, first, last))  # as JSON has numbers, too
        rows = self._read(
            f"SELECT {EVENT} FROM json_each(?) JOIN events ON arrival = value", (listed,)
        )
        rows.sort()  # by seq; in what order rows come is the engine's affair
        return [event(room_key, row) for row in rows]

    async def secret(self, name: str) -> str:
        query = "SELECT value FROM settings WHERE name = ?"
        if rows := self._read(query, (f"secret.{name}",)):
            return str(rows[0][0])
        if self._lock is None:
            raise StoreUnavailable("The log is another process's.")
        async with self._transaction():
            self._writer.execute(
                "INSERT INTO settings VALUES (?, ?) ON CONFLICT DO NOTHING",
                (f"secret.{name}", secrets.token_hex(32)),
            )
        return str(self._read(query, (f"secret.{name}",))[0][0])

    async def check(self) -> None:
        async with self._transaction():
            self._writer.execute(
                "INSERT INTO settings VALUES ('checked', datetime())"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
            )

    async def close(self) -> None:
        async with self._writing:
            if self._closed:
                return
            self._closed = True
            await self._committer.run(self._close)
        self._committer.end()

    def _close(self) -> None:
        self._reader.close()
        with suppress(sqlite3.Error):  # where it cannot be written, the mark may stay
            closed_cleanly(self._writer)
        self._writer.close()
        if self._lock is not None:
            self._lock.release()

    def _read(self, sql: str, parameters: tuple[object, ...]) -> list[Any]:
        try:
            return self._reader.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            log.error("the log cannot be read: %s", error)
            raise StoreUnavailable("The log cannot be read now.", retry_ms=2000) from error

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        """Hold the one transaction there is; commit at the end, or undo all of it."""
        async with self._writing:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                yield
                await self._commit()
                self._say_well()
            except BaseException as error:
                self._undo()
                if isinstance(error, sqlite3.Error):
                    self._say_failing(error)
                    raise StoreUnavailable(
                        "The message could not be stored.", retry_ms=2000
                    ) from error
                raise

    def _say_failing(self, error: sqlite3.Error) -> None:
        # Once, not for every batch of clients that try again.
        if not self._failing:
            log.error("the log cannot be written, messages are refused: %s", error)
        self._failing = True

    def _say_well(self) -> None:
        if self._failing:
            log.warning("the log can be written again")
        self._failing = False

    async def _commit(self) -> None:
        if self._waits_for_disk:
            await self._beside("COMMIT")
            return
        self._writer.execute("COMMIT")
        self._commits += 1
        if self._commits >= _CHECKPOINT_COMMITS:
            self._commits = 0
            with suppress(sqlite3.Error):  # what is committed stays so; the next one tries again
                await self._beside("PRAGMA wal_checkpoint(PASSIVE)")

    async def _beside(self, sql: str) -> None:
        """Run what waits for the disk in the thread that commits."""
        done = self._committer.run(self._finish, sql)
        try:
            await asyncio.shield(done)
        except asyncio.CancelledError:
            # The thread has the connection until it is done; nobody else may touch it.
            await asyncio.wait([done])
            raise

    def _finish(self, sql: str) -> None:
        # To its last row: a statement in progress holds up the next commit.
        self._writer.execute(sql).fetchall()

    def _undo(self) -> None:
        self._appending.forget()
        if self._writer.in_transaction:
            with suppress(sqlite3.Error):  # SQLite has rolled back by itself, or will
                self._writer.execute("ROLLBACK")


async def open_sqlite(file: Path, durability: str) -> SqliteStore:
    """Open the store in `file`, with its folder made and its schema brought up to date."""

    def open_all() -> tuple[sqlite3.Connection, sqlite3.Connection, FolderLock]:
        lock = lock_folder(file.parent)
        try:
            writer = connect(file, durability, _CHECKPOINT_PAGES)
            return writer, connect_readonly(file), lock
        except BaseException:
            lock.release()
            raise

    # In a thread: after a crash SQLite first copies its write-ahead log back.
    writer, reader, lock = await asyncio.to_thread(open_all)
    return SqliteStore(writer, reader, lock, durability)


async def open_sqlite_beside(file: Path) -> SqliteStore:
    """Open the store in `file` to read it, while a server may have it open.

    Raises StartError if there is none, or none of this version.
    """

    def open_both() -> tuple[sqlite3.Connection, sqlite3.Connection]:
        return connect_beside(file), connect_beside(file)

    return SqliteStore(*await asyncio.to_thread(open_both), None, "process")
