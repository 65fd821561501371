"""Members who are behind, each with its cursor, and how they catch up.

Two ways lead here and from here on they are the same: to come back with a cursor below
the top, and to read too slowly.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from itertools import accumulate
from typing import Final, Protocol

from chat_app.chat.tail import Tail, spoken
from chat_app.errors import ChatError

log = logging.getLogger(__name__)

DRAINED_BYTES: Final = 64 * 1024  # unsent bytes with which it may have more, and how much more
PATIENCE_SECONDS: Final = 10.0  # in which one that is behind must read something, or is cut
FAR_EVENTS: Final = 10_000  # behind, at which it is cut however it drains
_NOTHING: Final = (0, 0, True, 0)
PAUSE_SECONDS: Final = 0.05  # between two looks at those who are behind, if none could go on
TURN_SECONDS: Final = 0.002  # of one turn of the loop for them


# Sends bytes now; returns how many were taken, at least one, or raises OSError.
Writer = Callable[[bytes], int]


class Member(Protocol):
    """What a room knows of a connection."""

    @property
    def hears(self) -> bool:
        """Whether its client knows frames that are no events."""

    def write(self, frames: bytes) -> int:
        """Send bytes now, without waiting, and keep what is not taken; return their number.

        Nothing happens on a closed connection. Where something is kept, `Room.redirect` is
        called: no writer but this one may be used until it is gone.
        """

    @property
    def writer(self) -> Writer:
        """Return what sends by the shortest way now, while it is in the room: it leaves before
        its last bytes. What that one does not take must be given to `write`.
        """

    def signal(self, frame: bytes) -> None:
        """Send what is no event, as `write` does, if it `hears`."""

    def backlog(self) -> int:
        """Return the bytes that the kernel has not taken yet."""

    @property
    def network(self) -> str:
        """Return the IPv4 address or IPv6 /64 it comes from."""

    def renew(self) -> None:
        """Look again at what its user may do in the room: it may have changed."""

    def put_out(self, refusal: ChatError) -> None:
        """End the connection, and say why; its client does not come back by itself."""

    def cut(self, error: Exception | None) -> None:
        """End the connection: the room has given it up, since it is too slow (None), or
        since its events cannot be read. Its client resumes when it can."""


def _nobody(member: Member) -> None:
    """Nobody arrives any more."""


class _Lag:
    """Where a member is that is not up to date, and when it last took something.

    `had` is a range (after, up to) that it was sent before it asked for what lies
    below: the cursor jumps over it.
    """

    __slots__ = ("backlog", "cursor", "had", "progress_at")

    def __init__(self, cursor: int, had: tuple[int, int] | None) -> None:
        self.cursor = cursor
        self.had = had
        self.backlog = 0
        self.progress_at = time.monotonic()


class Behind:
    """The members of one room who are behind.

    `arrived` is called with each that has got to where those are who are up to date: to
    what was `shown`. Not to the top, which in a busy room moves on while this one is written.
    """

    __slots__ = ("_arrived", "_asked", "_catching_up", "_given", "_lags", "_tail")

    def __init__(self, tail: Tail, arrived: Callable[[Member], None]) -> None:
        self._tail = tail
        self._arrived = arrived
        self._lags: dict[Member, _Lag] = {}
        self._catching_up: asyncio.Task[None] | None = None
        self._asked, self._given = _NOTHING, (0, b"")  # the last answer of `_next`

    def __len__(self) -> int:
        return len(self._lags)

    def add(self, member: Member, cursor: int, had: tuple[int, int] | None = None) -> None:
        """Bring `member` from `cursor` to what is shown, as fast as it reads."""
        self._lags[member] = _Lag(cursor, had)
        if self._catching_up is None:
            self._catching_up = asyncio.create_task(self._catch_up(), name="catch up")

    def remove(self, member: Member) -> None:
        """Let go of `member`, if it is here."""
        self._lags.pop(member, None)

    def cursor(self, member: Member) -> int | None:
        """Return the seq up to which it was sent everything; None if it is not here."""
        lag = self._lags.get(member)
        return None if lag is None else lag.cursor

    def close(self) -> None:
        """Let go of whom it calls: nobody is left who could be behind."""
        self._arrived = _nobody

    async def _catch_up(self) -> None:
        try:
            while self._lags:
                went_on = False
                began = time.monotonic()
                for member, lag in list(self._lags.items()):
                    if self._lags.get(member) is lag:
                        went_on |= await self._advance(member, lag)
                    if time.monotonic() - began > TURN_SECONDS:
                        await asyncio.sleep(0)
                        began = time.monotonic()
                # A pause is for who does not read. Whoever does is led on without: a busy
                # room would get away from it.
                if self._lags:
                    await asyncio.sleep(0 if went_on else PAUSE_SECONDS)
        except Exception as error:
            if not isinstance(error, ChatError):
                log.exception("members who are behind cannot catch up")
            # They come back and ask again; kept here they would wait for ever.
            for member in list(self._lags):
                self._give_up(member, error)
        finally:
            self._catching_up = None
            self._asked, self._given = _NOTHING, (0, b"")
            self._tail.forget_slices()

    async def _advance(self, member: Member, lag: _Lag) -> bool:
        """Send what lies between a cursor and what is shown, as far as the member takes it.

        Return whether it went on.
        """
        backlog, before, lag.backlog = member.backlog(), lag.backlog, member.backlog()
        if backlog < before or backlog <= DRAINED_BYTES:
            lag.progress_at = time.monotonic()
        if backlog > DRAINED_BYTES:
            stuck = time.monotonic() - lag.progress_at > PATIENCE_SECONDS
            if stuck or self._tail.top - lag.cursor > FAR_EVENTS:
                self._give_up(member, None)
            return False
        went_on = False
        while lag.cursor < self._tail.shown and member.backlog() <= DRAINED_BYTES:
            until = self._tail.shown
            if lag.had is not None:
                start, end = lag.had
                if lag.cursor == start:
                    lag.cursor, lag.had = end, None
                    continue
                until = min(start, until)
            count, frames = await self._next(lag.cursor, until, hears=member.hears)
            if self._lags.get(member) is not lag:
                return True  # it left, or asked for something else, while the store was read
            member.write(frames)
            lag.cursor += count
            went_on = True
        lag.backlog = member.backlog()
        if lag.cursor == self._tail.shown:
            del self._lags[member]
            self._arrived(member)
        return went_on

    async def _next(self, cursor: int, until: int, *, hears: bool) -> tuple[int, bytes]:
        """Return how many frames come next after `cursor`, at most to `until`, and these joined;
        for a client that does not hear of other events, the messages among them.

        Who fell behind together asks for the same, and is given the same bytes.
        """
        asked = (cursor, until, hears, self._tail.deletions)
        if self._asked != asked:
            frames = (await self._tail.after(cursor))[: until - cursor]
            sizes = accumulate(map(len, frames))
            count = 1 + sum(1 for size in sizes if size < DRAINED_BYTES)
            taken = frames[:count]
            joined = b"".join(taken) if hears else spoken(taken)
            self._asked, self._given = asked, (len(taken), joined)
        return self._given

    def _give_up(self, member: Member, error: Exception | None) -> None:
        self.remove(member)
        member.cut(error)
