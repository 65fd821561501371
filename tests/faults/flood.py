"""Floods: control frames from a client that does not read, and handshakes that never end."""

import asyncio
import resource
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from yarl import URL

from tests.faults.checker import Checker
from tests.faults.process import MIB, descriptors, until, watched
from tests.faults.rows import Progress, Result
from tests.faults.wire import EMPTY_PING, EMPTY_PONG, connected, handshake, joined
from tests.servers import Server, serve

MOST_MIB = 20.0
CHUNK_FRAMES = 10_000
HALVES = (
    b"",
    b"G",
    b"GET /chat/ HTTP/1.1\r\n",
    b"GET /chat/ HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    b"POST /me/name HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nname=",
)


async def flood(
    folder: Path,
    seed: int,
    progress: Progress,
    *,
    flood_bytes: int,
    halves: int,
    idle_seconds: float,
    cut_seconds: float,
    program: Sequence[str] = ("run.py",),
) -> Result:
    """Send `flood_bytes` of empty pings and pongs, then open `halves` half handshakes.

    All of those must be gone in `idle_seconds`, and who sends pings and does not read
    the answers in `cut_seconds` (0: it is not waited for). `seed` changes nothing.
    """
    checker = Checker()
    progress.total = 3
    settings = (
        "limits.connections_per_address=0",
        "limits.handshakes_per_address=0",
    )
    async with serve(folder, *settings, program=program) as server:
        base = URL(server.url)
        async with joined(base, "warm"):
            pass
        await asyncio.sleep(0.5)
        quiet = descriptors(server.process.pid)
        unread, unread_mib = await _pings(server, base, flood_bytes, cut_seconds, checker)
        progress.step("pings")
        pongs_mib = await _pongs(server, base, flood_bytes, checker)
        progress.step("pongs")
        if not await until(quiet, server.process.pid, 10):
            checker.wrong("who sent pongs and went away is still there")
        gone, halves_mib = await _halves(server, base, halves, idle_seconds, checker)
        progress.step("half handshakes")
        async with joined(base, "afterwards") as wire:
            if not wire.received() and not await wire.read():
                checker.wrong("nobody is welcome afterwards")
    figures = {
        "pings taken of one who does not read, MiB": round(unread / MIB, 1),
        "memory for pings, MiB": unread_mib,
        "pongs taken, MiB": round(flood_bytes / MIB, 1),
        "memory for pongs, MiB": pongs_mib,
        "half handshakes": halves,
        "gone after, s": gone,
        "memory for half handshakes, MiB": halves_mib,
    }
    return Result(figures, checker.violations)


async def _pings(
    server: Server, base: URL, most: int, cut_seconds: float, checker: Checker
) -> tuple[int, float]:
    """Send pings and read no pongs; return the bytes that were taken, and MiB of memory."""
    chunk = EMPTY_PING * CHUNK_FRAMES
    taken = 0
    cut = False
    before = descriptors(server.process.pid)
    async with (
        watched(server.process.pid) as peak,
        joined(base, "flood", receive_buffer=4096) as wire,
    ):
        with suppress(TimeoutError):
            async with asyncio.timeout(cut_seconds or 2):
                try:
                    while taken < most:
                        await wire.send(chunk)
                        taken += len(chunk)
                except ConnectionError:
                    cut = True
        if cut_seconds and not cut and not await until(before, server.process.pid, cut_seconds):
            checker.wrong("who sends pings and reads no pongs is still there")
    _check(peak.growth, "pings", checker)
    return taken, peak.growth


async def _pongs(server: Server, base: URL, most: int, checker: Checker) -> float:
    """Send frames that nobody asked for and that are not answered; return MiB of memory."""
    chunk = EMPTY_PONG * CHUNK_FRAMES
    async with watched(server.process.pid) as peak, joined(base, "flood") as wire:
        for _ in range(most // len(chunk) + 1):
            await wire.send(chunk)
    _check(peak.growth, "pongs", checker)
    return peak.growth


async def _halves(
    server: Server, base: URL, halves: int, seconds: float, checker: Checker
) -> tuple[float, float]:
    """Open half handshakes; return in how many seconds they were gone, and MiB of memory."""
    pid = server.process.pid
    loop = asyncio.get_running_loop()
    before = descriptors(pid)
    kinds = (*HALVES, handshake(base, "half")[:-2])
    room = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if room < halves + 200:
        checker.wrong(f"{room} descriptors are too few: ulimit -n")
        return 0.0, 0.0
    async with watched(pid) as peak, AsyncExitStack() as stack:
        started = loop.time()
        for number in range(halves):
            wire = await connected(base)
            stack.callback(wire.close)
            await wire.send(kinds[number % len(kinds)])
        if not await _grown(before + halves, pid):
            checker.wrong(f"only {descriptors(pid) - before} of {halves} half handshakes are there")
        if not await until(before, pid, seconds):
            checker.wrong(f"{descriptors(pid) - before} of {halves} half handshakes are left")
        gone = round(loop.time() - started, 1)
    return gone, peak.growth


async def _grown(descriptors_at_least: int, pid: int) -> bool:
    for _ in range(100):
        if descriptors(pid) >= descriptors_at_least:
            return True
        await asyncio.sleep(0.02)
    return False


def _check(growth: float, what: str, checker: Checker) -> None:
    if growth > MOST_MIB:
        checker.wrong(f"{what} took {growth} MiB of memory")
