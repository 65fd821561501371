"""A resume storm: everybody is cut off at once, again and again, while others publish."""

import asyncio
import random
from pathlib import Path

from yarl import URL

from tests.faults.checker import Checker
from tests.faults.rows import Progress, Result, percentile
from tests.faults.talker import PATIENCE_SECONDS, Talker, settle, talking
from tests.servers import NO_LIMITS, serve

ROOMS = 5
PUBLISHERS = 5


async def storm(folder: Path, seed: int, progress: Progress, *, clients: int, drops: int) -> Result:
    """Cut `clients` readers `drops` times each, all within half a second."""
    faults = random.Random(f"faults {seed}")
    checker = Checker()
    progress.total = drops
    async with serve(folder, *NO_LIMITS) as server:
        base = URL(server.url)
        readers = [
            Talker(f"reader-{n:03}", f"room {n % ROOMS}", base, checker, f"{seed} {n}", window=0)
            for n in range(clients)
        ]
        publishers = [
            Talker(
                f"{seed}-publisher-{n}",
                f"room {n}",
                base,
                checker,
                f"{seed} p{n}",
                window=1,
                pause=0.02,
                deletes=0.2,
            )
            for n in range(PUBLISHERS)
        ]
        everybody = readers + publishers
        async with talking(everybody):
            await _connected(everybody, 1)
            for drop in range(1, drops + 1):
                order = faults.sample(readers, len(readers))
                for reader in order:
                    reader.drop()
                    await asyncio.sleep(faults.uniform(0, 1 / clients))
                await _connected(readers, drop + 1)
                progress.step(f"{checker.seen:,} seen")
            await settle(everybody, checker)
    resumes = [seconds for reader in readers for seconds in reader.resumes]
    if len(resumes) < clients * drops:
        checker.wrong(f"{len(resumes)} resumes of {clients * drops}")
    if resets := sum(talker.resets for talker in everybody):
        checker.wrong(f"{resets} resets")
    database = folder / "data" / "chat.db"
    violations = checker.verdict(database, [(talker.name, talker.room) for talker in everybody])
    figures = {
        "resumes": len(resumes),
        "acknowledged": checker.acknowledged,
        "deleted": checker.deleted,
        "seen": checker.seen,
        "p99 of resume, s": round(percentile(resumes, 0.99), 3),
    }
    return Result(figures, violations)


async def _connected(talkers: list[Talker], times: int) -> None:
    """Wait until each has come to be up to date for the `times`-th time."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while any(talker.arrivals < times for talker in talkers):
            await asyncio.sleep(0.005)
