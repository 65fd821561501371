"""Who calls: the rows of the access matrix, and what the server must take each of them for."""

import asyncio
import itertools
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop
from aiohttp import ClientSession, DummyCookieJar, web

from chat_app import keys
from chat_app.chat.names import guest
from chat_app.chat.rights import Visitor
from chat_app.models import Account, Draft, Role, Session, User

PASSWORD = "correct horse"

Row = tuple[Any, ...]

# Whoever is not what it says must be taken for a guest, and never for whom it names: Ann.
WHO = {
    "no cookie": "guest",
    "guest": "guest",
    "forged guest": "guest",
    "forged session": "guest",
    "expired session": "guest",
    "ended session": "guest",
    "other account": "account",
    "member": "member",
    "moderator": "moderator",
    "owner": "owner",
    "banned": "banned",
    "muted": "muted",
}
ORIGINS = {"right": "", "wrong": "https://evil.example", "null": "null", "absent": None}


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Who may come in depends on no event loop, and there are thousands of cells."""
    return {"uvloop": uvloop.new_event_loop}


class Cast:
    """Makes callers, each fresh, and knows what the store has of Ann: none of them is her."""

    def __init__(self, app: web.Application, browser: ClientSession, url: str) -> None:
        self.app = app
        self.browser = browser  # keeps no cookies
        self.own_origin = url
        self._numbers = itertools.count(1)
        self._roles: dict[str, Account] = {}

    async def begin(self) -> None:
        self.ann, self.ben = await self._account("Ann"), await self._account("Ben")
        self.session = await self.app[keys.SESSIONS].find(await self._login(self.ann))
        self.gil = await self.known_guest("Gil")
        await self._furnish()

    async def known_guest(self, name: str) -> User:
        return await self.app[keys.USERS].rename(self._new_guest(), name)

    async def _furnish(self) -> None:
        """Have Olga own a public room and private ones."""
        members = self.app[keys.MEMBERS]
        self.olga = Visitor((await self._account("Olga")).user, account=True)
        self.private = await members.make_room(self.olga, "Private")
        # Whoever takes an invitation is a stranger no more, so it leads elsewhere.
        self.invited_to = await members.make_room(self.olga, "Invited")
        self.rooms = ("lobby", self.private, self.invited_to)
        for room in self.rooms:
            await self.say(room)

    async def say(self, room: str) -> int:
        """Have Olga say something; return its seq."""
        id = f"olgas-{self.number():06}"
        draft = Draft(room, room, id, self.olga.user, "hi", 1)
        opened = await self.app[keys.MEMBERS].enter(self.olga, room)
        done: asyncio.Future[Any] = asyncio.Future()
        self.app[keys.ROOMS].post(opened, draft, lambda _, outcome: done.set_result(outcome))
        seq: int = (await done).event.seq
        self.app[keys.ROOMS].release(opened)
        return seq

    async def invitation(self) -> str:
        return await self.app[keys.INVITES].make(self.olga, self.invited_to, ms=60_000, uses=9)

    async def _with_role(self, who: str) -> Account:
        """Return the account that is that in both rooms, as far as it can be."""
        if who not in self._roles:
            self._roles[who] = await self._account(f"Known {who}")
        user = self._roles[who].user
        role = {"moderator": Role.MODERATOR, "owner": Role.OWNER}.get(who, Role.MEMBER)
        for room in self.rooms:
            # It may have left, or have been told to, by the call before.
            if (await self.app[keys.ROOMS].door(room)).role(user.id) is not role:
                await self.app[keys.MEMBERS].set_role(self.olga, room, user.id, role)
            if who in ("banned", "muted"):
                moderation = self.app[keys.MODERATION]
                sanction = moderation.ban if who == "banned" else moderation.mute
                await sanction(self.olga, room, user.id, None)
        found = await self.app[keys.STORE].accounts.account_of(user.id)
        assert found is not None
        return found

    async def _account(self, name: str) -> Account:
        return await self.app[keys.ACCOUNTS].register(
            self._new_guest(), name, PASSWORD, address="", link=None
        )

    async def renew_ben(self) -> None:
        """Know Ben's password as it is stored now."""
        found = await self.app[keys.STORE].accounts.account_of(self.ben.user.id)
        assert found is not None
        self.ben = found

    def _new_guest(self) -> User:
        return guest(f"u_{next(self._numbers):016x}")

    def number(self) -> int:
        return next(self._numbers)

    async def _login(self, account: Account) -> str:
        return await self.app[keys.SESSIONS].start(account, "Firefox")

    async def cookie(self, who: str) -> str | None:
        """Return the cookie of a new one of these."""
        sign = self.app[keys.SIGNER].sign
        if who == "no cookie":
            return None
        if who == "guest":
            return f"guest={sign(self._new_guest().id).decode()}"
        if who == "forged guest":
            genuine = sign(self._new_guest().id).decode()
            return f"guest={self.gil.id}{genuine[len(self.gil.id) :]}"
        if who == "other account":
            await self.renew_ben()
            return f"session={await self._login(self.ben)}"
        if who in ("member", "moderator", "owner", "banned", "muted"):
            return f"session={await self._login(await self._with_role(who))}"
        return await self._of_ann(who)

    async def _of_ann(self, who: str) -> str:
        """Return a cookie that was one of Ann's, or nearly is."""
        token = await self._login(self.ann)
        if who == "forged session":
            # And Ann's guest's cookie, which counts for nothing since she has an account.
            stale = self.app[keys.SIGNER].sign(self.ann.user.id).decode()
            return f"session={token[:-2]}{'AA' if token[-2:] != 'AA' else 'BB'}; guest={stale}"
        found = await self.app[keys.SESSIONS].find(token)
        assert found is not None
        if who == "ended session":
            await self.app[keys.SESSIONS].end(found.user, [found.id])
        else:
            assert who == "expired session"
            with sqlite3.connect(self.file) as db:
                db.execute("UPDATE sessions SET seen_at = 1 WHERE id = ?", (found.id,))
            db.close()
        return f"session={token}"

    @property
    def file(self) -> Path:
        file: Path = self.app[keys.CONFIG].storage.file
        return file

    @contextmanager
    def watched(self) -> Iterator[set[Row]]:
        """Yield a set: once the block is over, it has the rows that came, went or changed in it.

        Each with its table's name in front. Not what writes itself: when a session was seen
        last, and the mark of `/readyz`.
        """
        changed: set[Row] = set()
        with closing(self._reader()) as before, closing(self._reader()) as after:
            # From its first look on it sees the store as it is now.
            before.execute("BEGIN")
            before.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            version = after.execute("PRAGMA data_version").fetchone()
            yield changed
            # Reading all takes its time, and most calls write nothing.
            if after.execute("PRAGMA data_version").fetchone() != version:
                changed |= stored(before) ^ stored(after)

    def _reader(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, isolation_level=None)

    def of_others(self, rows: set[Row]) -> set[Row]:
        """Return what of that is Ann's, or Gil's."""
        return {row for row in rows if {self.ann.user.id, self.gil.id}.intersection(row)}


