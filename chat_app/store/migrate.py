"""From the SQLite file into PostgreSQL: every row, and every row compared afterwards.

Messages go over in the order in which they came, some thousands to a transaction that also
notes how far it got: a job that is killed goes on from there. All other tables are small, and
go over in one transaction at the end, as they are then. A server refuses a database while
it is marked as being migrated into.

Tables and columns are those of PostgreSQL: a step of the schema that adds some needs nothing
here, as long as both engines call them by the same names.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from typing import Any, Final

import asyncpg

from chat_app.config import Storage
from chat_app.errors import StartError
from chat_app.models import Kind
from chat_app.store.postgres_pool import connect, said, shown
from chat_app.store.postgres_schema import prepare
from chat_app.store.sqlite import open_sqlite
from chat_app.store.sqlite_file import connect_readonly
from chat_app.store.sqlite_runs import TOP

# Told (what, done, total): messages copied, rows compared.
Progress = Callable[[str, int, int], None]

_CHUNK: Final = 10_000  # rows in one transaction, or compared at once

# What PostgreSQL keeps elsewhere.
_WORKED_OUT: Final = {("rooms", "top"): TOP}
# Settings that belong to one database: its schema's version, what it was opened as.
_OWN: Final = ("schema", "life", "migrating", "migrated", "open_since_boot", "checked")
_PUT: Final = (
    "INSERT INTO settings VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


class _Table:
    """A table that both engines have, by the columns that PostgreSQL has."""

    def __init__(self, name: str, columns: list[tuple[str, str]], key: list[str]) -> None:
        self.name = name
        self.columns = [column for column, _ in columns]
        self._truths = [place for place, (_, kind) in enumerate(columns) if kind == "bool"]
        order = ", ".join(f'"{column}"' for column in key)
        ours = ", ".join(_WORKED_OUT.get((name, column), f'"{column}"') for column in self.columns)
        theirs = ", ".join(f'"{column}"' for column in self.columns)
        own = ", ".join(f"'{setting}'" for setting in _OWN)
        where = f" WHERE name NOT IN ({own})" if name == "settings" else ""
        self.read = f"SELECT {ours} FROM {name}{where}"
        self.ordered = f"{self.read} ORDER BY {order}"
        self.theirs = f"SELECT {theirs} FROM {name}{where} ORDER BY {order}"
        self.clear = f"DELETE FROM {name}{where}"

    def rows(self, cursor: sqlite3.Cursor) -> Iterator[tuple[Any, ...]]:
        """Yield SQLite's rows with the types that PostgreSQL has."""
        for row in cursor:
            if not self._truths:
                yield row
                continue
            values = list(row)
            for place in self._truths:
                values[place] = bool(values[place])
            yield tuple(values)


async def migrate(storage: Storage, url: str, progress: Progress) -> int:
    """Copy the log of `storage`, which no server may have open, into the database at `url`.

    The epoch, the secrets and all sessions go along: nobody notices. Returns how many
    messages there are. Raises StartError in one line: the file is in use, the database is
    not empty and no migration of this log, or the copy is not equal.
    """
    source = await open_sqlite(storage.file, storage.durability)  # has the lock; settles the epoch
    try:
        connection = await connect(url, answer_seconds=None)
        try:
            await prepare(connection, "process", migrating=True)
            with closing(connect_readonly(storage.file)) as file:
                return await _Migration(file, connection, progress).run(source.epoch)
        finally:
            await connection.close()
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StartError(f"--to {shown(url)}: {said(error)}") from error
    finally:
        await source.close()


