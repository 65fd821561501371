"""One room: its members, where each of them is in its log, and when they are written to.

See `chat_app.chat.rooms` for the whole way of a message, and for why a crowd rests.
"""

import asyncio
import math
import time
from collections.abc import Callable, Collection
from collections.abc import Set as AbstractSet
from typing import Final

from chat_app.chat.behind import Behind, Member, Writer
from chat_app.chat.door import Door
from chat_app.chat.gap import Gap
from chat_app.chat.limits import Turns
from chat_app.chat.presence import Encode, Presence
from chat_app.chat.tail import SLICE_EVENTS, Tail, spoken
from chat_app.chat.typing import Typing
from chat_app.models import Event
from chat_app.store import Store

BACKLOG_BYTES: Final = 256 * 1024  # unsent bytes with which a member falls behind
CROWD: Final = 32  # members from whom on a room's flushes are paced


def _write(frames: bytes, writers: Collection[Writer]) -> dict[Writer, int]:
    """Write the same bytes to all, whatever becomes of one of them.

    Return who did not take them all, and how many it took.
    """
    whole = len(frames)
    short: dict[Writer, int] = {}
    write: Writer = len  # whoever is written to
    left = iter(writers)
    while True:
        try:
            for write in left:
                if (taken := write(frames)) != whole:
                    short[write] = taken
        except OSError:  # the kernel's buffer is full, or the connection was lost
            short[write] = 0
            continue  # with the next
        return short


