"""All rows: what each does at which scale, and the figures that it must hold."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.faults.flood import flood
from tests.faults.goodbye import goodbye
from tests.faults.kill import kill
from tests.faults.leaks import leaks
from tests.faults.malformed import malformed
from tests.faults.nodes import nodes
from tests.faults.people import people
from tests.faults.rolling import rolling
from tests.faults.rows import Result
from tests.faults.slow import slow
from tests.faults.slow_disk import slow_disk
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
    "flood": Row(
        "floods and half handshakes",
        flood,
        {
            "short": {
                "flood_bytes": 2_000_000,
                "halves": 200,
                "idle_seconds": 10,
                "cut_seconds": 0,
                "program": HURRIED,
            },
            "ten-minute": {
                "flood_bytes": 8_000_000,
                "halves": 1_000,
                "idle_seconds": 90,
                "cut_seconds": 60,
            },
            "full": {
                "flood_bytes": 24_000_000,
                "halves": 5_000,
                "idle_seconds": 90,
                "cut_seconds": 60,
            },
        },
    ),
    "goodbye": Row(
        "SIGTERM under load",
        goodbye,
        {
            "short": {"connections": 100, "acknowledged": 1_000},
            "ten-minute": {"connections": 500, "acknowledged": 20_000},
            "full": {"connections": 1_000, "acknowledged": 20_000},
        },
        {"exit after, s": 10.0},
    ),
    "disk": Row(
        "a disk whose fsync is 5 ms slower",
        slow_disk,
        {
            "short": {"acknowledged": 1_000},
            "ten-minute": {"acknowledged": 20_000},
            "full": {"acknowledged": 100_000},
        },
        {"longest turn, ms": 20.0},
    ),
    "nodes": Row(
        "three nodes, PostgreSQL and Valkey, all of which fail",
        nodes,
        {
            "short": {"faults": 8, "acknowledged": 2_000, "program": HURRIED},
            "ten-minute": {"faults": 24, "acknowledged": 60_000},
            "full": {"faults": 200, "acknowledged": 1_020_000},
        },
        {"ghosts gone after, s": 15.0},
    ),
    "rolling": Row(
        "rolling restart of three nodes",
        rolling,
        {
            "short": {"talkers": 24, "rounds": 1},
            "ten-minute": {"talkers": 60, "rounds": 2},
            "full": {"talkers": 100, "rounds": 10},
        },
        {
            "longest without service, s": 5.0,
            "longest wait for an acknowledgement, s": 5.0,
            "exit after, s": 10.0,
        },
    ),
    "people": Row(
        "a crowd comes and goes",
        people,
        {
            "short": {"members": 200, "seconds": 1.0, "program": HURRIED},
            "ten-minute": {"members": 1_000, "seconds": 5.0},
            "full": {"members": 1_000, "seconds": 5.0},
        },
        # Ten seconds of grace, and up to one until it is told.
        {"half gone after, s": 12.0},
    ),
    "leaks": Row(
        "connect and close",
        leaks,
        {
            "short": {"visits": 2_000, "warm_up": 200},
            "ten-minute": {"visits": 40_000, "warm_up": 4_000},
            "full": {"visits": 200_000, "warm_up": 10_000},
        },
        {"memory, %": 5.0},
    ),
}
