"""Who is typing in a room: which of the signs of it are passed on."""

import time
from collections.abc import Callable
from typing import Final

EVERY_SECONDS: Final = 2.0  # in which one user's typing is passed on once
MOST: Final = 6  # users whose typing is passed on in that time, however many type


class Typing:
    """Bounds what typing costs one room: a page shows three names at most."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._passed: dict[str, float] = {}

    def pass_on(self, user_id: str) -> bool:
        """Say whether the others are told now that this user is typing."""
        now = self._clock()
        self._passed = {id: at for id, at in self._passed.items() if now - at < EVERY_SECONDS}
        if user_id in self._passed or len(self._passed) >= MOST:
            return False
        self._passed[user_id] = now
        return True
