"""SIGTERM in the middle of it all: everybody is told, nothing that was acknowledged is lost."""

import asyncio
import signal
from contextlib import AsyncExitStack
from pathlib import Path

from aiohttp.test_utils import unused_port
from yarl import URL

from tests.faults.checker import Checker
from tests.faults.rows import Progress, Result
from tests.faults.slow import RECEIVE_BUFFER
from tests.faults.talker import PATIENCE_SECONDS, Talker, settle, talking
from tests.faults.wire import CLOSE, Wire, joined, said
from tests.servers import serve

ROOMS = 4
TALKERS = 8
RESTART = 1012
PING_FRAME = b'{"type":"ping"}'


async def goodbye(
    folder: Path, seed: int, progress: Progress, *, connections: int, acknowledged: int
) -> Result:
    """End a server with `connections` members, of which a tenth read nothing, under load.

    It is started again, so that all who talked can come to the top.
    """
    checker = Checker()
    port = unused_port()
    base = URL(f"http://127.0.0.1:{port}")
    settings = (
        f"server.port={port}",
        "limits.message_rate=0",
        "limits.connections_per_address=0",
        "limits.handshakes_per_address=0",
    )
    talkers = [
        Talker(f"{seed}-{number:02}", f"room {number % ROOMS}", base, checker, f"{seed} {number}")
        for number in range(TALKERS)
    ]
    progress.total = 3
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack, talking(talkers):
        async with serve(folder, *settings) as server:
            codes = []
            for number in range(connections - TALKERS):
                stalled = number % 10 == 0
                wire = await stack.enter_async_context(
                    joined(
                        base,
                        f"room {number % ROOMS}",
                        receive_buffer=RECEIVE_BUFFER if stalled else None,
                    )
                )
                if not stalled:
                    codes.append(asyncio.create_task(_close_code(wire)))
            progress.step("connected")
            enough = checker.acknowledged + acknowledged
            async with asyncio.timeout(PATIENCE_SECONDS):
                while checker.acknowledged < enough:
                    await asyncio.sleep(0.005)
            started = loop.time()
            server.process.send_signal(signal.SIGTERM)
            status = await asyncio.to_thread(server.process.wait, 30)
            exited = loop.time() - started
            if status != 0:
                checker.wrong(f"exit status {status}")
            before = checker.acknowledged
            seen = await asyncio.gather(*codes)
            progress.step("ended")
        async with serve(folder, *settings):
            await settle(talkers, checker)
            progress.step("settled")
    told = seen.count(RESTART)
    if told < len(seen):
        others = sorted({str(code) for code in seen} - {str(RESTART)})
        checker.wrong(f"{len(seen) - told} of {len(seen)} who read saw {others}, not {RESTART}")
    database = folder / "data" / "chat.db"
    violations = checker.verdict(database, [(talker.name, talker.room) for talker in talkers])
    figures = {
        "connections": connections,
        "acknowledged before": before,
        "told so": told,
        "exit after, s": round(exited, 2),
    }
    return Result(figures, violations)


async def _close_code(wire: Wire) -> int | None:
    """Read to the end, answering pings; return the code with which the server closed."""
    code = None
    async for frame in wire.frames():
        if frame.payload == PING_FRAME:
            await wire.send(said(type="pong"))
        elif frame.opcode == CLOSE:
            code = frame.code
            await wire.send(bytes((0x88, 0x80, 0, 0, 0, 0)))
            break
    return code