def stored(db: sqlite3.Connection) -> set[Row]:
    """Return all rows of all tables."""
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type='table'")]
    rows = {(table, *row) for table in tables for row in db.execute(f'SELECT * FROM "{table}"')}
    by_itself = ("settings", "checked")
    return {row[:-1] if row[0] == "sessions" else row for row in rows if row[:2] != by_itself}


@pytest.fixture
def settings(guests: str) -> list[str]:
    """Limits are off: nobody is refused for being many."""
    limits = (
        *("message_rate", "login_tries", "login_tries_per_address", "accounts_per_address"),
        *("rooms_per_user", "rooms_per_address", "handshakes_per_address"),
        "connections_per_address",
    )
    # Nothing here is about a power cut, and thousands of commits take their time.
    quick = "storage.durability=process"
    return [quick, f"accounts.guests={guests}", *(f"limits.{name}=0" for name in limits)]


@pytest.fixture
async def cast(client, app, monkeypatch) -> AsyncIterator[Cast]:
    async with ClientSession(cookie_jar=DummyCookieJar()) as browser:
        cast = Cast(app, browser, str(client.make_url("/")).rstrip("/"))
        await cast.begin()
        yield cast


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch):
    """Hundreds of them are hashed here, and what that costs is tested elsewhere."""
    monkeypatch.setattr("chat_app.chat.passwords.KIBIBYTES", 64)


@pytest.fixture(autouse=True)
def no_sweep(monkeypatch):
    """It forgets what has expired, which is a change of the store that no call made."""
    monkeypatch.setattr("chat_app.chat.sessions.SWEEP_SECONDS", 86_400)


def session_of(cast: Cast) -> Session:
    assert cast.session is not None
    return cast.session
