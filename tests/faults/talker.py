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

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Talker:
    """One person in one room, who says `window` things at once and waits for their acks.

    Before each message it waits `pause` seconds. Of what it has said it deletes the share
    `deletes`, each as soon as it is acknowledged.
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
    ) -> None:
        self.name = name
        self.room = room
        self.resumes: list[float] = []  # seconds from wanting to connect to being at the top
        self.arrivals = 0  # how often it has come, or come back, to being up to date
        self.resets = 0
        self._url = base / "ws/chat" / room / ""
        self._checker = checker
        self._random = random.Random(seed)
        self._window = window
        self._pause = pause
        self._deletes = deletes
        self._talking = window > 0
        self._epoch = ""
        self._cursor = 0
        self._author = ""
        self._unacked: dict[str, str] = {}
        self._undeleted: dict[str, int] = {}  # deletions that are not acknowledged: their targets
        self._numbers = 0
        self._awaited: int | None = None  # the seq at which it is up to date again
        self._drop = asyncio.Event()

    @property
    def cursor(self) -> int:
        return self._cursor

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
                await asyncio.sleep(self._random.uniform(0.005, 0.05))

    async def finish(self, top: int) -> None:
        """Wait until everything sent is acknowledged and everything up to `top` was seen."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self._unacked or self._undeleted or self._cursor < top:
                await asyncio.sleep(0.01)

    async def _connection(self, session: ClientSession) -> None:
        url = self._url
        if self._epoch:
            url = url.with_query(epoch=self._epoch, since=str(self._cursor))
        loop = asyncio.get_running_loop()
        started = loop.time()
        self._checker.connects(self.name, self.room)
        async with session.ws_connect(url, protocols=["chat.v1"]) as ws:
            first = await ws.receive(timeout=5)
            if first.type is not WSMsgType.TEXT:
                return  # closed before it was greeted
            welcome = _decode(first.data)
            self._author = welcome["user"]["id"]
            if not self._epoch:
                self._epoch, self._cursor = welcome["epoch"], welcome["top"]
                self._checker.asked(self.name, self.room, self._cursor)
                self.arrivals += 1
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
                await self._talk(ws)
            elif frame["type"] in ("resumed", "reset"):
                self._move(frame)
                self._arrive(started)
            elif frame["type"] == "ping":
                await ws.send_str('{"type":"pong"}')
            elif frame["type"] == "error" and frame["code"] == "unavailable":
                # Refused for now: say it again, with all that came after it, in order.
                await asyncio.sleep(0.05)
                await self._say_again(ws)
            elif frame["type"] == "error" and self._undeleted.pop(frame.get("id"), None):
                self._checker.wrong(f"{self.name}: {frame['id']} refused: {frame['code']}")

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
        while self._talking and len(self._unacked) < self._window:
            if self._pause:
                await asyncio.sleep(self._pause)
            self._numbers += 1
            id = f"{self.name}-{self._numbers:08}"
            first = f"said:{id}" if self._deletes else str(self._numbers)
            text = f"{first} {'가나다 abc '[: self._random.randrange(9)]}"
            self._unacked[id] = text
            self._checker.sent(self.room, self._author, id, text)
            await self._post(ws, id, text)

    async def _say_again(self, ws: ClientWebSocketResponse) -> None:
        for id, text in list(self._unacked.items()):
            await self._post(ws, id, text)
        for id, target in list(self._undeleted.items()):
            await self._delete(ws, id, target)

    async def _acked(self, ws: ClientWebSocketResponse, id: str, seq: int) -> None:
        if self._unacked.pop(id, None) is not None:
            self._checker.acked(self.room, self._author, id, seq)
            if self._random.random() < self._deletes:
                deletion = f"del-{id}"
                self._undeleted[deletion] = seq
                self._checker.deletes(self.room, self._author, deletion, seq)
                await self._delete(ws, deletion, seq)
        elif self._undeleted.pop(id, None) is not None:
            self._checker.acked_deletion(self.room, self._author, id, seq)

    async def _delete(self, ws: ClientWebSocketResponse, id: str, target: int) -> None:
        frame = _encode({"type": "delete", "id": id, "target": target})
        await ws.send_str(frame.decode())

    async def _post(self, ws: ClientWebSocketResponse, id: str, text: str) -> None:
        frame = _encode({"type": "post", "id": id, "message": text})
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
            self._checker.joined_bare(self.name, self.room)
            async for message in ws:
                frame = _decode(message.data)
                self._checker.heard_bare(self.name, self.room, frame["seq"], entry_of(frame))

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


async def settle(
    talkers: list[Talker], checker: Checker, listeners: Sequence[Listener] = ()
) -> None:
    """Let everybody fall silent, send what is left and see everything."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not all(listener.hears for listener in listeners):
            await asyncio.sleep(0.01)
    for talker in talkers:
        talker.hush()
    for talker in talkers:
        await talker.finish(0)
    tops = checker.tops()
    for talker in talkers:
        await talker.finish(tops[talker.room])
    for listener in listeners:
        await listener.finish()
