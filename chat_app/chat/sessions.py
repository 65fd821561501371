"""Sessions: who is logged in where, until it is ended.

The token is in the browser's cookie only; the store has its hash. A socket watches the
session that it came with, and ends with it.
"""

import asyncio
import hashlib
import logging
import secrets
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from typing import Final

from chat_app.chat.control import Control
from chat_app.errors import StoreUnavailable
from chat_app.models import Account, Session, User
from chat_app.store.accounts import AccountStore

log = logging.getLogger(__name__)

LASTS_MS: Final = 90 * 24 * 3_600_000  # since it was last seen
SWEEP_SECONDS: Final = 60
REMEMBERED: Final = 1000  # ended sessions; far more than end in the time of a handshake
_FORGET_MS: Final = 3_600_000
_AT_ONCE: Final = 500  # sessions that the sweep asks about in one turn of the loop

Ended = Callable[[], None]


class Sessions:
    """The sessions of all accounts, and whoever must hear of their end."""

    def __init__(self, store: AccountStore, control: Control | None = None) -> None:
        self._store = store
        self._sweep_now = asyncio.Event()
        self._control = control or Control()
        self._control.on("ended", list[str], self._tell_all)
        self._control.on_missed(self._sweep_now.set)
        self._watching: dict[str, tuple[Ended, ...]] = {}
        self._ended: dict[str, None] = {}  # the last REMEMBERED
        self._seen: set[str] = set()
        self._forgot_at = 0

    async def start(self, account: Account, browser: str) -> str:
        """Begin a session; return its token, which nobody has had before.

        Raises WrongPassword if the account has another password by now.
        """
        token, now = secrets.token_urlsafe(32), _now()
        session = Session(_id(token), account.user, account.owner, browser, now, now)
        await self._store.start_session(session, account.password)
        return token

    async def find(self, token: str) -> Session | None:
        """Return the session of a token, unless it has ended."""
        return await self._lasting(_id(token))

    async def again(self, session: Session) -> Session | None:
        """Return the session as it is now, or None if it has ended."""
        return await self._lasting(session.id)

    async def _lasting(self, session_id: str) -> Session | None:
        session = await self._store.session(session_id, _now() - LASTS_MS)
        if session is not None and _now() - session.seen_at > SWEEP_SECONDS * 1000:
            self._seen.add(session_id)  # written by the next sweep: no request waits for it
        return session

    async def all(self, user: User) -> list[Session]:
        """Return the user's sessions, the last seen first."""
        return await self._store.sessions(user.id, _now() - LASTS_MS)

    async def end(self, user: User, session_ids: Collection[str]) -> None:
        """End those of the sessions that are the user's, and all that watch them."""
        own = {session.id for session in await self.all(user)}.intersection(session_ids)
        await self._store.end_sessions(user.id, own)
        self.ended(own)

    async def end_others(self, session: Session) -> None:
        """End all sessions of the user but this one."""
        every = await self.all(session.user)
        await self.end(session.user, [each.id for each in every if each.id != session.id])

    def ended(self, session_ids: Iterable[str]) -> None:
        """Tell all who watch these sessions, which the store has ended, on every node."""
        self._tell_everywhere(list(session_ids))

    def end_guest(self, user: User) -> None:
        """Tell all who watch the user as a guest, on every node, that this is none any more."""
        self._tell_everywhere([user.id])

    def _tell_everywhere(self, keys: list[str]) -> None:
        self._tell_all(keys)
        self._control.tell("ended", keys)

    def _tell_all(self, keys: list[str]) -> None:
        for key in keys:
            self._tell(key)

    def watch(self, key: str, ended: Ended) -> None:
        """Have `ended` called, once, when a session ends, or a guest has become an account.

        `key` is the session's id, or a guest's user id. What has ended since the visitor was
        identified, a moment ago, is told at once.
        """
        if key in self._ended:
            ended()
        else:
            self._watching[key] = (*self._watching.get(key, ()), ended)

    def unwatch(self, key: str, ended: Ended) -> None:
        watching = tuple(one for one in self._watching.pop(key, ()) if one != ended)
        if watching:
            self._watching[key] = watching

    def _tell(self, key: str) -> None:
        self._seen.discard(key)
        self._ended[key] = None
        if len(self._ended) > REMEMBERED:
            del self._ended[next(iter(self._ended))]
        for ended in self._watching.pop(key, ()):
            ended()

    async def sweep(self) -> None:
        """Note which sessions are in use, end those that ended elsewhere, drop the old ones."""
        now = _now()
        watched = [key for key in self._watching if not key.startswith("u_")]
        for start in range(0, len(watched), _AT_ONCE):
            part = watched[start : start + _AT_ONCE]
            lasting = await self._store.lasting(part, now - LASTS_MS)
            for session_id in part:
                if session_id in lasting:
                    self._seen.add(session_id)
                else:
                    self._tell(session_id)
            await asyncio.sleep(0)
        if self._seen:
            seen, self._seen = self._seen, set()
            await self._store.seen(seen, now)
        if now - self._forgot_at > _FORGET_MS:
            self._forgot_at = now
            await self._store.forget(sessions_before=now - LASTS_MS, links_before=now)

    async def sweep_for_ever(self) -> None:
        while True:
            # Sooner where ends may have been missed.
            with suppress(TimeoutError):
                async with asyncio.timeout(SWEEP_SECONDS):
                    await self._sweep_now.wait()
            self._sweep_now.clear()
            try:
                await self.sweep()
            except StoreUnavailable:
                log.warning("sessions could not be checked")


def _id(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _now() -> int:
    return time.time_ns() // 1_000_000
