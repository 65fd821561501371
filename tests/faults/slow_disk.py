"""A disk whose fsync takes 5 ms longer: it holds up the commits and nobody else."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from aiohttp.test_utils import unused_port
from yarl import URL

from tests.faults.checker import Checker
from tests.faults.preload import shim
from tests.faults.rows import Progress, Result
from tests.faults.talker import Talker, settle, talking
from tests.servers import serve

FSYNC_US = 5000


def prove(environment: dict[str, str]) -> None:
    """See that the library makes fsync slow at all; otherwise the row would show nothing."""
    program = (
        "import os, tempfile, time; f = tempfile.TemporaryFile(); t = time.monotonic()\n"
        "for _ in range(10): os.fsync(f.fileno())\n"
        f"assert time.monotonic() - t >= 10 * {FSYNC_US} / 1e6"
    )
    command = [sys.executable, "-c", program]
    subprocess.run(command, check=True, env={**os.environ, **environment})


async def slow_disk(folder: Path, seed: int, progress: Progress, *, acknowledged: int) -> Result:
    """Have `acknowledged` messages committed; say how long the loop's longest turn was."""
    checker = Checker()
    port = unused_port()
    base = URL(f"http://127.0.0.1:{port}")
    talkers = [
        Talker(f"{seed}-{number:02}", f"room {number % 4}", base, checker, f"{seed} {number}")
        for number in range(12)
    ]
    library = await asyncio.to_thread(shim, folder, "slow_fsync")
    environment = {"LD_PRELOAD": str(library), "SLOW_FSYNC_US": str(FSYNC_US)}
    await asyncio.to_thread(prove, environment)
    longest = folder / "longest"
    progress.total = acknowledged
    loop = asyncio.get_running_loop()
    started = loop.time()
    async with (
        serve(
            folder,
            f"server.port={port}",
            "limits.message_rate=0",
            program=("-m", "tests.faults.turns", str(longest)),
            environment=environment,
        ),
        talking(talkers),
    ):
        async with asyncio.timeout(600):
            while checker.acknowledged < acknowledged:
                await asyncio.sleep(0.02)
                progress.step("", checker.acknowledged - progress.done)
        seconds = loop.time() - started
        await settle(talkers, checker)
    clients = [(talker.name, talker.room) for talker in talkers]
    figures = {
        "acknowledged": checker.acknowledged,
        "messages/s": round(checker.acknowledged / seconds),
        "longest turn, ms": float(longest.read_text()),
    }
    return Result(figures, checker.verdict(folder / "data" / "chat.db", clients))
