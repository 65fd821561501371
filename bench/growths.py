"""What there can be more of, and how its cost is measured."""

import asyncio
import resource
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import machine
from bench.build import BUILT
from bench.figures import server_cpu_s
from bench.filled import filled_folder
from bench.load import Measured, load
from bench.operations import costs
from bench.programs import ours
from bench.scenarios import Load
from bench.server import serving
from bench.verdict import at_the_receivers

Costs = dict[str, float]


@dataclass(frozen=True)
class Measurement:
    costs: Costs  # are judged
    wrong: list[str]
    times: Costs = field(default_factory=dict)  # in ms by the clock; are shown

    @classmethod
    def median(cls, rounds: Sequence["Measurement"]) -> "Measurement":
        """Return the median of each cost and time, and all that went wrong."""
        return cls(
            {name: median(one.costs[name] for one in rounds) for name in rounds[0].costs},
            [wrong for one in rounds for wrong in one.wrong],
            {name: median(one.times[name] for one in rounds) for name in rounds[0].times},
        )


@dataclass(frozen=True)
class Growth:
    """`measure(size, seconds)` takes the costs, in `unit`."""

    name: str
    what: str
    unit: str
    sizes: tuple[int, ...]
    measure: Callable[[int, float], Measurement]
    in_proportion: bool = True  # else: at most twice between the ends


def _loaded(mode: str, options: Load, seconds: float) -> tuple[Measured, list[str]]:
    with (
        tempfile.TemporaryDirectory(prefix="run-", dir=BUILT) as folder,
        serving(ours, Path(folder)) as server,
    ):
        measured = load(server, mode, {"seconds": seconds, "drain": 30, **options})
    return measured, at_the_receivers(measured)


def _message_us(measured: Measured) -> float:
    sent: int = measured["sent_measured"]
    return server_cpu_s(measured) / max(1, sent) * 1e6


def members(size: int, seconds: float) -> Measurement:
    measured, wrong = _loaded("closed", {"clients": size, "senders": 1, "warmup": 1}, seconds)
    return Measurement({"a message to all": _message_us(measured)}, wrong)


def rooms(size: int, seconds: float) -> Measurement:
    """One in each room talks, as many messages a second in all however many rooms."""
    options = {"clients": size, "rooms": size, "senders": 1, "warmup": 1, "rate": 500}
    measured, wrong = _loaded("open", options, seconds)
    return Measurement({"a message": _message_us(measured)}, wrong)


def connections(size: int, seconds: float) -> Measurement:
    options = {"clients": size, "rooms": max(1, size // 10), "warmup": 1, "sources": 4}
    measured, wrong = _loaded("hold", options, max(seconds, 10))
    kib = measured["memory_from_kib"] - measured["memory_before_kib"]
    return Measurement({"memory": kib / 1024, "joining": measured["connect_cpu_s"]}, wrong)


def log(size: int, seconds: float) -> Measurement:
    folder = filled_folder(size)
    with serving(ours, folder) as server, machine.on_core(machine.LOAD_CORE):
        found = asyncio.run(costs(server, size, seconds))
    cpu, clock = (
        {name: cost[kind] for name, cost in found.items()} for kind in ("cpu_us", "p50_ms")
    )
    return Measurement(cpu, [], clock)


def _most_connections() -> int:
    """A socket is a descriptor, of which the server needs a few for itself."""
    return min(20_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 100)


GROWTHS = {
    growth.name: growth
    for growth in (
        Growth("members", "members of a room", "µs of CPU", (10, 100, 1000, 10_000), members),
        Growth("rooms", "rooms", "µs of CPU", (1, 10, 100, 1000, 10_000), rooms),
        Growth(
            "connections",
            "connections that say nothing",
            "MiB in all, s of CPU to join",
            # A hundred fit into what the server has already: what they cost cannot be seen.
            (1000, 3000, 10_000, _most_connections()),
            connections,
        ),
        Growth(
            "log",
            "messages in the log",
            "µs of CPU",
            (10**3, 10**4, 10**5, 10**6, 10**7),
            log,
            in_proportion=False,
        ),
    )
}