class Room:
    """A room that somebody is in."""

    __slots__ = (
        "_awaited", "_behind", "_fresh", "_gap", "_live", "_pause", "_store", "_tail",
        "_unmeasured", "_unspoken", "door", "holders", "is_known", "key", "loading", "name",
        "posting", "presence", "typing",
    )  # fmt: skip

    def __init__(
        self,
        key: str,
        name: str,
        store: Store,
        encode: Callable[[Event], bytes],
        encode_presence: Encode,
        turns: Turns | None = None,
    ) -> None:
        self.key = key
        self.name = name
        self.door = Door(key, turns)
        self.holders = 0
        self.is_known = False  # it has events, or was counted as a new one: `Rooms.admit`
        self.posting = 0  # messages that are on their way into the log
        self.loading: asyncio.Task[None] | None = None
        self._store = store
        self._tail = Tail(key, store, encode)
        self._gap: Gap | None = None  # most rooms never have one
        self._fresh: list[bytes] = []
        self._unspoken = False  # some of them are no messages
        self._unmeasured = 0
        self._pause: asyncio.Handle | None = None  # what ends it, while a crowd is not flushed to
        self._awaited = math.inf  # the seq that ends it before its time
        # A dict, for its order: sockets opened one after the other lie beside each other in the
        # kernel too, and to go through 1,000 at random costs a tenth more.
        self._live: dict[Member, Writer] = {}
        self._behind = Behind(self._tail, self._arrived)
        self.presence = Presence(self.signal, encode_presence)
        self.typing = Typing()

    @property
    def top(self) -> int:
        """The seq of the newest committed event."""
        return self._tail.top

    async def load(self) -> None:
        """Learn the room's name, top and door from the store."""
        if stored := await self.door.load(self._store):
            self.name, self._tail.top, self._tail.shown = stored.name, stored.top, stored.top
            self.is_known = stored.top > 0

    def join(self, member: Member, since: int, had: tuple[int, int] | None = None) -> None:
        """Let `member` have every event after `since`, but not those that it `had`.

        A member that has joined already is moved: it is in one place at a time.
        """
        if self._live.pop(member, None) is None:
            self._behind.remove(member)
        if since == self._tail.shown:
            self._arrived(member)
        else:
            self._behind.add(member, since, had)
        self._tail.keep_for(len(self._live) + len(self._behind))

    def _arrived(self, member: Member) -> None:
        """Take in a member that has all that was shown: what follows, it is sent live."""
        self._live[member] = member.writer
        self.presence.arrived(member)

    def position(self, member: Member) -> int:
        """Return the seq up to which a member that has joined was sent everything."""
        cursor = self._behind.cursor(member)
        return self._tail.shown if cursor is None else cursor

    def leave(self, member: Member) -> None:
        self._live.pop(member, None)
        self._behind.remove(member)
        self._tail.keep_for(len(self._live) + len(self._behind))

    def redirect(self, member: Member) -> None:
        """Write to a member by another way from now on, if it is up to date."""
        if member in self._live:
            self._live[member] = member.writer

    def apply(self, event: Event) -> None:
        """Take a committed event in; `flush` shows it. What is known already is dropped.

        What comes before those before it waits for them: see `Gap`.
        """
        top = self._tail.top
        if event.seq != top + 1:
            if event.seq > top:
                self._the_gap.hold(event)
            return
        self._fresh.append(self._tail.append(event))
        if event.kind:
            self._unspoken = True
        if self._gap is not None:
            while (early := self._gap.take(self._tail.top + 1)) is not None:
                self._fresh.append(self._tail.append(early))
                if early.kind:
                    self._unspoken = True

    def reach(self, seq: int) -> None:
        """Have everything up to `seq`, which is in the store, taken in and shown, soon."""
        if seq > self._tail.top:
            self._the_gap.reach(seq)

    async def look(self) -> None:
        """Take in and show what is in the store and was not heard of.

        Raises StoreUnavailable.
        """
        stored = await self._store.room(self.key)
        if stored is None:
            return
        self.name = stored.name
        while self._tail.top < stored.top:
            after = self._tail.top
            events = await self._store.events(self.key, after=after, limit=SLICE_EVENTS)
            for event in events:
                self.apply(event)
            self.show()
            if self._tail.top == after:
                return

    @property
    def _the_gap(self) -> Gap:
        if self._gap is None:
            self._gap = Gap(lambda: self._tail.top, self.look)
        return self._gap

    def close(self) -> None:
        """Stop what goes on by itself: nobody is left to be told anything.

        What would hold the room in a circle lets go of it: who comes and goes leaves nothing
        for the collector, which looks through what is old only seldom.
        """
        self.presence.close()
        self._behind.close()
        if self._gap is not None:
            self._gap.close()
            self._gap = None

    def show(self) -> None:
        """Flush; but a crowd not before its last flush is paid for: see above."""
        if len(self._live) < CROWD:
            self.flush()
        elif self._pause is None or self._tail.top >= self._awaited:
            self._flush_crowd()

    def _flush_crowd(self) -> None:
        """Flush what there is to be shown, and rest afterwards."""
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        if joined := len(self._fresh):
            began = time.monotonic()
            self.flush()
            self._awaited = math.inf
            self._pause = asyncio.get_running_loop().call_soon(self._rest, began, joined)

    def _rest(self, began: float, joined: int) -> None:
        # A turn later: a loop may put off the system calls to the end of its turn.
        rest = (time.monotonic() - began) * (1 - 1 / joined)
        self._pause = asyncio.get_running_loop().call_later(rest, self._wait, rest)

    def _wait(self, patience: float) -> None:
        """Show what has come meanwhile, with those that are on their way into the log now.

        Not with all that come while there are some: they may never cease.
        """
        self._awaited = self._tail.top + self.posting
        self._pause = None
        if self._fresh and self.posting:
            self._pause = asyncio.get_running_loop().call_later(patience, self._flush_crowd)
        else:
            self._flush_crowd()

    def flush(self) -> None:
        """Write what was applied since the last flush to all who are up to date."""
        if not self._fresh:
            return
        frames = b"".join(self._fresh)
        messages = self._spoken() if self._unspoken else frames
        self._fresh.clear()
        self._tail.shown = self._tail.top
        # Straight to their sockets: a call more, and what a `Member` is made of, which for most of
        # a thousand lies in no cache, cost 7 % of the CPU, and a transport in between as much
        # again (docs/decisions/0002).
        if messages is frames:
            self._write_rest(frames, _write(frames, [*self._live.values()]))
        else:
            for hears, part in ((True, frames), (False, messages)):
                writers = [write for one, write in self._live.items() if one.hears is hears]
                self._write_rest(part, _write(part, writers))
        self._unmeasured += len(frames)
        if self._unmeasured >= BACKLOG_BYTES:
            self._measure()

    def _write_rest(self, frames: bytes, short: dict[Writer, int]) -> None:
        """Have members who did not take all of the frames keep the rest."""
        if short:
            for member, write in [*self._live.items()]:
                if write in short:
                    member.write(frames[short[write] :])
                    self.redirect(member)

    def _spoken(self) -> bytes:
        """Return the messages alone among what is to be shown."""
        self._unspoken = False
        return spoken(self._fresh)

    def signal(
        self,
        frame: bytes,
        *,
        to: AbstractSet[Member] | None = None,
        but: AbstractSet[Member] = frozenset(),
    ) -> None:
        """Show a frame that is no event to those who are up to date: to all, or to those
        in `to`, and not to those in `but`. It takes no seq, and is not sent again."""
        for member in (self._live.keys() if to is None else self._live.keys() & to) - but:
            member.signal(frame)
        self._unmeasured += len(frame)
        if self._unmeasured >= BACKLOG_BYTES:
            self._measure()

    def _measure(self) -> None:
        """Leave behind who does not read. To ask every member at every flush would cost as
        much as the writing: it is done when that many bytes were written to everybody."""
        self._unmeasured = 0
        for member in [*self._live]:
            if not (backlog := member.backlog()):
                self._live[member] = member.writer
            elif backlog > BACKLOG_BYTES:
                del self._live[member]
                self._behind.add(member, self._tail.shown)

    async def history(self, before: int | None, limit: int) -> list[Event]:
        """Return the newest `limit` events, or those before a seq; oldest first."""
        return await self._store.events(self.key, before=before, limit=limit)
