"""What this node hears of the others that share its log, and what it lets them know.

    Rooms ─ committed, follow, unfollow ─► News ─► Broker ─► other nodes
    Room ◄─ apply, signal, presence ────── News ◄─ Broker ◄─ other nodes
      ▲                                     │
      └─ reach ◄── tops of rooms followed ──┴─ the store, every COMPARE_SECONDS

An event that is heard of is a hint: the room takes it in if it is the next one, and reads
the store if it is not. What is not heard of at all is found by comparing the tops: so a
broker that is gone makes messages of other nodes late, and none is lost.

A node follows the rooms that somebody has open here, and hears nothing of all others.
Alone (one process, `memory://`) nothing of this happens.
"""

import asyncio
import logging
import math
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Final, Protocol

from chat_app.broker import Broker
from chat_app.broker.news import Committed, People, RoomNews, Signal
from chat_app.broker.news import Control as ControlNews
from chat_app.chat.control import Control
from chat_app.chat.elsewhere import Elsewhere
from chat_app.chat.presence import GRACE_SECONDS, Presence
from chat_app.chat.presence import Signal as Signals
from chat_app.chat.typing import Typing
from chat_app.errors import ChatError
from chat_app.models import Event, User
from chat_app.store import Store

log = logging.getLogger(__name__)

COMPARE_SECONDS: Final = 2.0  # between two looks at what the store has
QUICK_SECONDS: Final = 0.05  # from the first change of people here until it is told
PACE_SECONDS: Final = 0.25  # from one telling of that to the next
ANSWER_SECONDS: Final = 5.0  # in which a node that is asked, or is back, tells who is there
ROOMS_AT_ONCE: Final = 500  # told of in one turn of the loop
# For a node that is heard before its lease is: no longer than any lease.
LEASE_SECONDS: Final = 14.0


class Room(Protocol):
    """`chat_app.chat.room.Room`, as far as news go."""

    key: str
    presence: Presence
    typing: Typing

    @property
    def signal(self) -> Signals: ...
    def apply(self, event: Event) -> None: ...
    def show(self) -> None: ...
    def reach(self, seq: int) -> None: ...
    async def look(self) -> None: ...


