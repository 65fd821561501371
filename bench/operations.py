"""What one visitor of a room does, one thing at a time: what does it cost in a long log?"""

import asyncio
import itertools
import json
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bench.filled import ROOM
from bench.server import Server

Operation = Callable[[], Awaitable[None]]

MISSED = 100  # messages that a client that comes back has missed
PAGE = 50


def cpu_seconds(server: Server) -> float:
    """Return what the server's threads have run, to the nanosecond."""
    tasks = Path(f"/proc/{server.process.pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


async def costs(server: Server, length: int, seconds: float) -> dict[str, dict[str, float]]:
    """Return {operation: {"cpu_us": the server's CPU for one, "p50_ms": how long one takes}}."""
    found = {}
    async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as session:
        visitor = Visitor(session, length)
        for name, made in visitor.operations().items():
            async with made() as operation:
                for _ in range(20):
                    await operation()
                found[name] = await _cost(server, operation, seconds)
    return found


async def _cost(server: Server, operation: Operation, seconds: float) -> dict[str, float]:
    took: list[float] = []
    before, end = cpu_seconds(server), time.perf_counter() + seconds
    while (start := time.perf_counter()) < end or not took:
        await operation()
        took.append(time.perf_counter() - start)
    return {
        "cpu_us": (cpu_seconds(server) - before) / len(took) * 1e6,
        "p50_ms": statistics.median(took) * 1e3,
    }


class Visitor:
    def __init__(self, session: aiohttp.ClientSession, length: int) -> None:
        self._session = session
        self._length = length
        self._ids = (f"bench-{number:08d}" for number in itertools.count())

    def operations(self) -> dict[str, Callable[[], Any]]:
        return {
            "page": self.page,
            "last": self.last,
            "middle": self.middle,
            "resume": self.resume,
            "post": self.post,
        }

    @asynccontextmanager
    async def page(self) -> AsyncIterator[Operation]:
        async def once() -> None:
            async with self._session.get(f"/chat/{ROOM}/") as answer:
                text = await answer.text()
            if text.count("Message number") < PAGE:
                raise RuntimeError("a page without its messages")

        yield once

    @asynccontextmanager
    async def last(self) -> AsyncIterator[Operation]:
        async with self._socket() as ws:

            async def once() -> None:
                await self._history(ws)

            yield once

    @asynccontextmanager
    async def middle(self) -> AsyncIterator[Operation]:
        """Page back from the middle; from the start of the log, begin anew."""
        async with self._socket() as ws:
            before = self._length // 2

            async def once() -> None:
                nonlocal before
                first = await self._history(ws, before=before)
                before = first if first > PAGE else self._length // 2

            yield once

    @asynccontextmanager
    async def resume(self) -> AsyncIterator[Operation]:
        async with self._socket():
            welcome = self._welcome
        since = welcome["top"] - MISSED

        async def once() -> None:
            path = f"/ws/chat/{ROOM}/?epoch={welcome['epoch']}&since={since}"
            async with self._session.ws_connect(path, protocols=["chat.v1"]) as ws:
                seq = 0
                while seq < welcome["top"]:
                    frame = await ws.receive_json()
                    if frame["type"] == "reset":
                        raise RuntimeError("a reset, where a resume was asked for")
                    seq = frame.get("seq", 0)

        yield once

    @asynccontextmanager
    async def post(self) -> AsyncIterator[Operation]:
        """Into another room of the log, so that the long one stays as it is."""
        async with self._socket("elsewhere") as ws:

            async def once() -> None:
                request = {"type": "post", "id": f"{time.time_ns():032x}", "message": "Message"}
                await self._ask(ws, request, "ack")

            yield once

    @asynccontextmanager
    async def _socket(self, room: str = ROOM) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        async with self._session.ws_connect(f"/ws/chat/{room}/", protocols=["chat.v1"]) as ws:
            self._welcome = await ws.receive_json()
            yield ws

    async def _history(self, ws: aiohttp.ClientWebSocketResponse, **where: int) -> int:
        """Ask for a page and return its first seq."""
        request = {"type": "history", "id": next(self._ids), "limit": PAGE, **where}
        events = (await self._ask(ws, request, "history"))["events"]
        if len(events) != PAGE:
            raise RuntimeError(f"a page of {len(events)} messages")
        return int(events[0]["seq"])

    async def _ask(
        self, ws: aiohttp.ClientWebSocketResponse, request: dict[str, Any], kind: str
    ) -> dict[str, Any]:
        await ws.send_str(json.dumps(request))
        async with asyncio.timeout(30):
            while True:
                answer: dict[str, Any] = await ws.receive_json()
                if answer["type"] == "error":
                    raise RuntimeError(f"refused: {answer}")
                if answer["type"] == kind:
                    return answer
