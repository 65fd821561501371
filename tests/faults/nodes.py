"""Three nodes over one PostgreSQL and one Valkey, of which now this and now that is broken.

Each fault comes once, in an order of its own, before any comes again. People talk all the
while, in rooms that are open on all nodes; who loses a node goes on at another. At the very
end no node hears of the others, and everybody falls silent: what was said last is on nobody's
way, and must be found all the same.
"""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from tests.engines import Redis
from tests.faults.checker import Checker
from tests.faults.cluster import Cluster, Node, running_cluster
from tests.faults.ghosts import haunt
from tests.faults.rows import Progress, Result
from tests.faults.talker import PATIENCE_SECONDS, Talker, everybody, settle, talking
from tests.proxy import Proxy

TALKERS = 12
ROOMS = 4
WANDERERS = 3  # who lose their network after each fault, and come back elsewhere
HOUR = 3600
# A proxy passes nothing on, or a process is stopped, or an engine is gone, for that long.
SECONDS = (0.2, 3.0)
RECOVERY = 300.0  # until the share of a fault is acknowledged, at the slowest


async def nodes(
    folder: Path,
    seed: int,
    progress: Progress,
    *,
    faults: int,
    acknowledged: int,
    program: Sequence[str] = ("run.py",),
    patience: float = PATIENCE_SECONDS,
) -> Result:
    """Break `faults` things, each followed by its share of `acknowledged` messages."""
    checker = Checker()
    progress.total = faults
    async with running_cluster(folder, program=program) as cluster:
        urls = [node.url for node in cluster.nodes]
        talkers = [
            Talker(
                f"{seed}-{number:02}",
                f"room {number % ROOMS}",
                urls[number // ROOMS % len(urls)],
                checker,
                f"{seed} {number}",
                elsewhere=urls,
            )
            for number in range(TALKERS)
        ]
        trouble = Trouble(cluster, talkers, checker, random.Random(f"faults {seed}"))
        async with talking(talkers):
            # Who comes when all is said reads it from the store, whatever nodes hear.
            await everybody(talkers)
            await trouble.said(1)
            for fault in range(1, faults + 1):
                await trouble.make()
                await trouble.said(acknowledged * fault // faults - checker.acknowledged)
                progress.step(f"{checker.acknowledged:,} acknowledged, {trouble.last}")
            for node in cluster.nodes:
                _cut(node.to_redis)
            share = acknowledged // (faults + 1)
            await trouble.said(share)
            # One node has the last word, when no other reads the log any more for its own sake.
            others = [talker for talker in talkers if talker.at != talkers[0].at]
            await settle(others, checker, seconds=patience, to_the_top=False)
            await trouble.said(share)
            await settle(talkers, checker, seconds=patience)
        violations = await cluster.verdict(checker, talkers)
    figures = {
        "faults": faults,
        **{kind: times for kind, times in sorted(trouble.times.items()) if times},
        "acknowledged": checker.acknowledged,
        "seen": checker.seen,
        "came back": sum(talker.arrivals - 1 for talker in talkers),
        "ghosts gone after, s": round(max(trouble.ghosts, default=0.0), 1),
        "longest wait for an acknowledgement, s": round(
            max(talker.longest_wait for talker in talkers), 1
        ),
    }
    return Result(figures, violations)


class Trouble:
    """Breaks one thing at a time, and mends it."""

    def __init__(
        self, cluster: Cluster, talkers: list[Talker], checker: Checker, faults: random.Random
    ) -> None:
        self.last = ""
        self.ghosts: list[float] = []
        self._cluster = cluster
        self._talkers = talkers
        self._checker = checker
        self._random = faults
        self._kinds: dict[str, Callable[[], Awaitable[None]]] = {
            "node killed": self._kill_node,
            "Valkey killed": self._kill_redis,
            "PostgreSQL killed": self._kill_postgres,
            "link to Valkey": self._break_redis_link,
            "link to PostgreSQL": self._break_postgres_link,
            "reply lost": self._lose_reply,
            "stopped": self._stop,
            "clock set": self._shift_clock,
        }
        self.times = dict.fromkeys(self._kinds, 0)
        self._deck: list[str] = []

    async def make(self) -> None:
        if not self._deck:
            self._deck = self._random.sample(list(self._kinds), len(self._kinds))
        self.last = self._deck.pop()
        self.times[self.last] += 1
        await self._kinds[self.last]()
        for talker in self._random.sample(self._talkers, WANDERERS):
            talker.drop()

    async def said(self, more: int) -> None:
        """Wait until so many more are acknowledged."""
        enough = self._checker.acknowledged + more
        async with asyncio.timeout(RECOVERY):
            while self._checker.acknowledged < enough:
                await asyncio.sleep(0.01)

    def _node(self) -> Node:
        return self._random.choice(self._cluster.nodes)

    async def _wait(self) -> None:
        await asyncio.sleep(self._random.uniform(*SECONDS))

    async def _kill_node(self) -> None:
        dying, living = self._random.sample(self._cluster.nodes, 2)
        async with asyncio.TaskGroup() as group:

            def kill() -> None:
                dying.kill()
                group.create_task(dying.start())

            try:
                self.ghosts.append(await haunt(dying.url, living.url, kill))
            except TimeoutError:
                self._checker.wrong(f"{dying.name} died, and its people haunt {living.name}")

    async def _kill_redis(self) -> None:
        self._cluster.redis.kill()
        await self._wait()
        await asyncio.to_thread(self._cluster.redis.start)

    async def _kill_postgres(self) -> None:
        await asyncio.to_thread(self._cluster.postgres.stop, signal.SIGKILL)
        await self._wait()
        await asyncio.to_thread(self._cluster.postgres.start)

    async def _break_redis_link(self) -> None:
        await self._break(self._node().to_redis)

    async def _break_postgres_link(self) -> None:
        await self._break(self._node().to_postgres)

    async def _break(self, link: Proxy) -> None:
        """Have it cut, or have nothing come by, for a while."""
        if self._random.random() < 0.5:
            _cut(link)
            await self._wait()
            link.replies = lambda: True
        else:
            link.flows.clear()
            await self._wait()
            link.flows.set()

    async def _lose_reply(self) -> None:
        """Have the next thing that PostgreSQL says to a node lost, with all that it would say."""
        # Of one that somebody is at: to another, PostgreSQL has nothing to say.
        at = self._random.choice(self._talkers).at
        (node,) = [node for node in self._cluster.nodes if node.url == at]
        link = node.to_postgres
        lost = asyncio.Event()

        def replies() -> bool:
            if lost.is_set():
                return True
            lost.set()
            return False

        link.replies = replies
        async with asyncio.timeout(PATIENCE_SECONDS):
            await lost.wait()

    async def _stop(self) -> None:
        """Stop a node, or Valkey: the others go on without, and so do some of its people."""
        either: list[Node | Redis] = [self._node(), self._cluster.redis]
        stopped = self._random.choice(either)
        stopped.signal(signal.SIGSTOP)
        if isinstance(stopped, Node):
            for talker in self._talkers[::2]:
                if talker.at == stopped.url:
                    talker.drop()
        try:
            await self.said(100)
            await self._wait()
        finally:
            stopped.signal(signal.SIGCONT)

    async def _shift_clock(self) -> None:
        """From now on, until it is set again."""
        clock = self._node().clock
        clock.set(self._random.choice([off for off in (-HOUR, 0, HOUR) if off != clock.off]))


def _cut(link: Proxy) -> None:
    """Cut it, and whatever is connected anew as soon as it is answered."""
    link.replies = lambda: False
    link.cut()