class _Migration:
    def __init__(self, file: sqlite3.Connection, connection: Any, progress: Progress) -> None:
        self._file = file
        self._connection = connection
        self._progress = progress

    async def run(self, epoch: str) -> int:
        for setting in ("statement_timeout", "idle_in_transaction_session_timeout"):
            await self._connection.execute(f"SET {setting} = 0")  # it takes what it takes
        await self._begin(epoch)
        tables = await self._tables()
        await self._copy_events(tables["events"])
        await self._copy_the_rest([table for name, table in tables.items() if name != "events"])
        count = await self._compare(list(tables.values()))
        await self._connection.execute(
            "DELETE FROM settings WHERE name IN ('migrating', 'migrated')"
        )
        await self._connection.execute("ANALYZE")  # or it would not know of its indexes at first
        return count

    async def _begin(self, epoch: str) -> None:
        """Mark the database as being migrated into, from this life of the log."""
        async with self._connection.transaction():
            await self._connection.execute("LOCK TABLE settings IN EXCLUSIVE MODE")
            marked = await self._setting("migrating")
            if marked is None:
                for table in ("users", "rooms", "events"):
                    if await self._connection.fetch(f"SELECT FROM {table} LIMIT 1"):
                        raise StartError("--to: the database has a log already")
                await self._connection.execute(_PUT, "migrating", epoch)
            elif marked != epoch:
                raise StartError("--to: the database has a part of another log; empty it first")

    async def _setting(self, name: str) -> str | None:
        value = await self._connection.fetchval("SELECT value FROM settings WHERE name = $1", name)
        return None if value is None else str(value)

    async def _tables(self) -> dict[str, _Table]:
        """Return the tables in the order in which they were made: none refers to a later one."""
        rows = await self._connection.fetch(
            "SELECT relname, array_agg(attname::text ORDER BY attnum),"
            " array_agg(typname::text ORDER BY attnum),"
            " array_agg(attname::text ORDER BY array_position(indkey, attnum))"
            " FILTER (WHERE attnum = ANY (indkey))"
            " FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0"
            " AND NOT attisdropped JOIN pg_type ON pg_type.oid = atttypid"
            " JOIN pg_index ON indrelid = pg_class.oid AND indisprimary"
            " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
            " GROUP BY pg_class.oid, relname ORDER BY pg_class.oid"
        )
        ours = {
            name
            for (name,) in self._file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        return {
            name: _Table(name, list(zip(columns, types, strict=True)), key)
            for name, columns, types, key in rows
            if name in ours
        }

    async def _copy_events(self, events: _Table) -> None:
        start = int(await self._setting("migrated") or 0)
        (total,) = self._file.execute("SELECT count(*) FROM events").fetchone()
        (done,) = self._file.execute(
            "SELECT count(*) FROM events WHERE arrival <= ?", (start,)
        ).fetchone()
        columns = ", ".join(events.columns)
        cursor = self._file.execute(
            f"SELECT arrival, {columns} FROM events WHERE arrival > ? ORDER BY arrival", (start,)
        )
        self._progress("Copying", done, total)
        while rows := cursor.fetchmany(_CHUNK):
            async with self._connection.transaction():
                await self._connection.copy_records_to_table(
                    "events", records=[row[1:] for row in rows], columns=events.columns
                )
                await self._connection.execute(_PUT, "migrated", str(rows[-1][0]))
            done += len(rows)
            self._progress("Copying", done, total)
        if start:
            await self._erase_what_was_deleted_since()

    async def _erase_what_was_deleted_since(self) -> None:
        """Take away what somebody deleted between two runs, and the first had copied."""
        tombstones = self._file.execute(
            "SELECT kind, target, room, seq FROM events WHERE kind = ?", (Kind.TOMBSTONE,)
        )
        while rows := tombstones.fetchmany(_CHUNK):
            await self._connection.executemany(
                "UPDATE events SET message = '', kind = $1, target = $2"
                " WHERE room = $3 AND seq = $4 AND kind != $1",
                rows,
            )

    async def _copy_the_rest(self, tables: list[_Table]) -> None:
        async with self._connection.transaction():
            for table in reversed(tables):
                await self._connection.execute(table.clear)
            for table in tables:
                rows = table.rows(self._file.execute(table.read))
                while chunk := list(islice(rows, _CHUNK)):
                    await self._connection.copy_records_to_table(
                        table.name, records=chunk, columns=table.columns
                    )
            for name in ("rooms", "deeds"):  # which number their rows
                await self._connection.execute(
                    f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}"
                )

    async def _compare(self, tables: list[_Table]) -> int:
        """Read both, in the order of their keys, and compare them row by row."""
        counts = [
            self._file.execute(f"SELECT count(*) FROM ({table.read})").fetchone()[0]
            for table in tables
        ]
        done, events = 0, 0
        async with self._connection.transaction(isolation="repeatable_read", readonly=True):
            for table, count in zip(tables, counts, strict=True):
                ours = table.rows(self._file.execute(table.ordered))
                theirs = await self._connection.cursor(table.theirs)
                while True:
                    mine = list(islice(ours, _CHUNK))
                    other = [tuple(row) for row in await theirs.fetch(_CHUNK)]
                    if mine != other:
                        raise StartError(
                            f"--to: the copy of {table.name} is not equal; empty the database"
                            " and begin again"
                        )
                    if not mine:
                        break
                    done += len(mine)
                    self._progress("Comparing", done, sum(counts))
                if table.name == "events":
                    events = count
        return events
