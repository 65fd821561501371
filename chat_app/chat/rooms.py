"""Rooms: who is in them, and how an event gets to everybody.

A room is a log and a member is a cursor into it. Nothing is queued per member:
whoever is up to date gets, once per turn of the loop, the frames that the turn
brought, joined, the same bytes for all. Whoever is not (just come back, or reading
slowly) has a cursor of its own and is brought up to date from it, out of the ring
of the newest frames or else out of the store. One code path serves both kinds of
lateness: see `Room._catch_up`.

    commit ─ apply ─ ring ─┬─ flush ──── members up to date
                           └─ catch up ─ members behind   ─ store, beyond the ring
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Final, Protocol

from chat_app.chat.log import Committed, Done, Log
from chat_app.chat.names import room_key
from chat_app.errors import ChatError
from chat_app.models import Appended, Draft, Event
from chat_app.store import Store

log = logging.getLogger(__name__)

RING_BYTES: Final = 256 * 1024  # newest frames kept per room that is open
SLICE_EVENTS: Final = 100  # read from the store at once for members that are behind
SLICES: Final = 12  # kept while members are behind; who resumes needs 11 at most
BACKLOG_BYTES: Final = 256 * 1024  # unsent bytes with which a member falls behind
DRAINED_BYTES: Final = 64 * 1024  # unsent bytes with which it may have more, and how much more
PATIENCE_SECONDS: Final = 10.0  # in which one that is behind must read something, or is cut
FAR_EVENTS: Final = 10_000  # behind, at which it is cut however it drains
PAUSE_SECONDS: Final = 0.05  # between two looks at those who are behind


class Member(Protocol):
    """What a room knows of a connection."""

    def write(self, frames: bytes) -> None:
        """Send bytes now, without waiting; nothing happens on a closed connection."""

    def backlog(self) -> int:
        """Return the bytes that the kernel has not taken yet."""

    def cut(self, error: Exception | None) -> None:
        """End the connection: the room has given it up, since it is too slow (None), or
        since its events cannot be read. Its client resumes when it can."""


class _Lag:
    """Where a member is that is not up to date, and when it last took something.

    `had` is a range (after, up to) that it was sent before it asked for what lies
    below: the cursor jumps over it.
    """

    __slots__ = ("backlog", "cursor", "had", "progress_at")

    def __init__(self, cursor: int, had: tuple[int, int] | None = None) -> None:
        self.cursor = cursor
        self.had = had
        self.backlog = 0
        self.progress_at = time.monotonic()


class Room:
    """A room that somebody is in. `top` is the seq of its newest committed event."""

    def __init__(self, key: str, name: str, store: Store, encode: Callable[[Event], bytes]) -> None:
        self.key = key
        self.name = name
        self.top = 0
        self.holders = 0
        self.loading: asyncio.Task[None] | None = None
        self._store = store
        self._encode = encode
        self._ring: deque[bytes] = deque()
        self._ring_bytes = 0
        self._fresh: list[bytes] = []
        self._unmeasured = 0
        self._live: set[Member] = set()
        self._behind: dict[Member, _Lag] = {}
        self._slices: dict[int, list[bytes]] = {}
        self._catching_up: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Learn the room's name and top from the store."""
        if stored := await self._store.room(self.key):
            self.name, self.top = stored.name, stored.top

    def join(self, member: Member, since: int, had: tuple[int, int] | None = None) -> None:
        """Let `member` have every event after `since`, but not those that it `had`.

        A member that has joined already is moved: it is in one place at a time.
        """
        self.leave(member)
        if since >= self.top:
            self._live.add(member)
        else:
            self._fall_behind(member, since, had)

    def position(self, member: Member) -> int:
        """Return the seq up to which a member that has joined was sent everything."""
        lag = self._behind.get(member)
        return self.top if lag is None else lag.cursor

    def leave(self, member: Member) -> None:
        self._live.discard(member)
        self._behind.pop(member, None)

    def apply(self, event: Event) -> None:
        """Take a committed event in; `flush` shows it. What is known already is dropped."""
        if event.seq <= self.top:
            return
        if event.seq > self.top + 1:
            # News with a gap before it. The store has what lies between: all cursors
            # stay where they are and read it there.
            self.flush()
            for member in list(self._live):
                self._fall_behind(member, self.top)
            self._ring.clear()
            self._ring_bytes = 0
        frame = self._encode(event)
        self.top = event.seq
        self._fresh.append(frame)
        self._ring.append(frame)
        self._ring_bytes += len(frame)
        while self._ring_bytes > RING_BYTES and len(self._ring) > 1:
            self._ring_bytes -= len(self._ring.popleft())

    def flush(self) -> None:
        """Show what was applied since the last flush to all who are up to date."""
        frames = b"".join(self._fresh)
        self._fresh.clear()
        for member in self._live:
            member.write(frames)
        # Asking every member at every flush would cost as much as the writing.
        self._unmeasured += len(frames)
        if self._unmeasured >= BACKLOG_BYTES:
            self._unmeasured = 0
            for member in [m for m in self._live if m.backlog() > BACKLOG_BYTES]:
                self._fall_behind(member, self.top)

    def _fall_behind(self, member: Member, cursor: int, had: tuple[int, int] | None = None) -> None:
        self._live.discard(member)
        self._behind[member] = _Lag(cursor, had)
        if self._catching_up is None:
            self._catching_up = asyncio.create_task(self._catch_up(), name="catch up")

    async def _catch_up(self) -> None:
        try:
            while self._behind:
                for member, lag in list(self._behind.items()):
                    if self._behind.get(member) is lag:
                        await self._advance(member, lag)
                    await asyncio.sleep(0)  # a storm of them must not be one turn of the loop
                if self._behind:
                    await asyncio.sleep(PAUSE_SECONDS)
        except Exception as error:
            if not isinstance(error, ChatError):
                log.exception("members who are behind cannot catch up")
            # They come back and ask again; kept here they would wait for ever.
            for member in list(self._behind):
                self._give_up(member, error)
        finally:
            self._catching_up = None
            self._slices.clear()

    async def _advance(self, member: Member, lag: _Lag) -> None:
        """Send what lies between a cursor and the top, as far as the member takes it."""
        backlog, before, lag.backlog = member.backlog(), lag.backlog, member.backlog()
        if backlog < before or backlog <= DRAINED_BYTES:
            lag.progress_at = time.monotonic()
        if backlog > DRAINED_BYTES:
            stuck = time.monotonic() - lag.progress_at > PATIENCE_SECONDS
            if stuck or self.top - lag.cursor > FAR_EVENTS:
                self._give_up(member)
            return
        while lag.cursor < self.top and member.backlog() <= DRAINED_BYTES:
            frames = _up_to(DRAINED_BYTES, await self._after(lag.cursor))
            if self._behind.get(member) is not lag:
                return  # it left, or asked for something else, while the store was read
            if lag.had is not None:
                start, end = lag.had
                frames = frames[: start - lag.cursor]
                if lag.cursor + len(frames) == start:
                    lag.cursor, lag.had = end - len(frames), None
            member.write(b"".join(frames))
            lag.cursor += len(frames)
        lag.backlog = member.backlog()
        if lag.cursor >= self.top:
            del self._behind[member]
            self._live.add(member)

    def _give_up(self, member: Member, error: Exception | None = None) -> None:
        self.leave(member)
        member.cut(error)

    async def history(self, before: int | None, limit: int) -> list[Event]:
        """Return the newest `limit` events, or those before a seq; oldest first."""
        return await self._store.events(self.key, before=before, limit=limit)

    async def _after(self, cursor: int) -> list[bytes]:
        """Return the frames of the next events after `cursor`, at least one."""
        skip = cursor - (self.top - len(self._ring))
        if skip >= 0:
            return list(islice(self._ring, skip, skip + SLICE_EVENTS))
        start = cursor - cursor % SLICE_EVENTS
        frames = self._slices.get(start, [])
        if start + len(frames) <= cursor:
            # Not beyond the top: what is committed and not yet applied will be flushed.
            limit = min(SLICE_EVENTS, self.top - start)
            events = await self._store.events(self.key, after=start, limit=limit)
            frames = self._slices[start] = [self._encode(event) for event in events]
            if len(self._slices) > SLICES:
                del self._slices[next(iter(self._slices))]
        return frames[cursor - start :]


