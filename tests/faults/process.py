"""What Linux tells of the server from outside."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

MIB = 1024 * 1024


def memory(pid: int) -> int:
    """Return the process's resident bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)


def descriptors(pid: int) -> int:
    """Return how many files and sockets the process has open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


class Peak:
    """The most memory that was seen, as growth over what it was at first, in MiB."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.start = self._most = memory(pid)

    def look(self) -> None:
        self._most = max(self._most, memory(self._pid))

    @property
    def growth(self) -> float:
        return round((self._most - self.start) / MIB, 1)

    @property
    def remaining(self) -> float:
        return round((memory(self._pid) - self.start) / MIB, 1)


@asynccontextmanager
async def watched(pid: int) -> AsyncIterator[Peak]:
    """Look at the process's memory ten times a second until the block ends."""
    peak = Peak(pid)

    async def look() -> None:
        while True:
            peak.look()
            await asyncio.sleep(0.1)

    looking = asyncio.create_task(look())
    try:
        yield peak
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
        peak.look()


async def until(descriptors_at_most: int, pid: int, seconds: float) -> bool:
    """Wait until the process has no more descriptors than that; False if it still has."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while descriptors(pid) > descriptors_at_most:
        if loop.time() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True
