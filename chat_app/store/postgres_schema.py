"""The tables in PostgreSQL: made, brought up to date, and given an epoch."""

import asyncio
import secrets
from typing import Any, Final

from chat_app.errors import StartError
from chat_app.store.steps import schema_steps

# What the servers of one database lock while they look at its schema: they may start at once.
_LOCK: Final = 0x63686174  # "chat"

# What is another after a log was put back from a copy, or when a standby took over: the
# cluster, its timeline, the table. In each case commits that clients saw may be missing.
LIFE: Final = (
    "(SELECT system_identifier FROM pg_control_system())"
    " || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)"
    " || '/' || 'events'::regclass::oid"
)

_SETTING: Final = "SELECT value FROM settings WHERE name = $1"
_PUT: Final = (
    "INSERT INTO settings VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


async def prepare(connection: Any, durability: str, *, migrating: bool = False) -> None:
    """Bring the schema up to date and settle the epoch, in one transaction.

    Raises StartError for a database of another program or of a newer version, for one that
    is being migrated into (unless `migrating`), and for a server that could not keep what
    `durability` promises.
    """
    await _recognise_server(connection, durability)
    async with connection.transaction():
        await connection.execute("SET LOCAL statement_timeout = 0")  # others may be long at it
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        await _migrate(connection)
        if not migrating and await connection.fetchval(_SETTING, "migrating"):
            raise StartError(
                "storage.url: a migration into it was not finished; run `migrate` again"
            )
        await _settle_epoch(connection)


async def _recognise_server(connection: Any, durability: str) -> None:
    encoding, fsync, schema = await connection.fetchrow(
        "SELECT current_setting('server_encoding'), current_setting('fsync'), current_schema()"
    )
    if encoding != "UTF8":
        raise StartError(f"storage.url: expected a database in UTF8, got {encoding}")
    if schema is None:
        raise StartError("storage.url: its search_path names no schema that exists")
    if fsync != "on" and durability == "full":
        raise StartError(
            "storage.url: the server runs with fsync=off, so that power loss may take anything;"
            " where that is meant, set storage.durability=process"
        )


async def _migrate(connection: Any) -> None:
    tables = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r'"
        " AND relnamespace = current_schema()::regnamespace"
    )
    found = {name for (name,) in tables}
    # Other tables may live beside ours; tables with our names would not.
    version = 0
    if found & {"settings", "users", "rooms", "events"}:
        ours = "settings" in found and await connection.fetchval(
            "SELECT count(*) FROM pg_attribute WHERE attrelid = 'settings'::regclass"
            " AND attname IN ('name', 'value')"
        )
        text = await connection.fetchval(_SETTING, "schema") if ours == 2 else None
        if text is None:
            raise StartError("storage.url: has tables of another program")
        version = int(text)
    steps = await asyncio.to_thread(schema_steps, "postgres")
    if version > len(steps):
        raise StartError(
            "storage.url: written by a newer version of this program"
            f" (schema {version}, this one knows {len(steps)})"
        )
    for sql in steps[version:]:
        await connection.execute(sql)
    if version < len(steps):
        await connection.execute(_PUT, "schema", str(len(steps)))


async def _settle_epoch(connection: Any) -> None:
    """See to it that the log has an epoch, and a new one in another life: see `LIFE`."""
    life = await connection.fetchval(f"SELECT {LIFE}")
    if await connection.fetchval(_SETTING, "life") != life:
        await connection.execute(_PUT, "life", life)
        await connection.execute(_PUT, "epoch", secrets.token_hex(6))
