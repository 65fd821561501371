"""A client that never gives up: it resumes where it was and sends again what was not acked."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, CookieJar, WSMsgType
from yarl import URL

from tests.faults.checker import Checker, Entry

PATIENCE_SECONDS = 60.0  # for one thing that must happen, on a busy machine
HANDSHAKE_SECONDS = 5.0  # until a server that does not answer is left

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Talker:
    """One person in one room, who says `window` things at once and waits for their acks.

    Before each message it waits `pause` seconds. Of what it has said it deletes the share
    `deletes`, each as soon as it is acknowledged. Where its connection ends it goes on at
    another of the servers, those at `base` and `elsewhere`, if there is more than one.
    """

    def __init__(
        self,
        name: str,
        room: str,
        base: URL,
        checker: Checker,
        seed: str,
        *,
        window: int = 8,
        pause: float = 0.0,
        deletes: float = 0.0,
        elsewhere: Sequence[URL] = (),
    ) -> None:
        self.name = name
        self.room = room
        self.resumes: list[float] = []  # seconds from wanting to connect to being at the top
        self.arrivals = 0  # how often it has come, or come back, to being up to date
        self.resets = 0
        self.gaps: list[float] = []  # seconds from losing a connection to being at the top again
        self.longest_wait = 0.0  # seconds from saying a thing to its acknowledgement
        self.at = base  # the server that it is at, or goes to next
        self._servers = (base, *elsewhere)
        self._checker = checker
        self._random = random.Random(seed)
        self._window = window
        self._pause = pause
        self._deletes = deletes
        self._talking = window > 0
        self._epoch = ""
        self._cursor = 0
        self._author = ""
        self._own_top = 0  # the highest seq of what it has said
        self._unacked: dict[str, str] = {}
        self._said_at: dict[str, float] = {}
        self._unanswered = 0  # of what was said on this connection
        self._refused = False  # some of it was, for now
        self._lost_at: float | None = None
        self._back_in = 0.0  # seconds that the server asked it to wait before it comes back
        self._undeleted: dict[str, int] = {}  # deletions that are not acknowledged: their targets
        self._numbers = 0
        self._awaited: int | None = None  # the seq at which it is up to date again
        self._drop = asyncio.Event()

    @property
    def cursor(self) -> int:
        return self._cursor

    @property
    def here(self) -> bool:
        """Whether it is connected and up to date, as far as it knows."""
        return self.arrivals > 0 and self._lost_at is None

    def hush(self) -> None:
        """Say nothing new any more; what is not acknowledged is still sent again."""
        self._talking = False

    def drop(self) -> None:
        """Cut the connection now, as a lost network does; it comes back by itself."""
        self._drop.set()

    async def live(self) -> None:
        """Connect, talk and come back, until cancelled."""
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
            while True:
                with suppress(ClientError, ConnectionError, TimeoutError):
                    await self._connection(session)
                if self._lost_at is None and self.arrivals:
                    self._lost_at = asyncio.get_running_loop().time()
                others = [server for server in self._servers if server != self.at]
                if others:
                    self.at = self._random.choice(others)
                await asyncio.sleep(self._back_in + self._random.uniform(0.005, 0.05))
                self._back_in = 0.0

    async def finish(self, top: int, seconds: float) -> None:
        """Wait until everything sent is acknowledged, and it and all up to `top` was seen."""
        async with asyncio.timeout(seconds):
            while self._unacked or self._undeleted or self._cursor < max(top, self._own_top):
                await asyncio.sleep(0.01)

    async def _connection(self, session: ClientSession) -> None:
        url = self.at / "ws/chat" / self.room / ""
        if self._epoch:
            url = url.with_query(epoch=self._epoch, since=str(self._cursor))
        loop = asyncio.get_running_loop()
        started = loop.time()
        self._checker.connects(self.name, self.room)
        async with asyncio.timeout(HANDSHAKE_SECONDS):
            connection = await session.ws_connect(url, protocols=["chat.v1"])
        async with connection as ws:
            first = await ws.receive(timeout=HANDSHAKE_SECONDS)
            if first.type is not WSMsgType.TEXT:
                return  # closed before it was greeted
            welcome = _decode(first.data)
            self._author = welcome["user"]["id"]
            if not self._epoch:
                self._epoch, self._cursor = welcome["epoch"], welcome["top"]
                self._checker.asked(self.name, self.room, self._cursor)
                self.arrivals += 1
            self._unanswered = 0
            await self._say_again(ws)
            self._drop.clear()
            dropping = asyncio.create_task(self._drop.wait())
            reading = asyncio.create_task(self._read(ws, started))
            await asyncio.wait([dropping, reading], return_when=asyncio.FIRST_COMPLETED)
            for task in (dropping, reading):
                task.cancel()
            if not reading.done() and (transport := ws._conn and ws._conn.transport):
                transport.abort()
            with suppress(asyncio.CancelledError):
                await reading

    async def _read(self, ws: ClientWebSocketResponse, started: float) -> None:
        self._awaited = None
        await self._talk(ws)
        async for message in ws:
            if message.type is not WSMsgType.TEXT:
                continue
            frame = _decode(message.data)
            if frame["type"] in ("message", "delete"):
                self._see(frame, started)
            elif frame["type"] == "ack":
                await self._acked(ws, frame["id"], frame["seq"])
                await self._answered(ws)
            elif frame["type"] in ("resumed", "reset"):
                self._move(frame)
                self._arrive(started)
            elif frame["type"] == "ping":
                await ws.send_str('{"type":"pong"}')
            elif frame["type"] == "bye":
                soonest, latest = frame["retry_ms"]
                self._back_in = self._random.uniform(soonest, latest) / 1000
            elif frame["type"] == "error" and frame["code"] == "unavailable":
                self._refused = True
                self._checker.refused(self.room, self._author, frame["id"])
                await self._answered(ws)
            elif frame["type"] == "error" and self._undeleted.pop(frame.get("id"), None):
                self._checker.wrong(f"{self.name}: {frame['id']} refused: {frame['code']}")
                await self._answered(ws)

    async def _answered(self, ws: ClientWebSocketResponse) -> None:
        """Say the next thing; where some were refused, all of them again once all are answered."""
        self._unanswered -= 1
        if not self._refused:
            await self._talk(ws)
        elif not self._unanswered:
            await asyncio.sleep(0.05)
            await self._say_again(ws)

    def _see(self, frame: dict[str, Any], started: float) -> None:
        self._checker.saw(self.name, self.room, frame["seq"], entry_of(frame))
        self._cursor = frame["seq"]
        self._arrive(started)

    def _arrive(self, started: float) -> None:
        """Note the moment at which it has seen all that it had missed."""
        if self._awaited is not None and self._cursor >= self._awaited:
            self.resumes.append(asyncio.get_running_loop().time() - started)
            self.arrivals += 1
            self._awaited = None
            if self._lost_at is not None:
                self.gaps.append(asyncio.get_running_loop().time() - self._lost_at)
                self._lost_at = None

    def _move(self, frame: dict[str, Any]) -> None:
        """The server says where the stream goes on."""
        if frame["type"] == "reset":
            self.resets += 1
            self._epoch, self._cursor = frame["epoch"], frame["top"]
            self._awaited = self._cursor
        else:
            self._awaited = frame["to"]
            if frame.get("limited"):
                self._cursor = frame["from"] - 1
            elif frame["from"] != self._cursor + 1:
                self._checker.wrong(f"{self.name}: resumed from {frame['from']}")
        self._checker.asked(self.name, self.room, self._cursor)

    async def _talk(self, ws: ClientWebSocketResponse) -> None:
        while self._may_talk():
            if self._pause:
                await asyncio.sleep(self._pause)
                if not self._may_talk():
                    return  # hushed meanwhile, and nobody waits for what it would say
            self._numbers += 1
            id = f"{self.name}-{self._numbers:08}"
            first = f"said:{id}" if self._deletes else str(self._numbers)
            text = f"{first} {'가나다 abc '[: self._random.randrange(9)]}"
            self._unacked[id] = text
            self._said_at[id] = asyncio.get_running_loop().time()
            self._checker.sent(self.room, self._author, id, text)
            await self._post(ws, id, text)

    def _may_talk(self) -> bool:
        return self._talking and len(self._unacked) < self._window

    async def _say_again(self, ws: ClientWebSocketResponse) -> None:
        self._refused = False
        for id, text in list(self._unacked.items()):
            await self._post(ws, id, text)
        for id, target in list(self._undeleted.items()):
            await self._delete(ws, id, target)

    async def _acked(self, ws: ClientWebSocketResponse, id: str, seq: int) -> None:
        self._own_top = max(self._own_top, seq)
        if self._unacked.pop(id, None) is not None:
            self._checker.acked(self.room, self._author, id, seq)
            waited = asyncio.get_running_loop().time() - self._said_at.pop(id)
            self.longest_wait = max(self.longest_wait, waited)
            if self._random.random() < self._deletes:
                deletion = f"del-{id}"
                self._undeleted[deletion] = seq
                self._checker.deletes(self.room, self._author, deletion, seq)
                await self._delete(ws, deletion, seq)
        elif self._undeleted.pop(id, None) is not None:
            self._checker.acked_deletion(self.room, self._author, id, seq)

    async def _delete(self, ws: ClientWebSocketResponse, id: str, target: int) -> None:
        frame = _encode({"type": "delete", "id": id, "target": target})
        self._unanswered += 1
        await ws.send_str(frame.decode())

    async def _post(self, ws: ClientWebSocketResponse, id: str, text: str) -> None:
        frame = _encode({"type": "post", "id": id, "message": text})
        self._unanswered += 1
        await ws.send_str(frame.decode())


def entry_of(frame: dict[str, Any]) -> Entry:
    """Return the event that a frame shows."""
    return Entry(
        frame["user"]["id"],
        frame["id"],
        frame.get("message", ""),
        frame.get("deleted", False),
        frame.get("target", 0),
    )


class Listener:
    """A bare client in a room: it reads, is told of no deletion, and comes back at the top."""

    def __init__(self, name: str, room: str, base: URL, checker: Checker, seed: str) -> None:
        self.name = name
        self.room = room
        self._url = base / "ws/chat" / room / ""
        self._checker = checker
        self._random = random.Random(seed)

    async def live(self) -> None:
        """Connect, read and come back, until cancelled."""
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
            while True:
                with suppress(ClientError, ConnectionError, TimeoutError):
                    await self._connection(session)
                await asyncio.sleep(self._random.uniform(0.005, 0.05))

    async def _connection(self, session: ClientSession) -> None:
        self._checker.connects(self.name, self.room)
        async with session.ws_connect(self._url) as ws:
            try:
                async for message in ws:
                    frame = _decode(message.data)
                    self._checker.heard_bare(self.name, self.room, frame["seq"], entry_of(frame))
            finally:
                self._checker.left_bare(self.name, self.room)

    @property
    def hears(self) -> bool:
        """Whether it has got anything since it came: then it gets all that follows."""
        return self._checker.bare_cursor(self.name, self.room) is not None

    async def finish(self) -> None:
        """Wait until it was sent the last message that there was to send."""
        last = self._checker.last_message(self.room)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (self._checker.bare_cursor(self.name, self.room) or 0) < last:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def talking(talkers: Sequence[Talker | Listener]) -> AsyncIterator[None]:
    """Have the talkers live until the block ends; one that dies ends the block at once."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(talker.live(), name=talker.name) for talker in talkers]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def everybody(talkers: Sequence[Talker]) -> None:
    """Wait until all are connected and up to date at the same time."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not all(talker.here for talker in talkers):
            await asyncio.sleep(0.01)


async def settle(
    talkers: list[Talker],
    checker: Checker,
    listeners: Sequence[Listener] = (),
    seconds: float = PATIENCE_SECONDS,
    *,
    to_the_top: bool = True,
) -> None:
    """Let everybody fall silent, send what is left and see everything, within `seconds` each.

    Everything but `to_the_top` is what they have said themselves, and what was said before.
    A talker that does not is not waited for any longer: that is wrong.
    """
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not all(listener.hears for listener in listeners):
            await asyncio.sleep(0.01)
    for talker in talkers:
        talker.hush()
    try:
        for talker in talkers:
            await talker.finish(0, seconds)
        tops = checker.tops() if to_the_top else {}
        for talker in talkers:
            await talker.finish(tops.get(talker.room, 0), seconds)
    except TimeoutError:
        checker.wrong(f"{talker.name} is not acknowledged and at the top after {seconds} s")
    for listener in listeners:
        await listener.finish()
