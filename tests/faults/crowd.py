"""People who behave, in one room: what a fault elsewhere does to them is the question."""

import asyncio
import random
from contextlib import AsyncExitStack
from typing import Any

from yarl import URL

from tests.faults.checker import Checker, Entry
from tests.faults.rows import percentile
from tests.faults.talker import PATIENCE_SECONDS
from tests.faults.wire import TEXT, Wire, joined, said

ROOM = "crowd"


class Crowd:
    """Those who read, and one who publishes at a steady rate and times what arrives.

    `rate` is in messages a second, `chars` the length of each.
    """

    def __init__(self, seed: int, checker: Checker, rate: float, chars: int) -> None:
        self.latencies: list[float] = []
        self.published = 0
        self._checker = checker
        self._rate = rate
        self._chars = chars
        self._random = random.Random(f"{seed} publisher")
        self._seed = seed
        self._reading: list[asyncio.Task[None]] = []
        self._sent_at: dict[str, float] = {}

    async def gather(
        self, stack: AsyncExitStack, group: asyncio.TaskGroup, base: URL, names: list[str]
    ) -> asyncio.Task[None]:
        """Bring a publisher and readers into the room; return the task that publishes."""
        publisher = await stack.enter_async_context(joined(base, ROOM))
        author: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._reading.append(group.create_task(self.hear_acks(publisher, author)))
        for name in names:
            wire = await stack.enter_async_context(joined(base, ROOM))
            self._reading.append(group.create_task(self.read(name, wire)))
        return group.create_task(self.publish(publisher, await author, 10**9))

    def disperse(self) -> None:
        """Stop reading; a connection that the server ends before that is a violation."""
        for task in self._reading:
            task.cancel()

    async def read(self, name: str, wire: Wire) -> None:
        clock = asyncio.get_running_loop().time
        async for frame in wire.frames():
            if frame.opcode != TEXT:
                continue
            event = frame.json()
            if event["type"] == "welcome":
                self._checker.asked(name, ROOM, event["top"])
            elif event["type"] == "ping":
                await wire.send(said(type="pong"))
            elif event["type"] == "message":
                self.latencies.append(clock() - self._sent_at.get(event["id"], 0.0))
                entry = Entry(event["user"]["id"], event["id"], event["message"])
                self._checker.saw(name, ROOM, event["seq"], entry)
        self._checker.wrong(f"{name} reads, and was cut")

    async def hear_acks(self, wire: Wire, author: asyncio.Future[str]) -> None:
        async for frame in wire.frames():
            event: dict[str, Any] = frame.json() if frame.opcode == TEXT else {"type": ""}
            if event["type"] == "welcome":
                author.set_result(event["user"]["id"])
            elif event["type"] == "ack":
                self._checker.acked(ROOM, await author, event["id"], event["seq"])

    async def publish(self, wire: Wire, author: str, messages: int) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        for _ in range(messages):
            due += 1 / self._rate
            await asyncio.sleep(max(0.0, due - loop.time()))
            self.published += 1
            id = f"{self._seed}-{self.published:08}"
            text = f"{self.published} " + self._random.choice("abc") * self._chars
            self._checker.sent(ROOM, author, id, text)
            self._sent_at[id] = loop.time()
            await wire.send(said(type="post", id=id, message=text))

    async def caught_up(self, names: list[str]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while any(self._checker.cursor(name, ROOM) < self.published for name in names):
                await asyncio.sleep(0.01)

    def p99(self) -> float:
        """Return the p99 in milliseconds of what came since this was last asked."""
        found = percentile(self.latencies, 0.99)
        self.latencies.clear()
        return round(found * 1000, 1)
