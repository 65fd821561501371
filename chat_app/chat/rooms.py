"""Rooms: who is in them, and how an event gets to everybody.

A room is a log and a member is a cursor into it. Nothing is queued per member.

    Rooms.post ─ Log: a batch, one commit ─ Rooms._outcome
                                                 │ each event, in order
                                            Room.apply ─ Tail: encoded, once; the ring
                                                 │
                                            Room.show ─┬─ flush ── members up to date
                                                       └─ Behind ─ members who are not

What is shared: an event is encoded once, as a whole WebSocket frame, and lies in the ring
of its room; the frames of a flush are joined once, and every member gets these same bytes,
straight to its socket: who ends leaves the room before its close frame. Only what a socket does
not take goes by its transport, and all that follows until there is nothing left of it.

What is written when: `_outcome` is called once for each commit. It applies all events of
the batch, has their authors answered, and then each room that got some shows them: one
write for each member who is up to date, of whatever has been gathered. A write to one of
many costs as much as taking in a message, and hardly more for ten frames than for one. So
where a flush to a crowd had much to join, there will be as much again: the crowd rests for
as long as the flush took (less the n-th part for n frames), and waits, at most once as long
again, for the posts that are being committed by then. A room of few, and a crowd in which one
speaks at a time, wait for nothing.
What waits has been committed and is in the ring already. So who is up to date is so with
what was `shown`, which may be short of the top: whoever joins beyond it, or comes back, is
let in where those who are there have got to, and neither misses what waits nor gets it twice.

Who is not up to date (just come back, or reading slowly) has a cursor of its own and is
brought up to date from it, out of the ring or else out of the store. One code path serves
both kinds of lateness: see `Behind`.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat

from chat_app.broker import MemoryBroker
from chat_app.chat.control import Control
from chat_app.chat.door import Door
from chat_app.chat.limits import NewRooms, Turns
from chat_app.chat.log import Batch, Done, Log
from chat_app.chat.names import room_key
from chat_app.chat.news import News
from chat_app.chat.presence import Encode, Presence
from chat_app.chat.rights import Visitor, is_private
from chat_app.chat.room import Room
from chat_app.errors import ChatError
from chat_app.models import Appended, Draft, Event
from chat_app.store import Store

log = logging.getLogger(__name__)


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
        if not (room.holders or room.posting):
            self._close(room)

    def _close(self, room: Room) -> None:
        del self._open[room.key]
        self.news.unfollow(room.key)
        room.close()

    def admit(self, room: Room, visitor: Visitor) -> None:
        """Let a message in which may be a room's first. Raises TooManyRooms."""
        if not room.is_known:
            if not room.top:  # elsewhere somebody may have spoken meanwhile
                self.new_rooms.take(visitor.user.id, visitor.network)
            room.is_known = True

    def post(self, room: Room, draft: Draft, done: Done) -> None:
        """Have a message committed and shown; `done` gets its event or the refusal.

        `done` is called after the commit and before the message is shown. It may not raise.
        """
        room.posting += 1
        self._log.append(draft, done)

    def _outcome(self, batch: Batch, outcome: Sequence[Appended] | ChatError) -> None:
        touched: dict[Room, None] = {}
        results: Iterable[Appended | ChatError]
        results = repeat(outcome) if isinstance(outcome, ChatError) else outcome
        for (draft, done), result in zip(batch, results, strict=False):
            room = self._open[draft.room_key]
            touched[room] = None
            room.posting -= 1
            if isinstance(result, Appended):
                # A duplicate may be news too: it was said on another node, or the reply to
                # its first commit was lost.
                event = result.event
                room.apply(event)
                if event.seq == 1 and not result.duplicate and not is_private(room.key):
                    room.name = draft.room_name
                    self._renew_soon(room.key)  # it may have an owner now
                    self.news.tell_door(room.key)
            done(draft, result)
        if not isinstance(outcome, ChatError):
            self.news.committed(outcome)
        for room in touched:
            room.show()
            if not (room.holders or room.posting):
                self._close(room)

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
