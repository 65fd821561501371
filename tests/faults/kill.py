"""kill -9 under load: what was acknowledged is there, once, in order."""

import asyncio
import random
import signal
from collections.abc import Sequence
from pathlib import Path

from aiohttp.test_utils import unused_port
from yarl import URL

from tests.faults.checker import Checker, integrity
from tests.faults.rows import Progress, Result
from tests.faults.talker import Listener, Talker, settle, talking
from tests.servers import serve


async def kill(
    folder: Path,
    seed: int,
    progress: Progress,
    *,
    kills: int,
    acknowledged: int,
    program: Sequence[str] = ("run.py",),
) -> Result:
    """Kill the server `kills` times, each time after its share of `acknowledged` messages."""
    faults = random.Random(f"faults {seed}")
    checker = Checker()
    database = folder / "data" / "chat.db"
    port = unused_port()
    base = URL(f"http://127.0.0.1:{port}")
    talkers = [
        Talker(
            f"{seed}-{number:02}",
            f"room {number % 3}",
            base,
            checker,
            f"{seed} {number}",
            deletes=0.2 if number < 3 else 0.0,
        )
        for number in range(9)
    ]
    listeners = [
        Listener(f"bare-{number}", f"room {number}", base, checker, f"{seed} bare {number}")
        for number in range(3)
    ]
    settings = (f"server.port={port}", "limits.message_rate=0")
    progress.total = kills
    async with talking([*talkers, *listeners]):
        for life in range(1, kills + 1):
            async with serve(folder, *settings, stop=signal.SIGKILL, program=program) as server:
                share = acknowledged * life / kills * faults.uniform(0.9, 1.0)
                async with asyncio.timeout(120):
                    while checker.acknowledged < share:
                        await asyncio.sleep(0.005)
                await asyncio.sleep(faults.uniform(0, 0.02))
                server.process.kill()
            if (found := integrity(database)) != "ok":
                checker.wrong(f"integrity_check: {found}")
            progress.step(f"{checker.acknowledged:,} acknowledged")
        async with serve(folder, *settings, program=program):
            await settle(talkers, checker, listeners)
    violations = checker.verdict(database, [(talker.name, talker.room) for talker in talkers])
    figures = {
        "kills": kills,
        "acknowledged": checker.acknowledged,
        "deleted": checker.deleted,
        "seen": checker.seen,
        "heard by bare clients": checker.heard,
    }
    return Result(figures, violations)
