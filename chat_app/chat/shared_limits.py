"""Limits that all nodes share, without asking anybody.

Each node decides by what it knows, and tells once a second what was taken there. So a user
who goes from node to node gets at most one burst on each within that second, and then waits
for all of them: over time the rate is that of one node. Without a broker each node has its
own.
"""

import asyncio
from typing import Final

from chat_app.chat.control import Control
from chat_app.chat.limits import MessageRate

TELL_SECONDS: Final = 1.0


class SharedLimits:
    """The limits of this node that count what was taken on others."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._rates: dict[str, MessageRate] = {}
        control.on("used", dict[str, dict[str, int]], self._used_elsewhere)

    def share(self, name: str, rate: MessageRate) -> None:
        """Share a limit with those of that name on other nodes."""
        self._rates[name] = rate
        rate.used()

    def tell(self) -> None:
        """Tell the other nodes what was taken since the last time."""
        taken = {name: used for name, rate in self._rates.items() if (used := rate.used())}
        if taken:
            self._control.tell("used", taken)

    async def tell_for_ever(self) -> None:
        while True:
            await asyncio.sleep(TELL_SECONDS)
            self.tell()

    def _used_elsewhere(self, taken: dict[str, dict[str, int]]) -> None:
        for name, used in taken.items():
            if name in self._rates:
                self._rates[name].used_elsewhere(used)
