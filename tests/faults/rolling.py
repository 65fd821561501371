"""A rolling restart: three nodes under load go and come again, one after the other."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from tests.faults.checker import Checker
from tests.faults.cluster import NODES, running_cluster
from tests.faults.rows import Progress, Result
from tests.faults.talker import PATIENCE_SECONDS, Talker, settle, talking

ROOMS = 4


async def rolling(
    folder: Path,
    seed: int,
    progress: Progress,
    *,
    talkers: int,
    rounds: int,
    program: Sequence[str] = ("run.py",),
) -> Result:
    """Restart each node `rounds` times, while that many people each say a few things a second.

    All do as they are told in the goodbye: come back after a while, to another node.
    """
    checker = Checker()
    progress.total = rounds * NODES
    loop = asyncio.get_running_loop()
    exits: list[float] = []
    async with running_cluster(folder, program=program) as cluster:
        urls = [node.url for node in cluster.nodes]
        people = [
            Talker(
                f"{seed}-{number:03}",
                f"room {number % ROOMS}",
                urls[number // ROOMS % NODES],
                checker,
                f"{seed} {number}",
                window=1,
                pause=0.1,
                elsewhere=urls,
            )
            for number in range(talkers)
        ]
        async with talking(people):
            for node in cluster.nodes * rounds:
                await _all_at_the_top(people, checker)
                started = loop.time()
                await node.go()
                exits.append(loop.time() - started)
                await node.start()
                progress.step(f"{checker.acknowledged:,} acknowledged")
            await _all_at_the_top(people, checker)
            await settle(people, checker)
        violations = await cluster.verdict(checker, people)
    gaps = [gap for person in people for gap in person.gaps]
    figures = {
        "restarts": len(exits),
        "people": talkers,
        "acknowledged": checker.acknowledged,
        "seen": checker.seen,
        "moved to another node": len(gaps),
        "longest without service, s": round(max(gaps, default=0.0), 2),
        "longest wait for an acknowledgement, s": round(
            max(person.longest_wait for person in people), 2
        ),
        "exit after, s": round(max(exits), 2),
    }
    return Result(figures, violations)


async def _all_at_the_top(people: list[Talker], checker: Checker) -> None:
    """Wait until everybody has come back and seen what had been said when this was asked."""
    tops = checker.tops()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while any(not person.here or person.cursor < tops[person.room] for person in people):
            await asyncio.sleep(0.01)
