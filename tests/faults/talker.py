"""A client that never gives up: it resumes where it was and sends again what was not acked."""

import asyncio
import random
from collections.abc import AsyncIterator
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

    Before each message it waits `pause` seconds.
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
        self._talking = window > 0
        self._epoch = ""
        self._cursor = 0
        self._author = ""
        self._unacked: dict[str, str] = {}
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
            while self._unacked or self._cursor < top:
                await asyncio.sleep(0.01)

    async def _connection(self, session: ClientSession) -> None:
        url = self._url
        if self._epoch:
            url = url.with_query(epoch=self._epoch, since=str(self._cursor))
        loop = asyncio.get_running_loop()
        started = loop.time()
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
            if frame["type"] == "message":
                self._see(frame, started)
            elif frame["type"] == "ack":
                if self._unacked.pop(frame["id"], None) is not None:
                    self._checker.acked(self.room, self._author, frame["id"], frame["seq"])
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

    def _see(self, frame: dict[str, Any], started: float) -> None:
        entry = Entry(frame["user"]["id"], frame["id"], frame["message"])
        self._checker.saw(self.name, self.room, frame["seq"], entry)
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
            text = f"{self._numbers} {'가나다 abc '[: self._random.randrange(9)]}"
            self._unacked[id] = text
            self._checker.sent(self.room, self._author, id, text)
            await self._post(ws, id, text)

    async def _say_again(self, ws: ClientWebSocketResponse) -> None:
        for id, text in list(self._unacked.items()):
            await self._post(ws, id, text)

    async def _post(self, ws: ClientWebSocketResponse, id: str, text: str) -> None:
        frame = _encode({"type": "post", "id": id, "message": text})
        await ws.send_str(frame.decode())


@asynccontextmanager
async def talking(talkers: list[Talker]) -> AsyncIterator[None]:
    """Have the talkers live until the block ends; one that dies ends the block at once."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(talker.live(), name=talker.name) for talker in talkers]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def settle(talkers: list[Talker], checker: Checker) -> None:
    """Let everybody fall silent, send what is left and see everything."""
    for talker in talkers:
        talker.hush()
    for talker in talkers:
        await talker.finish(0)
    tops = checker.tops()
    for talker in talkers:
        await talker.finish(tops[talker.room])
