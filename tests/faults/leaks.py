"""Coming and going, in every way there is: afterwards the server holds what it held before."""

import asyncio
import json
import random
import signal
from contextlib import suppress
from pathlib import Path

from yarl import URL

from tests.faults.checker import Checker
from tests.faults.process import descriptors, memory
from tests.faults.rows import Progress, Result
from tests.faults.wire import CLOSE, connected, framed, handshake, said
from tests.servers import NO_LIMITS, Server, serve

WORKERS = 8
QUIET_SECONDS = 20.0  # for the last to have gone
VISIT_SECONDS = 20.0


async def leaks(
    folder: Path,
    seed: int,
    progress: Progress,
    *,
    visits: int,
    warm_up: int,
) -> Result:
    """Have `visits` connections come and go, after `warm_up` others, each in a room of its own."""
    checker = Checker()
    told = folder / "told"
    progress.total = visits + warm_up
    program = ("-m", "tests.faults.probe", str(told))
    async with serve(folder, *NO_LIMITS, program=program) as server:
        chances = [random.Random(f"{seed} {number}") for number in range(WORKERS)]
        await _come_and_go(URL(server.url), chances, warm_up, checker, progress)
        await asyncio.sleep(1)
        before = await _held(server, told)
        await _come_and_go(URL(server.url), chances, visits, checker, progress)
        after = await _held(server, told)
        for _ in range(int(QUIET_SECONDS)):
            if _countable(after) == _countable(before):
                break
            await asyncio.sleep(1)
            after = await _held(server, told)
    for what in _countable(before):
        if after[what] != before[what]:
            checker.wrong(f"{what}: {before[what]} before, {after[what]} after {visits} visits")
    # Garbage lies about until the collector comes, which looks at what is old only seldom.
    garbage = round((after["garbage"] - before["garbage"]) / visits, 2)
    if garbage > 1:
        checker.wrong(f"{garbage} objects of each visit were left for the collector")
    grown = round(100 * (after["memory"] / before["memory"] - 1), 1)
    figures = {
        "visits": visits,
        **{what: f"{before[what]} → {after[what]}" for what in _countable(before)},
        "garbage of a visit, objects": garbage,
        "memory before, MiB": round(before["memory"] / 1024 / 1024, 1),
        "memory, %": grown,
    }
    return Result(figures, checker.violations)


def _countable(held: dict[str, int]) -> dict[str, int]:
    return {what: count for what, count in held.items() if what not in ("garbage", "memory")}


async def _held(server: Server, told: Path) -> dict[str, int]:
    """Ask the server what it holds, and Linux what the server does."""
    pid = server.process.pid
    lines = told.read_text().count("\n") if told.exists() else 0
    server.process.send_signal(signal.SIGUSR1)
    async with asyncio.timeout(VISIT_SECONDS):
        while not told.exists() or told.read_text().count("\n") == lines:
            await asyncio.sleep(0.01)
    inside: dict[str, int] = json.loads(told.read_text().splitlines()[-1])
    return {**inside, "descriptors": descriptors(pid), "memory": memory(pid)}


async def _come_and_go(
    base: URL, chances: list[random.Random], visits: int, checker: Checker, progress: Progress
) -> None:
    left = visits

    async def visit(chance: random.Random) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            try:
                async with asyncio.timeout(VISIT_SECONDS):
                    await _visit(base, chance, checker)
            except (TimeoutError, ConnectionError) as error:
                checker.wrong(f"a visit failed: {error!r}")
            progress.step("")

    async with asyncio.TaskGroup() as group:
        for chance in chances:
            group.create_task(visit(chance))


async def _visit(base: URL, chance: random.Random, checker: Checker) -> None:
    """Come in, as a full client or a bare one, and go: politely or not, soon or later."""
    wire = await connected(base)
    way = chance.randrange(6)
    room = f"room {chance.getrandbits(40)}"
    await wire.send(handshake(base, room, full=chance.random() < 0.8))
    if way == 0:  # gone before the answer
        wire.reset()
        return
    if await wire.answered() != 101:
        checker.wrong(f"handshake answered with {wire.status}")
    elif way == 1:
        wire.reset()
        return
    elif way == 2:  # in the middle of a frame
        await wire.send(said(type="history", id="half-a-frame")[:9])
    elif way == 3:
        await wire.send(said(type="history", id="and-gone-1") * 3)
    elif way == 4 and chance.random() < 0.1:
        await wire.send(said(type="post", id="and-gone-2", message="gone"))
    else:
        await wire.send(framed(b"\x03\xe8", CLOSE))
        with suppress(ConnectionError):
            async for _ in wire.frames():
                pass
    wire.close()