def _up_to(size: int, frames: list[bytes]) -> list[bytes]:
    """Return the first frames until they are `size` bytes, at least one."""
    total = 0
    for count, frame in enumerate(frames, start=1):
        total += len(frame)
        if total >= size:
            return frames[:count]
    return frames


class Rooms:
    """All rooms that are open, and the one way for a message into any of them."""

    def __init__(self, store: Store, encode: Callable[[Event], bytes]) -> None:
        self._store = store
        self._encode = encode
        self._open: dict[str, Room] = {}
        self._log = Log(store, self._committed)

    @property
    def epoch(self) -> str:
        """This life of the log, as the store tells it."""
        return self._store.epoch

    async def open(self, name: str) -> Room:
        """Return the room of that name, loaded, and keep it until `release`.

        Looking makes nothing: a room is written with its first message.
        """
        key = room_key(name)
        room = self._open.get(key)
        if room is None:
            room = self._open[key] = Room(key, name, self._store, self._encode)
            room.loading = asyncio.create_task(room.load(), name="load room")
        room.holders += 1
        try:
            if room.loading is not None:
                await asyncio.shield(room.loading)
                room.loading = None
        except BaseException:
            self.release(room)
            raise
        return room

    def release(self, room: Room) -> None:
        """Let go of a room that `open` gave; the last to do so closes it."""
        room.holders -= 1
        if not room.holders:
            del self._open[room.key]

    def post(self, room: Room, draft: Draft, done: Done) -> None:
        """Have a message committed and shown; `done` gets its event or the refusal.

        `done` is called after the commit and before the room sees the message.
        """
        room.holders += 1

        def finished(outcome: Appended | ChatError) -> None:
            if isinstance(outcome, Appended) and outcome.event.seq == 1 and not outcome.duplicate:
                room.name = draft.room_name
            done(outcome)
            self.release(room)

        self._log.append(draft, finished)

    def _committed(self, batch: Committed) -> None:
        touched: dict[str, Room] = {}
        for appended, done in batch:
            if not appended.duplicate:
                room = self._open[appended.event.room_key]
                room.apply(appended.event)
                touched[room.key] = room
            done(appended)
        for room in touched.values():
            room.flush()

    async def close(self) -> None:
        """Commit what has been posted; afterwards everything is refused."""
        await self._log.close()
