"""What is asked of every program: the load, and what makes it a figure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Load = Mapping[str, int | float | str]


@dataclass(frozen=True)
class Scenario:
    """`load` are the options of the load generator; `before` fills the room first."""

    name: str
    what: str
    mode: str
    load: Load
    before: Load = field(default_factory=dict)
    seconds: float = 5.0
    quick_seconds: float | None = 1.0  # None: not with --quick
    only_ours: bool = False
    heading: str = ""  # where there is no room for `what`
    heavy: bool = False  # not asked of programs that are `slow`


_THOUSAND: Load = {"clients": 1000, "rooms": 1, "senders": 10}
_FULL_ROOM: Load = {"clients": 1, "senders": 1, "warmup": 0, "seconds": 0.3}
_HISTORY = '{"type":"history","id":"bench-0001","limit":50}'

SATURATED = (
    Scenario(
        "S1w1",
        "a room of 1,000, 10 talk, 1 message each on the way",
        "closed",
        {**_THOUSAND, "window": 1},
        # How many of the ten a flush happens to join decides it: no figure for a glance.
        quick_seconds=None,
        heading="a room of 1,000",
    ),
    Scenario(
        "S1w10",
        "the same, 10 on the way",
        "closed",
        {**_THOUSAND, "window": 10},
        heavy=True,
        heading="the same, 10 on the way",
    ),
    Scenario(
        "S1b",
        "a room of 100, all talk",
        "closed",
        {"clients": 100, "rooms": 1, "senders": 0, "window": 1},
        heading="a room of 100",
    ),
    Scenario(
        "S2",
        "500 rooms of 2, all talk",
        "closed",
        {"clients": 1000, "rooms": 500, "senders": 0, "window": 1},
        heading="500 rooms of 2",
    ),
)

FIXED = Scenario(
    "fixed",
    "50 messages/s to a room of 1,000",
    "open",
    {**_THOUSAND, "rate": 50},
    heavy=True,
)

SWEEP_RATES = (200, 500, 1000, 2000, 4000, 10_000)
SWEEP = tuple(
    Scenario(
        f"open{rate}",
        f"{rate:,} messages/s to a room of 1,000",
        "open",
        {**_THOUSAND, "rate": rate},
        quick_seconds=None,
        heavy=True,
    )
    for rate in SWEEP_RATES
)

IDLE = Scenario(
    "idle",
    "10,000 connections that say nothing, 10 to a room",
    "hold",
    {"clients": 10_000, "rooms": 1000, "sources": 4, "settle": 2, "warmup": 0},
    seconds=30,
    quick_seconds=None,
    heavy=True,
)

ALONE = (
    Scenario(
        "post",
        "16 clients, each alone in a room, 1 message on the way",
        "closed",
        {"clients": 16, "rooms": 16, "senders": 1},
        only_ours=True,
    ),
    Scenario(
        "page",
        "the page of a room with 50 messages, 16 connections",
        "get",
        {"clients": 16, "path": "/chat/room0/"},
        before=_FULL_ROOM,
        only_ours=True,
    ),
    Scenario(
        "history",
        "pages of 50 messages over 16 sockets",
        "ask",
        {"clients": 16, "protocol": "chat.v1", "ask": _HISTORY, "answer": '"type":"history"'},
        before=_FULL_ROOM,
        only_ours=True,
    ),
)

SCENARIOS = {scenario.name: scenario for scenario in (*SATURATED, FIXED, *SWEEP, IDLE, *ALONE)}
