"""What a row of the table of faults is: something done to the server, and what came of it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


class Progress:
    """Told how far a row has come; `say` is called with (done, total, text)."""

    def __init__(self, say: Callable[[int, int, str], None] | None = None) -> None:
        self.total = 0
        self.done = 0
        self._say = say

    def step(self, text: str, by: int = 1) -> None:
        self.done += by
        if self._say is not None:
            self._say(self.done, self.total, text)


@dataclass
class Result:
    """The figures of a row, and everything that should not have happened."""

    figures: dict[str, Any]
    violations: list[str] = field(default_factory=list)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.inf
