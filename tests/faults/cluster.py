"""Three servers that share a log and their news, and everything between them that can break.

    clients ─ Node ─┬─ Proxy ─ PostgreSQL
                    └─ Proxy ─ Valkey

Each node has links of its own to both engines, and a clock of its own.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from aiohttp.test_utils import unused_port
from yarl import URL

from tests.engines import Redis
from tests.faults.checker import LOG, Checker, Entry, log_of
from tests.faults.clock import Clock
from tests.faults.preload import shim
from tests.faults.talker import Talker
from tests.postgres import Postgres, running_postgres
from tests.proxy import Proxy, proxied
from tests.servers import STOP_SECONDS, Server, end, start

NODES = 3


class Node:
    """A server that can be started and ended again and again, always at the same address."""

    def __init__(
        self,
        folder: Path,
        to_postgres: Proxy,
        to_redis: Proxy,
        clock: Clock,
        settings: Sequence[str],
        program: Sequence[str],
    ) -> None:
        self.to_postgres = to_postgres
        self.to_redis = to_redis
        self.clock = clock
        self._folder = folder
        self._program = program
        self._lives = 0
        self._server: Server | None = None
        self._complaints: list[str] = []
        port = unused_port()
        self.url = URL(f"http://127.0.0.1:{port}")
        self._settings = (f"server.port={port}", *settings)

    @property
    def name(self) -> str:
        return self._folder.name

    async def start(self) -> None:
        self._lives += 1
        folder = self._folder / str(self._lives)
        folder.mkdir(parents=True)
        self._server = await start(
            folder, *self._settings, program=self._program, environment=self.clock.environment
        )

    async def go(self) -> None:
        """End as an operator has it end: SIGTERM."""
        assert self._server is not None
        process = self._server.process
        process.send_signal(signal.SIGTERM)
        status = await asyncio.to_thread(process.wait, STOP_SECONDS)
        if status:
            self._complaints.append(f"{self.name}: exit status {status}")
        self.kill()

    def kill(self) -> None:
        """End it at once, if it runs, and read what it said."""
        if self._server is not None:
            end(self._server.process)
            if "Traceback" in (said := self._server.log.read_text()):
                self._complaints.append(f"{self.name} in life {self._lives}: {said[-2000:]}")
            self._server = None

    def signal(self, number: signal.Signals) -> None:
        assert self._server is not None
        self._server.process.send_signal(number)

    def judge(self, checker: Checker) -> None:
        """Tell the checker of every life that ended badly, or said that it has a fault."""
        for complaint in self._complaints:
            checker.wrong(complaint)


@dataclass
class Cluster:
    nodes: list[Node]
    postgres: Postgres
    redis: Redis
    database: str  # the URL of the log, past all proxies

    async def log(self) -> dict[str, dict[int, Entry]]:
        """Return the log, as PostgreSQL has it."""
        connection = await asyncpg.connect(self.database)
        try:
            return log_of(await connection.fetch(LOG))
        finally:
            await connection.close()

    async def verdict(self, checker: Checker, talkers: Sequence[Talker]) -> list[str]:
        """Kill all nodes, and return what was wrong with them, the talkers and the log."""
        for node in self.nodes:
            node.kill()
            node.judge(checker)
        if resets := sum(talker.resets for talker in talkers):
            checker.wrong(f"{resets} resets")
        return checker.judge(await self.log(), [(one.name, one.room) for one in talkers])


@asynccontextmanager
async def running_cluster(
    folder: Path, *settings: str, program: Sequence[str] = ("run.py",)
) -> AsyncIterator[Cluster]:
    """Run three nodes and their engines until the block ends; then all of it is killed."""
    library = await asyncio.to_thread(shim, folder, "shifted_clock")
    redis = Redis(folder)
    # Before anybody is here who could wait: what follows blocks the loop for seconds.
    with running_postgres() as postgres:
        try:
            redis.start()
            async with AsyncExitStack() as stack:
                nodes = [
                    await _node(
                        stack,
                        folder / f"node-{number}",
                        library,
                        postgres,
                        redis,
                        settings,
                        program,
                    )
                    for number in range(NODES)
                ]
                try:
                    async with asyncio.TaskGroup() as group:
                        for node in nodes:
                            group.create_task(node.start())
                    yield Cluster(nodes, postgres, redis, postgres.url)
                finally:
                    for node in nodes:
                        node.kill()
        finally:
            redis.kill()


async def _node(
    stack: AsyncExitStack,
    folder: Path,
    library: Path,
    postgres: Postgres,
    redis: Redis,
    settings: Sequence[str],
    program: Sequence[str],
) -> Node:
    folder.mkdir()
    to_postgres = await stack.enter_async_context(proxied(postgres.port))
    to_redis = await stack.enter_async_context(proxied(redis.port))
    clock = Clock(library, folder / "clock")
    clock.prove()
    shared = (
        f"storage.url={URL(postgres.url).with_port(to_postgres.port)}",
        "storage.durability=process",  # its disk is not waited for: see tests/postgres.py
        f"broker.url=redis://127.0.0.1:{to_redis.port}",
        "limits.message_rate=0",
        "limits.connections_per_address=0",
    )
    return Node(folder, to_postgres, to_redis, clock, (*shared, *settings), program)