class News:
    """A `chat_app.broker.Listener` for the rooms that are open on this node."""

    def __init__(self, broker: Broker, store: Store, control: Control) -> None:
        self._broker = broker
        self._store = store
        self._control = control
        self._rooms: dict[str, tuple[Room, Elsewhere]] = {}
        self._left: dict[str, tuple[asyncio.TimerHandle, dict[str, User]]] = {}
        self._unsure: set[str] = set()
        self._wake = asyncio.Event()
        self._changed: dict[str, None] = {}
        self._telling: asyncio.TimerHandle | None = None
        self._leases: dict[str, float] = {}  # until when, by the loop's clock
        self._expired: set[str] = set()
        self._expiring: asyncio.TimerHandle | None = None
        self._doubting: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        # In the path of every batch.
        self.committed = broker.committed
        control.on("rejoined", str, self._rejoined)

    def start(self) -> None:
        """Begin to hear."""
        if not self._broker.alone:
            self._do(self._compare_for_ever(), "compare tops")
            self._broker.listen(self)

    async def close(self) -> None:
        """Hear no more. Nobody is told: the people here come back on other nodes."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        left = (timer for timer, _ in self._left.values())
        for timer in (self._telling, self._expiring, self._doubting, *left):
            if timer is not None:
                timer.cancel()

    def follow(self, room: Room) -> None:
        """Have a room that is loaded get the news of other nodes."""
        if self._broker.alone:
            return
        _, here = self._left.get(room.key, (None, {}))
        elsewhere = Elsewhere(room.presence, partial(self._change, room.key), here)
        self._rooms[room.key] = (room, elsewhere)
        self._broker.follow(room.key)

    def unfollow(self, room_key: str) -> None:
        """Let go of a room: nobody has it open here."""
        if (followed := self._rooms.pop(room_key, None)) is None:
            return
        self._broker.unfollow(room_key)
        if told := followed[1].told:
            # They may be reloading their page.
            if room_key in self._left:
                self._left[room_key][0].cancel()
            loop = asyncio.get_running_loop()
            timer = loop.call_later(GRACE_SECONDS, self._let_go, room_key)
            self._left[room_key] = (timer, told)

    def _let_go(self, room_key: str) -> None:
        del self._left[room_key]
        if room_key in self._rooms:
            self._rooms[room_key][1].let_go()
        else:
            self._broker.publish(room_key, People(0, whole=True))

    def signal(self, room_key: str, user_id: str, frame: bytes) -> None:
        """Have a frame that is no event shown on other nodes to all but that user."""
        if room_key in self._rooms:
            self._broker.publish(room_key, Signal(user_id, frame))

    def tell_door(self, room_key: str) -> None:
        """Have other nodes read a room's door again: its settings, roles, bans."""
        self._control.tell("door", room_key)

    def on_door(self, renew: Callable[[str], None]) -> None:
        """Have `renew` called with the room whose door another node has changed, and with all
        that are open when such news may have been missed."""
        self._control.on("door", str, renew)

        def renew_all() -> None:
            for key in self._rooms:
                renew(key)

        self._control.on_missed(renew_all)

    def heard(self, node: str, room_key: str, news: RoomNews) -> None:
        if (followed := self._rooms.get(room_key)) is None:
            return
        room, elsewhere = followed
        if isinstance(news, Committed):
            self._take(room, news.events)
        elif isinstance(news, Signal):
            if room.typing.pass_on(news.user_id):
                room.signal(news.frame, but=room.presence.members(news.user_id))
        else:
            if node not in self._leases:
                self._lease({node: LEASE_SECONDS})
            elsewhere.heard(node, news)

    def _take(self, room: Room, events: Sequence[Event]) -> None:
        for event in events:
            room.apply(event)
        room.show()
        if events and events[0].seq == 1:
            self._do(self._look(room), "look")  # it has a name now

    async def _look(self, room: Room) -> None:
        with suppress(ChatError):
            await room.look()

    def told(self, node: str, news: ControlNews) -> None:
        self._control.heard(news)

    def joined(self) -> None:
        self._control.missed()
        self._control.tell("rejoined", self._broker.name)
        self._ask(self._rooms)

    def followed(self, room_keys: Collection[str]) -> None:
        self._unsure.update(room_keys)
        self._wake.set()
        self._ask(room_keys)

    def _ask(self, room_keys: Iterable[str]) -> None:
        """Tell who is here, and ask who is elsewhere: news of that may have been missed."""
        for key in room_keys:
            if key in self._rooms:
                self._rooms[key][1].ask()
        self._doubt()

    def _rejoined(self, node: str) -> None:
        """Another node was away, and what it told meanwhile is lost. It tells all of it again,
        but for rooms that nobody has open there any more."""
        for _, elsewhere in self._rooms.values():
            elsewhere.doubt(node)
        self._doubt()

    def _doubt(self) -> None:
        if self._doubting is not None:
            self._doubting.cancel()
        loop = asyncio.get_running_loop()
        self._doubting = loop.call_later(ANSWER_SECONDS, self._hide_doubted)

    def _hide_doubted(self) -> None:
        self._doubting = None
        for _, elsewhere in self._rooms.values():
            elsewhere.hide_doubted()

    def living(self, nodes: Mapping[str, float]) -> None:
        back = {node for node in self._expired if nodes.get(node, 0.0) > 0}
        self._lease(nodes)
        if back:
            # This one was stopped, and took the others for dead.
            self._expired -= back
            self._ask(self._rooms)

    def _lease(self, nodes: Mapping[str, float]) -> None:
        now = asyncio.get_running_loop().time()
        self._leases.update({node: now + seconds for node, seconds in nodes.items()})
        self._expire()

    def _expire(self) -> None:
        """Hide the people of nodes whose lease is gone; come back when the next one is."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for node in [node for node, until in self._leases.items() if until <= now]:
            del self._leases[node]
            self._expired.add(node)
            for _, elsewhere in self._rooms.values():
                elsewhere.hide(node)
        if self._expiring is not None:
            self._expiring.cancel()
        until = min(self._leases.values(), default=math.inf)
        self._expiring = None if until == math.inf else loop.call_at(until, self._expire)

    def _change(self, room_key: str) -> None:
        self._changed[room_key] = None
        if self._telling is None:
            loop = asyncio.get_running_loop()
            self._telling = loop.call_later(QUICK_SECONDS, self._tell)

    def _tell(self) -> None:
        self._telling = None
        if not self._changed:
            return
        for key in list(islice(self._changed, ROOMS_AT_ONCE)):
            del self._changed[key]
            if key in self._rooms and (people := self._rooms[key][1].news()) is not None:
                self._broker.publish(key, people)
        pace = 0 if self._changed else PACE_SECONDS
        self._telling = asyncio.get_running_loop().call_later(pace, self._tell)

    async def _compare_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        next_at = loop.time() + COMPARE_SECONDS
        while True:
            try:
                async with asyncio.timeout_at(next_at):
                    await self._wake.wait()
            except TimeoutError:
                next_at = loop.time() + COMPARE_SECONDS
                self._unsure.update(self._rooms)
            self._wake.clear()
            await self._compare()

    async def _compare(self) -> None:
        keys = [key for key in self._unsure if key in self._rooms]
        self._unsure.clear()
        try:
            tops = await self._store.tops(keys) if keys else {}
        except ChatError:
            return  # the store has said so; the next look is soon
        except Exception:
            log.exception("the tops of rooms cannot be compared")
            return
        for key, top in tops.items():
            if key in self._rooms:
                self._rooms[key][0].reach(top)

    def _do(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
