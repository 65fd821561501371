"""The server, and on SIGUSR1 what it holds: `python -m tests.faults.probe FILE …`.

Descriptors and memory can be seen from outside; tasks and rooms cannot, and the product
has no business to tell them. FILE gets one line of JSON for each signal.
"""

import asyncio
import gc
import json
import signal
import sys
from pathlib import Path

from aiohttp import web

from chat_app import keys, main
from chat_app.config import Config


def held(app: web.Application) -> dict[str, int]:
    """Return how many there are of everything that comes and goes with a connection.

    `garbage`: objects that the collector has found so far.
    """
    return {
        "tasks": len(asyncio.all_tasks()),
        "connections": len(app[keys.CONNECTIONS]),
        "rooms": len(app[keys.ROOMS]._open),
        "users watched": len(app[keys.USERS]._watching),
        "addresses": len(app[keys.ADDRESSES]._open),
        "garbage": sum(generation["collected"] for generation in gc.get_stats()),
    }


def probe(file: Path) -> None:
    """Have the application tell what it holds."""
    create = main.create_app

    def create_app(config: Config) -> web.Application:
        app = create(config)

        def tell() -> None:
            with file.open("a") as lines:
                lines.write(json.dumps(held(app)) + "\n")

        async def listen(app: web.Application) -> None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, tell)

        app.on_startup.append(listen)
        return app

    vars(main)["create_app"] = create_app


if __name__ == "__main__":
    probe(Path(sys.argv[1]))
    sys.exit(main.main(sys.argv[2:]))
