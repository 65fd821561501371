"""Whether visitors can be served, and if not as they should be, why."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from chat_app.errors import ChatError

log = logging.getLogger(__name__)

FRESH_SECONDS: Final = 1.0  # for which an answer counts: a part is not asked more often
PATIENCE_SECONDS: Final = 2.0  # with a part that does not answer


class Part:
    """Something that visitors need, and how it is asked.

    `check` raises ChatError when it is not well; `problem` says what visitors see of
    that. Without a part that is `needed` they cannot be served at all.
    """

    def __init__(
        self, name: str, problem: str, check: Callable[[], Awaitable[object]], *, needed: bool
    ) -> None:
        self.name = name
        self.problem = problem
        self.needed = needed
        self._check = check
        self._asked_at = 0.0
        self._asking: asyncio.Task[bool] | None = None

    async def is_well(self) -> bool:
        """Ask; who asks at the same time shares the answer. None in time is no."""
        if self._asking is None or (
            self._asking.done() and time.monotonic() - self._asked_at >= FRESH_SECONDS
        ):
            self._asked_at = time.monotonic()
            self._asking = asyncio.create_task(self._ask(), name=f"ask {self.name}")
        # Not cut off: a part that hangs has one question to answer, however many ask.
        await asyncio.wait({self._asking}, timeout=PATIENCE_SECONDS)
        return self._asking.done() and self._asking.result()

    async def _ask(self) -> bool:
        try:
            await self._check()
        except ChatError:
            return False
        except Exception:
            log.exception("%s cannot be asked how it is", self.name)
            return False
        return True


class Health:
    """All parts."""

    def __init__(self, *parts: Part) -> None:
        self._parts = parts

    async def ill(self) -> list[Part]:
        """Return the parts that are not well, asking all at once."""
        well = await asyncio.gather(*(part.is_well() for part in self._parts))
        return [part for part, is_well in zip(self._parts, well, strict=True) if not is_well]
