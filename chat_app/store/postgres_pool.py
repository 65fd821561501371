"""Connections to PostgreSQL: made when needed, checked when made, made again when lost."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg

from chat_app.errors import StartError, StoreUnavailable
from chat_app.store.postgres_schema import LIFE, prepare

log = logging.getLogger(__name__)

# Within which a statement ends, by the server's clock. Ours is longer: it counts when the
# server, or what lies between, no longer answers at all.
_STATEMENT_SECONDS: Final = 5
_ANSWER_SECONDS: Final = 10.0
_CONNECT_SECONDS: Final = 5.0
_CLOSE_SECONDS: Final = 2.0

# Classes of SQLSTATE that pass, or that somebody at the server can mend: lost connections,
# read-only standbys, refused logins, deadlocks, full disks, timeouts, shutdowns.
_PASSING: Final = frozenset({"08", "25", "28", "3D", "40", "53", "55", "57", "58", "XX"})

_LIFE: Final = (
    f"SELECT (SELECT value FROM settings WHERE name = 'epoch'), {LIFE},"
    # Somebody may have turned it off for the whole server. Where it says more than "on"
    # (remote_apply), it stays.
    " CASE current_setting('synchronous_commit') WHEN 'off'"
    " THEN set_config('synchronous_commit', 'on', false) END"
)


class Lost(StoreUnavailable):
    """The connection was lost: whether the statement was committed is not known."""


class Outage:
    """Says in the log when something begins to fail and when it ends, once each."""

    def __init__(self, begins: str, ends: str) -> None:
        self._begins = begins
        self._ends = ends
        self._failing = False

    def failed(self, error: BaseException) -> None:
        if not self._failing:
            log.error(self._begins, said(error))
        self._failing = True

    def worked(self) -> None:
        if self._failing:
            log.warning(self._ends)
        self._failing = False


class Pool:
    """Some connections to one database, in one event loop. Two may share an `outage`."""

    def __init__(self, pool: Any, life: "Life", outage: Outage) -> None:
        self._pool = pool
        self._life = life
        self._outage = outage

    @property
    def epoch(self) -> str:
        return self._life.epoch

    async def fetch(self, sql: str, *values: object) -> list[Any]:
        """Run one statement, which is one transaction; return its rows.

        Raises StoreUnavailable where it was not run, and Lost where that is not known. What
        the server says of the statement itself comes as asyncpg's error.
        """
        async with self._connection() as connection:
            try:
                rows: list[Any] = await connection.fetch(sql, *values)
            except asyncpg.PostgresError as error:
                if _lost(error):
                    raise self._lose(connection, error) from error
                self._outage.worked()
                if (error.sqlstate or "")[:2] in _PASSING:
                    raise StoreUnavailable("The log cannot be used now.", retry_ms=2000) from error
                raise
            except asyncpg.DataError:
                raise  # a fault of ours, found before anything was sent
            except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                raise self._lose(connection, error) from error
            self._outage.worked()
            return rows

    def _lose(self, connection: Any, error: BaseException) -> Lost:
        """Give a connection up, and return what to raise."""
        # It may be answered any time: what comes on this connection now is nobody's.
        with suppress(asyncpg.InterfaceError):  # the pool has seen it go
            connection.terminate()
        self._outage.failed(error)
        return Lost("The log cannot be reached now.", retry_ms=2000)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        try:
            connection = await self._pool.acquire(timeout=_CONNECT_SECONDS)
        except AnotherLife as error:
            raise StoreUnavailable("The log was replaced by another one.", retry_ms=2000) from error
        except (
            OSError,
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,  # it is cut while it is being made
        ) as error:
            self._outage.failed(error)
            raise StoreUnavailable("The log cannot be reached now.", retry_ms=2000) from error
        try:
            yield connection
        finally:
            await self._pool.release(connection)

    async def close(self) -> None:
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()  # nobody at the other end


class AnotherLife(Exception):
    """The log was put back, or a standby took over, since this process started."""


class Life:
    """What a connection must find, to belong to the log that this process knows.

    It has shown events, and holds tops, that may be missing in another life of the log: it
    would give their numbers again. Whoever starts then settles a new epoch.
    """

    def __init__(self, epoch: str, mark: str) -> None:
        self.epoch = epoch
        self._mark = mark
        self._said = False

    async def check(self, connection: Any) -> None:
        epoch, mark, _ = await connection.fetchrow(_LIFE)
        if (epoch, mark) == (self.epoch, self._mark):
            return
        if not self._said:
            log.error(
                "the log is not the one that was there at the start (a copy was put back, or a"
                " standby took over): restart this process"
            )
        self._said = True
        raise AnotherLife


async def open_pools(url: str, durability: str, sizes: tuple[int, ...]) -> list[Pool]:
    """Prepare the database and return a pool of each size. Raises StartError in one line."""
    try:
        connection = await connect(url)
        try:
            await prepare(connection, durability)
            epoch, mark, _ = await connection.fetchrow(_LIFE)
        finally:
            await connection.close()
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StartError(f"storage.url {shown(url)}: {said(error)}") from error
    life = Life(epoch, mark)
    outage = Outage("the log cannot be reached: %s", "the log can be reached again")
    return [
        Pool(
            await asyncpg.create_pool(
                url, min_size=0, max_size=size, init=life.check, reset=_keep, **_settings()
            ),
            life,
            outage,
        )
        for size in sizes
    ]


async def connect(url: str, answer_seconds: float | None = _ANSWER_SECONDS) -> Any:
    """Open one connection, to any log or none, that waits that long for an answer."""
    return await asyncpg.connect(url, **_settings(answer_seconds))


def _settings(answer_seconds: float | None = _ANSWER_SECONDS) -> dict[str, Any]:
    return {
        "timeout": _CONNECT_SECONDS,
        "command_timeout": answer_seconds,
        "server_settings": {
            "application_name": "chat-app",
            # All that we ask for has an index. Plans are made while tables are small.
            "enable_seqscan": "off",
            "statement_timeout": f"{_STATEMENT_SECONDS}s",
            "idle_in_transaction_session_timeout": f"{_STATEMENT_SECONDS}s",
        },
    }


async def _keep(connection: Any) -> None:
    """Leave a connection as it is: we change nothing in a session, and asking costs a trip."""


def _lost(error: asyncpg.PostgresError) -> bool:
    return isinstance(
        error,
        asyncpg.PostgresConnectionError
        | asyncpg.AdminShutdownError
        | asyncpg.CrashShutdownError
        | asyncpg.CannotConnectNowError,
    )


def shown(url: str) -> str:
    """Return the URL without who logs in and how."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def said(error: BaseException) -> str:
    """Return what went wrong in one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return "no answer" if isinstance(error, TimeoutError) else text
