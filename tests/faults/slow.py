"""Members that stop reading: nobody else notices, and the server is soon rid of them."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from yarl import URL

from tests.faults.checker import Checker
from tests.faults.crowd import ROOM, Crowd
from tests.faults.process import Peak, descriptors, until, watched
from tests.faults.rows import Progress, Result
from tests.faults.wire import joined, said
from tests.servers import NO_LIMITS, Server, serve

TEXT_CHARS = 3_500
RECEIVE_BUFFER = 4096
# What must have been published until a member that reads nothing is behind: what the
# kernels of both sides hold (they double what is asked for), and the backlog that it may have.
BEHIND_BYTES = 256 * 1024 + 2 * 64 * 1024 + 2 * RECEIVE_BUFFER + 256 * 1024
# 10 s of patience, 1 s for the close frame, and the rest for a busy machine.
GONE_SECONDS = 15.0
MOST_MIB = 100.0
REMAINING_MIB = 30.0  # an allocator keeps some of what it had for next time


async def slow(
    folder: Path,
    seed: int,
    progress: Progress,
    *,
    stalled: int,
    fast: int,
    rate: float,
    seconds: float,
    program: Sequence[str] = ("run.py",),
) -> Result:
    """Publish `rate` messages a second for `seconds` to `fast` readers alone, then to as
    many beside `stalled` ones, until the server has cut all of these."""
    checker = Checker()
    crowd = Crowd(seed, checker, rate, TEXT_CHARS)
    names = [f"fast-{n:03}" for n in range(fast)]
    progress.total = 4
    async with (
        serve(folder, *NO_LIMITS, program=program) as server,
        AsyncExitStack() as stack,
        asyncio.TaskGroup() as group,
    ):
        base = URL(server.url)
        publisher = await stack.enter_async_context(joined(base, ROOM))
        author: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        tasks = [group.create_task(crowd.hear_acks(publisher, author))]
        for name in names:
            wire = await stack.enter_async_context(joined(base, ROOM))
            tasks.append(group.create_task(crowd.read(name, wire)))

        async def publish(messages: int) -> None:
            await crowd.publish(publisher, await author, messages)

        await publish(int(rate * seconds))
        await crowd.caught_up(names)
        alone = crowd.p99()
        progress.step("fast ones alone")

        # A server that has had its first members is the measure of one that has more.
        before = descriptors(server.process.pid)
        async with watched(server.process.pid) as peak:
            stuck = [
                await stack.enter_async_context(joined(base, ROOM, receive_buffer=RECEIVE_BUFFER))
                for _ in range(stalled)
            ]
            if descriptors(server.process.pid) < before + stalled:
                checker.wrong("not all stalled ones are connected")
            await publish(BEHIND_BYTES // TEXT_CHARS)
            progress.step("stalled ones behind")
            talk = group.create_task(publish(int(rate * GONE_SECONDS)))
            started = asyncio.get_running_loop().time()
            if not await until(before, server.process.pid, GONE_SECONDS):
                left = descriptors(server.process.pid) - before
                checker.wrong(f"{left} of {stalled} stalled ones are still there")
            gone = asyncio.get_running_loop().time() - started
            progress.step("stalled ones gone")
            talk.cancel()
            with suppress(asyncio.CancelledError):
                await talk
            await crowd.caught_up(names)
        beside = crowd.p99()
        for wire in stuck:
            wire.close()
        remaining = peak.remaining
        greedy = await _greedy(server, base, checker)
        progress.step("history asked for")
        for task in tasks:
            task.cancel()
    _check_memory(peak, remaining, checker)
    if (folder / "server.log").read_text().count("closing slow connection") < stalled:
        checker.wrong("the server did not say that it cut the stalled ones")
    database = folder / "data" / "chat.db"
    violations = checker.verdict(database, [(name, ROOM) for name in names])
    figures = {
        "published": crowd.published,
        "seen by the fast": checker.seen,
        "p99 alone, ms": alone,
        "p99 beside stalled, ms": beside,
        "p99 added, ms": round(beside - alone, 1),
        "memory, MiB": peak.growth,
        "memory afterwards, MiB": remaining,
        "stalled gone after, s": round(gone, 1),
        "memory of one who asks for history, MiB": greedy,
    }
    return Result(figures, violations)


def _check_memory(peak: Peak, remaining: float, checker: Checker) -> None:
    if peak.growth > MOST_MIB:
        checker.wrong(f"memory grew by {peak.growth} MiB")
    if remaining > REMAINING_MIB:
        checker.wrong(f"{remaining} MiB of memory are not back")


async def _greedy(server: Server, base: URL, checker: Checker) -> float:
    """Ask for history until cut, reading none; return what it took of memory, in MiB."""
    request = said(type="history", id="again-and-again", limit=100)
    async with (
        watched(server.process.pid) as peak,
        joined(base, ROOM, receive_buffer=RECEIVE_BUFFER) as wire,
    ):
        try:
            async with asyncio.timeout(GONE_SECONDS):
                while True:
                    await wire.send(request * 100)
        except ConnectionError:
            pass
        except TimeoutError:
            checker.wrong("who asks for history and reads none is still there")
    if peak.growth > 20:
        checker.wrong(f"asking for history and reading none took {peak.growth} MiB")
    return peak.growth
