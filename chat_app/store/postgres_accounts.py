"""People in PostgreSQL: a part of `PostgresStore`, which has the connections.

What writes is one statement, mostly a function of schema/postgres/0002_accounts.sql: a
transaction in which nobody waits for us.
"""

import time
from collections.abc import Collection, Sequence
from typing import Any, Final

from chat_app.errors import WrongPassword
from chat_app.models import Account, Link, Session, User
from chat_app.store.postgres_calls import call
from chat_app.store.postgres_pool import Pool

_ACCOUNT: Final = (
    "SELECT users.id, name, password, owner FROM accounts JOIN users ON users.id = accounts.user"
)
_SESSION: Final = (
    "SELECT sessions.id, users.id, name, owner, browser, started_at, seen_at FROM sessions"
    " JOIN accounts ON accounts.user = account JOIN users ON users.id = account"
)


class PostgresAccounts:
    """An `AccountStore`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def known(self, user_id: str) -> tuple[User, bool] | None:
        rows = await self._pool.fetch(
            "SELECT name, accounts.user FROM users LEFT JOIN accounts ON accounts.user = users.id"
            " WHERE users.id = $1",
            user_id,
        )
        return (User(user_id, rows[0][0]), rows[0][1] is not None) if rows else None

    async def rename(self, user: User, keys: Collection[str]) -> None:
        await call(
            self._pool, "SELECT rename_user($1, $2, $3, $4)", user.id, user.name, list(keys), _now()
        )

    async def namesakes(self, keys: Collection[str], but: str) -> list[str]:
        rows = await self._pool.fetch(
            'SELECT DISTINCT "user" FROM guest_names WHERE key = ANY ($1) AND "user" <> $2'
            ' ORDER BY "user"',
            list(keys),
            but,
        )
        return [user for (user,) in rows]

    async def unname(self, user: User) -> None:
        await call(self._pool, "SELECT unname_user($1, $2, $3)", user.id, user.name, _now())

    async def account(self, key: str) -> Account | None:
        return _account(
            await self._pool.fetch(
                f"{_ACCOUNT} JOIN account_names ON account = accounts.user WHERE key = $1", key
            )
        )

    async def account_of(self, user_id: str) -> Account | None:
        return _account(await self._pool.fetch(f"{_ACCOUNT} WHERE accounts.user = $1", user_id))

    async def has_owner(self) -> bool:
        return bool(await self._pool.fetch("SELECT FROM accounts WHERE owner LIMIT 1"))

    async def make(self, account: Account, keys: Collection[str], link: Link | None) -> None:
        user = account.user
        await call(
            self._pool,
            "SELECT make_account($1, $2, $3, $4, $5, $6, $7, $8)",
            user.id,
            user.name,
            account.password,
            account.owner,
            list(keys),
            *_parts(link),
            _now(),
        )

    async def set_password(self, user_id: str, password: str, link: Link | None) -> list[str]:
        ((ended,),) = await call(
            self._pool, "SELECT set_password($1, $2, $3, $4)", user_id, password, *_parts(link)
        )
        return list(ended)

    async def make_owner(self, user_id: str, link: Link) -> None:
        await call(self._pool, "SELECT make_owner($1, $2, $3)", user_id, *_parts(link))

    async def start_session(self, session: Session, password: str) -> None:
        ((started,),) = await call(
            self._pool,
            "SELECT start_session($1, $2, $3, $4, $5, $6)",
            session.id,
            session.user.id,
            password,
            session.browser,
            session.started_at,
            session.seen_at,
        )
        if not started:
            raise WrongPassword("The password was changed meanwhile.")

    async def session(self, session_id: str, since: int) -> Session | None:
        rows = await self._pool.fetch(
            f"{_SESSION} WHERE sessions.id = $1 AND seen_at > $2", session_id, since
        )
        return _session(rows[0]) if rows else None

    async def sessions(self, user_id: str, since: int) -> list[Session]:
        rows = await self._pool.fetch(
            f"{_SESSION} WHERE account = $1 AND seen_at > $2"
            " ORDER BY seen_at DESC, started_at DESC, sessions.id",
            user_id,
            since,
        )
        return [_session(row) for row in rows]

    async def end_sessions(self, user_id: str, session_ids: Collection[str]) -> None:
        await call(
            self._pool,
            "DELETE FROM sessions WHERE id = ANY ($1) AND account = $2",
            list(session_ids),
            user_id,
        )

    async def lasting(self, session_ids: Collection[str], since: int) -> set[str]:
        rows = await self._pool.fetch(
            "SELECT id FROM sessions WHERE id = ANY ($1) AND seen_at > $2",
            list(session_ids),
            since,
        )
        return {session_id for (session_id,) in rows}

    async def seen(self, session_ids: Collection[str], at: int) -> None:
        # Locked in order: another node may see the same sessions.
        await call(
            self._pool,
            "WITH held AS (SELECT id FROM sessions WHERE id = ANY ($1) ORDER BY id FOR UPDATE)"
            " UPDATE sessions SET seen_at = greatest(seen_at, $2) FROM held"
            " WHERE sessions.id = held.id",
            list(session_ids),
            at,
        )

    async def forget(self, *, sessions_before: int, links_before: int) -> None:
        await call(
            self._pool,
            "WITH old AS (DELETE FROM sessions WHERE seen_at < $1)"
            " DELETE FROM used_links WHERE until < $2",
            sessions_before,
            links_before,
        )


def _parts(link: Link | None) -> tuple[str | None, int | None]:
    return (link.id, link.until) if link is not None else (None, None)


def _account(rows: Sequence[Any]) -> Account | None:
    if not rows:
        return None
    user_id, name, password, owner = rows[0]
    return Account(User(user_id, name), password, owner)


def _session(row: Sequence[Any]) -> Session:
    session_id, user_id, name, owner, browser, started_at, seen_at = row
    return Session(session_id, User(user_id, name), owner, browser, started_at, seen_at)


def _now() -> int:
    return time.time_ns() // 1_000_000
