"""All rows: what each does at which scale, and the figures that it must hold."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.faults.kill import kill
from tests.faults.malformed import malformed
from tests.faults.rows import Result
from tests.faults.slow import slow
from tests.faults.storm import storm

HURRIED = ("-m", "tests.faults.hurried")

Scale = Literal["short", "ten-minute", "full"]


@dataclass(frozen=True)
class Row:
    """`limits` are the most that a figure may be, beyond what the row itself finds wrong.

    They are times: the runner holds them, on a machine that does nothing else; the
    suite does not, since a slow machine is not a bug.
    """

    what: str
    run: Callable[..., Awaitable[Result]]
    scales: Mapping[Scale, Mapping[str, Any]]
    limits: Mapping[str, float] = field(default_factory=dict)


ROWS: Mapping[str, Row] = {
    "kill": Row(
        "kill -9 under load",
        kill,
        {
            "short": {"kills": 5, "acknowledged": 3_000},
            "ten-minute": {"kills": 60, "acknowledged": 120_000},
            "full": {"kills": 500, "acknowledged": 1_020_000},
        },
    ),
    "storm": Row(
        "resume storm",
        storm,
        {
            "short": {"clients": 100, "drops": 3},
            "ten-minute": {"clients": 300, "drops": 10},
            "full": {"clients": 500, "drops": 20},
        },
        {"p99 of resume, s": 2.0},
    ),
    "slow": Row(
        "slow readers",
        slow,
        {
            "short": {"stalled": 20, "fast": 20, "rate": 200, "seconds": 0.5, "program": HURRIED},
            "ten-minute": {"stalled": 100, "fast": 100, "rate": 40, "seconds": 10},
            "full": {"stalled": 200, "fast": 200, "rate": 25, "seconds": 60},
        },
        {"p99 beside stalled, ms": 100.0, "p99 added, ms": 100.0, "stalled gone after, s": 15.0},
    ),
    "malformed": Row(
        "malformed frames",
        malformed,
        {
            "short": {"frames": 20_000, "alone_seconds": 0.5},
            "ten-minute": {"frames": 150_000, "alone_seconds": 10},
            "full": {"frames": 1_000_000, "alone_seconds": 60},
        },
        {"p99 added, ms": 100.0},
    ),
}
