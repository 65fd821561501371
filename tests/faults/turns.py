"""The server with its longest turn measured: `python -m tests.faults.turns FILE …`.

A turn is what the event loop does between two looks at the sockets. A timer that is due
every millisecond tells by how much the longest one held it up; FILE gets that number, in
milliseconds, when the server ends.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from chat_app import main as program
from chat_app.config import Config

EVERY = 0.001


def measured(file: Path) -> None:
    create_app = program.create_app

    async def watch(app: web.Application) -> AsyncIterator[None]:
        longest = 0.0

        async def tick() -> None:
            nonlocal longest
            loop = asyncio.get_running_loop()
            await asyncio.sleep(0.3)  # what starting costs is not asked
            while True:
                due = loop.time() + EVERY
                await asyncio.sleep(EVERY)
                longest = max(longest, loop.time() - due)

        ticking = asyncio.create_task(tick())
        yield
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking
        file.write_text(f"{longest * 1000:.3f}")

    def create(config: Config) -> web.Application:
        app = create_app(config)
        app.cleanup_ctx.append(watch)
        return app

    program.create_app = create


if __name__ == "__main__":
    measured(Path(sys.argv[1]))
    sys.exit(program.main(sys.argv[2:]))
