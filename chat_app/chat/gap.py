"""What a room heard of too early, and how it gets what lies before that."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from chat_app.errors import ChatError
from chat_app.models import Event

log = logging.getLogger(__name__)

# What is missing is mostly on its way: two nodes commit one after the other, and each hears
# of its own commit first. A query for each of these would be one for every other message.
WAIT_SECONDS: Final = 0.03
AGAIN_SECONDS: Final = 1.0  # until a store that could not be read is asked again
MOST_EARLY: Final = 1000  # events that are kept; the store has those beyond


class Gap:
    """The gap between the `top` of a room and what it has heard of.

    `look` takes in what the store has. It is called where the missing events have not come
    by themselves within WAIT_SECONDS.
    """

    __slots__ = ("_early", "_filling", "_look", "_top", "_until")

    def __init__(self, top: Callable[[], int], look: Callable[[], Awaitable[None]]) -> None:
        self._top = top
        self._look = look
        self._early: dict[int, Event] = {}
        self._until = 0
        self._filling: asyncio.Task[None] | None = None

    def hold(self, event: Event) -> None:
        """Keep an event until all before it are there."""
        if len(self._early) < MOST_EARLY:
            self._early[event.seq] = event
        self.reach(event.seq)

    def take(self, seq: int) -> Event | None:
        """Return the event of that seq if it came early."""
        return self._early.pop(seq, None)

    def reach(self, seq: int) -> None:
        """Have everything up to `seq` taken in, soon."""
        self._until = max(self._until, seq)
        if self._filling is None:
            self._filling = asyncio.create_task(self._fill(), name="fill a gap")

    def close(self) -> None:
        """Stop: nobody is left to be shown anything."""
        if self._filling is not None:
            self._filling.cancel()

    async def _fill(self) -> None:
        wait = WAIT_SECONDS
        try:
            while self._top() < self._until:
                await asyncio.sleep(wait)
                before = self._top()
                if before >= self._until:
                    break
                try:
                    await self._look()
                except ChatError:  # the store has said so already
                    wait = AGAIN_SECONDS
                    continue
                wait = WAIT_SECONDS
                if self._top() == before:
                    log.warning("heard of %d events that are in no log", self._until - before)
                    break
        except Exception:
            log.exception("a gap could not be filled")
        finally:
            self._filling = None
            self._early.clear()
            self._until = 0
