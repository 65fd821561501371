"""Going down in stages, so that nobody notices more than they must."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Drain:
    """How far this server is with going down.

    `begun`: no new visitors should be sent here, and all is served as ever.
    `leaving`: it listens no more, and its sockets are being closed.
    `hurried`: somebody asked a second time, and nothing polite is waited for any more.
    """

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.leaving = asyncio.Event()
        self.hurried = asyncio.Event()

    def ask(self) -> None:
        """Begin; asked again, hurry."""
        (self.hurried if self.begun.is_set() else self.begun).set()

    async def wait_for(self, what: Coroutine[Any, Any, object], seconds: float) -> bool:
        """Await `what` so long at most, and no longer than there is time; tell whether it ended."""
        task = asyncio.ensure_future(what)
        hurried = asyncio.ensure_future(self.hurried.wait())
        ended, waiting = await asyncio.wait(
            {task, hurried}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        for left in waiting:
            left.cancel()
        if waiting:
            await asyncio.wait(waiting)
        return task in ended
