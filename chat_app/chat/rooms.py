"""Rooms: who is in them, and how an event gets to everybody.

A room is a log and a member is a cursor into it. Nothing is queued per member.

    Rooms.post ─ Log: a batch, one commit ─ Rooms._outcome
                                                 │ each event, in order
                                            Room.apply ─ Tail: encoded, once; the ring
                                                 │
                                            Room.show ─┬─ flush ── members up to date
                                                       └─ Behind ─ members who are not

What is shared: an event is encoded once, as a whole WebSocket frame, and lies in the ring
of its room; the frames of a flush are joined once, and every member gets these same bytes.

What is written when: `_outcome` is called once for each commit. It applies all events of
the batch, has their authors answered, and then each room that got some shows them: one
write for each member who is up to date, of whatever has been gathered. A write to one of
many costs as much as taking in a message, and hardly more for ten frames than for one. So
where a flush to a crowd had much to join, there will be as much again: the crowd rests for
as long as the flush took (less the n-th part for n frames), and waits, at most once as long
again, for posts that are being committed. A room of few, and a crowd in which one speaks at
a time, wait for nothing.
What waits has been committed and is in the ring already. So who is up to date is so with
what was `shown`, which may be short of the top: whoever joins beyond it, or comes back, is
let in where those who are there have got to, and neither misses what waits nor gets it twice.

Who is not up to date (just come back, or reading slowly) has a cursor of its own and is
brought up to date from it, out of the ring or else out of the store. One code path serves
both kinds of lateness: see `Behind`.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from itertools import repeat
from typing import Final

from chat_app.broker import MemoryBroker
from chat_app.chat.behind import Behind, Member
from chat_app.chat.control import Control
from chat_app.chat.door import Door
from chat_app.chat.gap import Gap
from chat_app.chat.limits import NewRooms, Turns
from chat_app.chat.log import Batch, Done, Log
from chat_app.chat.names import room_key
from chat_app.chat.news import News
from chat_app.chat.presence import Encode, Presence
from chat_app.chat.rights import Visitor, is_private
from chat_app.chat.tail import SLICE_EVENTS, Tail, spoken
from chat_app.chat.typing import Typing
from chat_app.errors import ChatError
from chat_app.models import Appended, Draft, Event
from chat_app.store import Store

log = logging.getLogger(__name__)

BACKLOG_BYTES: Final = 256 * 1024  # unsent bytes with which a member falls behind
CROWD: Final = 32  # members from whom on a room's flushes are paced


class Room:
    """A room that somebody is in."""

    __slots__ = (
        "_behind", "_fresh", "_gap", "_live", "_patient_until", "_resting", "_store", "_tail",
        "_unmeasured", "_unspoken", "counted", "door", "holders", "key", "loading", "name",
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
        self.counted = False  # as a new one: see `Rooms.admit`
        self.posting = 0  # messages that are on their way into the log
        self.loading: asyncio.Task[None] | None = None
        self._store = store
        self._tail = Tail(key, store, encode)
        self._gap: Gap | None = None  # most rooms never have one
        self._fresh: list[bytes] = []
        self._unspoken = False  # some of them are no messages
        self._unmeasured = 0
        self._resting: asyncio.Handle | None = None
        self._patient_until = 0.0
        self._live: set[Member] = set()
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

    def join(self, member: Member, since: int, had: tuple[int, int] | None = None) -> None:
        """Let `member` have every event after `since`, but not those that it `had`.

        A member that has joined already is moved: it is in one place at a time.
        """
        self.leave(member)
        if since == self._tail.shown:
            self._arrived(member)
        else:
            self._behind.add(member, since, had)

    def _arrived(self, member: Member) -> None:
        """Take in a member that has all that was shown: what follows, it is sent live."""
        self._live.add(member)
        self.presence.arrived(member)

    def position(self, member: Member) -> int:
        """Return the seq up to which a member that has joined was sent everything."""
        cursor = self._behind.cursor(member)
        return self._tail.shown if cursor is None else cursor

    def leave(self, member: Member) -> None:
        self._live.discard(member)
        self._behind.remove(member)

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
        """Stop what goes on by itself: nobody is left to be told anything."""
        self.presence.close()
        if self._gap is not None:
            self._gap.close()

    def show(self) -> None:
        """Flush; but a crowd not before its last flush is paid for: see above."""
        if len(self._live) < CROWD:
            self.flush()
        elif self._resting is None:
            began = time.monotonic()
            if not self.posting or began >= self._patient_until:
                joined = len(self._fresh)
                self.flush()
                loop = asyncio.get_running_loop()
                self._resting = loop.call_soon(self._rest, began, joined)

    def _rest(self, began: float, joined: int) -> None:
        # A turn later: a loop may put off the system calls to the end of its turn.
        now = time.monotonic()
        rest = (now - began) * (1 - 1 / max(joined, 1))
        self._patient_until = now + 2 * rest
        self._resting = asyncio.get_running_loop().call_later(rest, self._rested)

    def _rested(self) -> None:
        self._resting = None
        if self._fresh:
            self.show()

    def flush(self) -> None:
        """Write what was applied since the last flush to all who are up to date."""
        if not self._fresh:
            return
        frames = b"".join(self._fresh)
        messages = self._spoken() if self._unspoken else frames
        self._fresh.clear()
        self._tail.shown = self._tail.top
        if messages is frames:
            for member in self._live:
                member.write(frames)
        else:
            for member in self._live:
                member.write(frames if member.hears else messages)
        self._measure(len(frames))

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
        for member in (self._live if to is None else self._live & to) - but:
            member.signal(frame)
        self._measure(len(frame))

    def _measure(self, written: int) -> None:
        """Leave behind who does not read, having written that many bytes to everybody."""
        # Asking every member at every flush would cost as much as the writing.
        self._unmeasured += written
        if self._unmeasured >= BACKLOG_BYTES:
            self._unmeasured = 0
            self._leave_behind([m for m in self._live if m.backlog() > BACKLOG_BYTES])

    def _leave_behind(self, members: list[Member]) -> None:
        for member in members:
            self._live.discard(member)
            self._behind.add(member, self._tail.shown)

    async def history(self, before: int | None, limit: int) -> list[Event]:
        """Return the newest `limit` events, or those before a seq; oldest first."""
        return await self._store.events(self.key, before=before, limit=limit)


class Rooms:
    """All rooms that are open, and the one way for a message into any of them."""

    def __init__(
        self,
        store: Store,
        encode: Callable[[Event], bytes],
        encode_presence: Encode,
        news: News | None = None,
        new_rooms: NewRooms | None = None,
    ) -> None:
        """`news`: of the other nodes, if there are any. `new_rooms`: how many may be made."""
        self.news = news or News(MemoryBroker(), store, Control())
        self.news.on_door(self._renew_soon)
        self._store = store
        self.new_rooms = new_rooms or NewRooms(0, 0)
        self._encode = encode
        self._encode_presence = encode_presence
        self._open: dict[str, Room] = {}
        self._turns = Turns()
        self._renewing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._log = Log(store, self._outcome)

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
            room = self._open[key] = Room(
                key, name, self._store, self._encode, self._encode_presence, self._turns
            )
            room.loading = asyncio.create_task(self._load(room), name="load room")
        room.holders += 1
        try:
            if room.loading is not None:
                await asyncio.shield(room.loading)
                room.loading = None
        except BaseException:
            self.release(room)
            raise
        return room

    async def door(self, key: str) -> Door:
        """Return the door of a room: the one at hand, if the room is open."""
        room = self._open.get(key)
        if room is not None and room.loading is None:
            return room.door
        door = Door(key)
        await door.load(self._store)
        return door

    async def renew(self, key: str) -> None:
        """Read a room's door again and let all who are in it know, on every node."""
        self.news.tell_door(key)
        await self._renew(key)

    async def _renew(self, key: str) -> None:
        async with self._renewing:  # who reads last has read the newest
            room = self._open.get(key)
            if room is None:
                return
            room.holders += 1
            try:
                if room.loading is not None:
                    await asyncio.shield(room.loading)
                await room.door.load(self._store)
                for member in room.presence.everyone():
                    member.renew()
            finally:
                self.release(room)

    def put_out(self, key: str, user_id: str, refusal: ChatError) -> None:
        """End the user's connections in a room."""
        for member in presence.members(user_id) if (presence := self.present(key)) else ():
            member.put_out(refusal)

    def present(self, key: str) -> Presence | None:
        """Return who is in a room, if anybody is."""
        room = self._open.get(key)
        return None if room is None else room.presence

    async def _load(self, room: Room) -> None:
        await room.load()
        if self._open.get(room.key) is room:
            self.news.follow(room)

    def release(self, room: Room) -> None:
        """Let go of a room that `open` gave; the last to do so closes it."""
        room.holders -= 1
        self._close_unused(room)

    def _close_unused(self, room: Room) -> None:
        if not (room.holders or room.posting):
            del self._open[room.key]
            self.news.unfollow(room.key)
            room.close()

    def admit(self, room: Room, visitor: Visitor) -> None:
        """Let a message in which may be a room's first. Raises TooManyRooms."""
        if not (room.top or room.counted):
            self.new_rooms.take(visitor.user.id, visitor.network)
            room.counted = True

    def post(self, room: Room, draft: Draft, done: Done) -> None:
        """Have a message committed and shown; `done` gets its event or the refusal.

        `done` is called after the commit and before the message is shown. It may not raise.
        """
        room.posting += 1
        self._log.append(draft, done)

    def _outcome(self, batch: Batch, outcome: Sequence[Appended] | ChatError) -> None:
        touched: dict[str, Room] = {}
        results: Iterable[Appended | ChatError]
        results = repeat(outcome) if isinstance(outcome, ChatError) else outcome
        for (draft, done), result in zip(batch, results, strict=False):
            room = touched[draft.room_key] = self._open[draft.room_key]
            room.posting -= 1
            if isinstance(result, Appended):
                # A duplicate too: the first may be another node's, and unheard of here.
                room.apply(result.event)
                first = result.event.seq == 1 and not result.duplicate
                if first and not is_private(room.key):
                    room.name = draft.room_name
                    self._renew_soon(room.key)  # it may have an owner now
                    self.news.tell_door(room.key)
            done(draft, result)
        if not isinstance(outcome, ChatError):
            self.news.committed(outcome)
        for room in touched.values():
            room.show()
            self._close_unused(room)

    async def settle(self) -> None:
        """Wait until all that was posted is committed, its authors have heard, and all is shown."""
        # Asked again and again, once in a server's life: no message pays for telling.
        while any(room.posting for room in self._open.values()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        for room in self._open.values():
            room.flush()  # a crowd may be resting

    def _renew_soon(self, key: str) -> None:
        task = asyncio.create_task(self._try_renew(key), name="renew door")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _try_renew(self, key: str) -> None:
        try:
            await self._renew(key)
        except ChatError:
            log.warning("a room's door could not be read")

    async def close(self) -> None:
        """Commit what has been posted; afterwards everything is refused."""
        await self._log.close()
        await asyncio.gather(*self._tasks)
