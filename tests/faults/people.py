"""A crowd comes all at once, and half of it goes: what each of them is told of the others."""

import asyncio
import random
from contextlib import AsyncExitStack
from pathlib import Path

from yarl import URL

from tests.faults.rows import Progress, Result
from tests.faults.talker import PATIENCE_SECONDS
from tests.faults.wire import CLOSE, TEXT, Wire, framed, joined, said
from tests.servers import serve

ROOM = "square"
PACE_SECONDS = 1.0  # at least, from one presence frame to the next
# Beyond that pace: the first state, what was on its way, and what has just been told.
SPARE_FRAMES = 3


class Guest:
    """Somebody who reads: how often it was told of the others, and how many there are."""

    frames = 0
    bytes = 0
    count = 0

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.came = asyncio.get_running_loop().time()
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for frame in self.wire.frames():
            if frame.opcode != TEXT:
                continue
            event = frame.json()
            if event["type"] == "presence":
                self.frames += 1
                self.bytes += len(frame.payload)
                self.count = event["count"]
            elif event["type"] == "ping":
                await self.wire.send(said(type="pong"))

    async def go(self, *, politely: bool) -> None:
        # First of all: uvloop keeps a socket open for as long as somebody waits for it.
        self.reading.cancel()
        await asyncio.wait([self.reading])
        if politely:
            await self.wire.send(framed((1000).to_bytes(2, "big"), CLOSE))
            self.wire.close()
        else:
            self.wire.reset()


async def people(
    folder: Path,
    seed: int,
    progress: Progress,
    *,
    members: int,
    seconds: float,
    program: tuple[str, ...] = ("run.py",),
) -> Result:
    """Let `members` join within `seconds`; then half of them close or vanish."""
    faults = random.Random(f"faults {seed}")
    progress.total = members + 2
    loop = asyncio.get_running_loop()
    violations: list[str] = []
    guests: list[Guest] = []
    settings = ("limits.connections_per_address=0",)
    async with serve(folder, *settings, program=program) as server, AsyncExitStack() as stack:
        base = URL(server.url)

        async def come(delay: float) -> None:
            await asyncio.sleep(delay)
            guests.append(Guest(await stack.enter_async_context(joined(base, ROOM))))
            progress.step("came")

        began = loop.time()
        await asyncio.gather(*(come(faults.uniform(0, seconds)) for _ in range(members)))
        came = loop.time() - began
        await _told(guests, members)
        for guest in guests:
            may = (loop.time() - guest.came) / PACE_SECONDS + SPARE_FRAMES
            if guest.frames > may:
                violations.append(f"{guest.frames} presence frames where {may:.1f} may come")
        most = max(guest.frames for guest in guests)
        most_bytes = max(guest.bytes for guest in guests)
        progress.step("all know of all")

        faults.shuffle(guests)
        stay = guests[: members // 2]
        began = loop.time()
        for number, guest in enumerate(guests[members // 2 :]):
            await guest.go(politely=number % 2 == 0)
        await _told(stay, len(stay))
        gone = loop.time() - began
        progress.step("half have gone")
        cut = sum(guest.reading.done() for guest in stay)
        if cut:
            violations.append(f"{cut} who read were cut")
        for guest in stay:
            await guest.go(politely=True)
    figures = {
        "members": members,
        "came within, s": round(came, 1),
        "presence frames each, at most": most,
        "bytes of them, KiB": round(most_bytes / 1024, 1),
        "half gone after, s": round(gone, 1),
    }
    return Result(figures, violations)


async def _told(guests: list[Guest], count: int) -> None:
    """Wait until each of them has been told that so many are here."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while any(guest.count != count for guest in guests):
            await asyncio.sleep(0.01)
