"""People in the SQLite file: a part of `SqliteStore`, which has the connections."""

import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from chat_app.errors import LinkRefused, NameTaken, WrongPassword
from chat_app.models import Account, Link, Session, User

_ACCOUNT: Final = (
    "SELECT users.id, name, password, owner FROM accounts JOIN users ON users.id = accounts.user"
)
_SESSION: Final = (
    "SELECT sessions.id, users.id, name, owner, browser, started_at, seen_at FROM sessions"
    " JOIN accounts ON accounts.user = account JOIN users ON users.id = account"
)

Read = Callable[[str, tuple[object, ...]], list[Any]]
Transaction = Callable[[], AbstractAsyncContextManager[None]]


class SqliteAccounts:
    """An `AccountStore`. What is written is written within `transaction`, by `writer`."""

    def __init__(self, writer: sqlite3.Connection, read: Read, transaction: Transaction) -> None:
        self._writer = writer
        self._read = read
        self._transaction = transaction

    async def known(self, user_id: str) -> tuple[User, bool] | None:
        row = self._read(
            "SELECT name, accounts.user FROM users LEFT JOIN accounts ON accounts.user = users.id"
            " WHERE users.id = ?",
            (user_id,),
        )
        return (User(user_id, row[0][0]), row[0][1] is not None) if row else None

    async def rename(self, user: User, keys: Collection[str]) -> None:
        async with self._transaction():
            self._name(user)
            if self._writer.execute("SELECT 1 FROM accounts WHERE user = ?", (user.id,)).fetchone():
                self._claim(user.id, keys)
            else:
                self._refuse_taken(user.id, keys)
                self._note_guest(user.id, keys)

    async def namesakes(self, keys: Collection[str], but: str) -> list[str]:
        rows = self._read(
            f"SELECT DISTINCT user FROM guest_names WHERE key IN ({_marks(keys)}) AND user != ?",
            (*keys, but),
        )
        return [user for (user,) in rows]

    async def unname(self, user: User) -> None:
        async with self._transaction():
            self._name(user)
            self._note_guest(user.id, ())

    def _name(self, user: User) -> None:
        self._writer.execute(
            "INSERT INTO users VALUES (?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET name = excluded.name",
            (user.id, user.name, _now()),
        )

    def _note_guest(self, user_id: str, keys: Collection[str]) -> None:
        self._writer.execute("DELETE FROM guest_names WHERE user = ?", (user_id,))
        self._writer.executemany(
            "INSERT INTO guest_names VALUES (?, ?)", [(key, user_id) for key in keys]
        )

    def _refuse_taken(self, user_id: str, keys: Collection[str]) -> None:
        if self._writer.execute(
            f"SELECT 1 FROM account_names WHERE key IN ({_marks(keys)}) AND account != ?",
            (*keys, user_id),
        ).fetchone():
            raise NameTaken("This name, or one that looks like it, has an account.")

    def _claim(self, user_id: str, keys: Collection[str]) -> None:
        """Have `keys`, and no others, belong to the account."""
        self._refuse_taken(user_id, keys)
        self._writer.execute("DELETE FROM account_names WHERE account = ?", (user_id,))
        self._writer.executemany(
            "INSERT INTO account_names VALUES (?, ?)", [(key, user_id) for key in keys]
        )

    async def account(self, key: str) -> Account | None:
        return _account(
            self._read(
                f"{_ACCOUNT} JOIN account_names ON account = accounts.user WHERE key = ?", (key,)
            )
        )

    async def account_of(self, user_id: str) -> Account | None:
        return _account(self._read(f"{_ACCOUNT} WHERE accounts.user = ?", (user_id,)))

    async def has_owner(self) -> bool:
        return bool(self._read("SELECT 1 FROM accounts WHERE owner LIMIT 1", ()))

    async def make(self, account: Account, keys: Collection[str], link: Link | None) -> None:
        user = account.user
        async with self._transaction():
            self._use_up(link)
            self._name(user)
            made = self._writer.execute(
                "INSERT INTO accounts VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (user.id, account.password, account.owner, _now()),
            )
            if not made.rowcount:
                raise NameTaken("You have an account already.")
            self._claim(user.id, keys)
            self._note_guest(user.id, ())

    async def set_password(self, user_id: str, password: str, link: Link | None) -> list[str]:
        async with self._transaction():
            self._use_up(link)
            self._writer.execute(
                "UPDATE accounts SET password = ? WHERE user = ?", (password, user_id)
            )
            ended = self._writer.execute(
                "DELETE FROM sessions WHERE account = ? RETURNING id", (user_id,)
            ).fetchall()
        return [session_id for (session_id,) in ended]

    async def make_owner(self, user_id: str, link: Link) -> None:
        async with self._transaction():
            self._use_up(link)
            self._writer.execute("UPDATE accounts SET owner = 1 WHERE user = ?", (user_id,))

    def _use_up(self, link: Link | None) -> None:
        if link is None:
            return
        used = self._writer.execute(
            "INSERT INTO used_links VALUES (?, ?) ON CONFLICT DO NOTHING", (link.id, link.until)
        )
        if not used.rowcount:
            raise LinkRefused("This link was used already.")

    async def start_session(self, session: Session, password: str) -> None:
        browser, times = session.browser, (session.started_at, session.seen_at)
        async with self._transaction():
            started = self._writer.execute(
                "INSERT INTO sessions SELECT ?, user, ?, ?, ? FROM accounts"
                " WHERE user = ? AND password = ?",
                (session.id, browser, *times, session.user.id, password),
            )
            if not started.rowcount:
                raise WrongPassword("The password was changed meanwhile.")

    async def session(self, session_id: str, since: int) -> Session | None:
        rows = self._read(f"{_SESSION} WHERE sessions.id = ? AND seen_at > ?", (session_id, since))
        return _session(rows[0]) if rows else None

    async def sessions(self, user_id: str, since: int) -> list[Session]:
        rows = self._read(
            f"{_SESSION} WHERE account = ? AND seen_at > ?"
            " ORDER BY seen_at DESC, started_at DESC, sessions.id",
            (user_id, since),
        )
        return [_session(row) for row in rows]

    async def end_sessions(self, user_id: str, session_ids: Collection[str]) -> None:
        async with self._transaction():
            self._writer.executemany(
                "DELETE FROM sessions WHERE id = ? AND account = ?",
                [(session_id, user_id) for session_id in session_ids],
            )

    async def lasting(self, session_ids: Collection[str], since: int) -> set[str]:
        rows = self._read(
            f"SELECT id FROM sessions WHERE id IN ({_marks(session_ids)}) AND seen_at > ?",
            (*session_ids, since),
        )
        return {session_id for (session_id,) in rows}

    async def seen(self, session_ids: Collection[str], at: int) -> None:
        async with self._transaction():
            self._writer.executemany(
                "UPDATE sessions SET seen_at = max(seen_at, ?) WHERE id = ?",
                [(at, session_id) for session_id in session_ids],
            )

    async def forget(self, *, sessions_before: int, links_before: int) -> None:
        async with self._transaction():
            self._writer.execute("DELETE FROM sessions WHERE seen_at < ?", (sessions_before,))
            self._writer.execute("DELETE FROM used_links WHERE until < ?", (links_before,))


def _account(rows: Sequence[Any]) -> Account | None:
    if not rows:
        return None
    user_id, name, password, owner = rows[0]
    return Account(User(user_id, name), password, bool(owner))


def _session(row: Sequence[Any]) -> Session:
    session_id, user_id, name, owner, browser, started_at, seen_at = row
    return Session(session_id, User(user_id, name), bool(owner), browser, started_at, seen_at)


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" * len(values))


def _now() -> int:
    return time.time_ns() // 1_000_000
