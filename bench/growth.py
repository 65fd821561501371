"""`python -m bench.growth`: what it costs when there is more of everything.

None may grow worse than in proportion; what one visitor does in a log of ten million
messages may cost twice of what it costs in one of a thousand.
"""

# ruff: noqa: T201 - a program that prints

import argparse
import asyncio
import resource
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path

from tqdm import tqdm

from bench import machine
from bench.build import BUILT
from bench.chart import lines
from bench.figures import server_cpu_s
from bench.filled import filled_folder
from bench.load import Measured, load
from bench.measure import Record
from bench.operations import costs
from bench.programs import ours
from bench.report import CHARTS, write_part
from bench.results import Results
from bench.scenarios import Load
from bench.server import serving
from bench.tables import short, table
from bench.verdict import at_the_receivers

RESULTS = Results(BUILT / "growth.jsonl")
# A cost that is measured twice differs by that much.
TOLERANCE = 1.5
IN_A_LONG_LOG = 2.0

Costs = dict[str, float]


@dataclass(frozen=True)
class Measurement:
    costs: Costs  # are judged
    wrong: list[str]
    times: Costs = field(default_factory=dict)  # in ms by the clock; are shown


@dataclass(frozen=True)
class Growth:
    """`measure(size, seconds)` takes the costs, in `unit`."""

    name: str
    what: str
    unit: str
    sizes: tuple[int, ...]
    measure: Callable[[int, float], Measurement]
    in_proportion: bool = True  # else: at most IN_A_LONG_LOG between the ends


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
            (100, 1000, 10_000, _most_connections()),
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


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("growth", nargs="*", help=f"of {', '.join(GROWTHS)} (default: all)")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement (4)")
    parser.add_argument("--most", type=int, default=10**9, help="no size above this")
    parser.add_argument(
        "--render", action="store_true", help="write docs/performance.md from what is there"
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.growth) - set(GROWTHS):
        parser.error(f"no such growth: {', '.join(unknown)}")
    if not options.render:
        for growth in (GROWTHS[name] for name in options.growth or GROWTHS):
            _measure(growth, options.seconds, options.most)
    newest = {(one["growth"], one["size"]): one for one in RESULTS.all()}
    records = sorted(newest.values(), key=lambda one: int(one["size"]))
    wrong = judge(records)
    parts = [_show(growth, records) for growth in GROWTHS.values()]
    text = "\n\n".join(part for part in parts if part)
    about = sorted({f"{one['date']}, {one['commit']}, {one['machine']}" for one in records})
    print(text, *wrong, sep="\n")
    if options.render or not (options.growth or options.most < 10**9):
        write_part("growth", "\n\n".join([*_draw(records), text, *wrong, f"{'; '.join(about)}."]))
    return int(bool(wrong))


def _measure(growth: Growth, seconds: float, most: int) -> None:
    BUILT.mkdir(exist_ok=True)
    sizes = [size for size in growth.sizes if size <= most]
    for size in tqdm(sizes, desc=growth.name, leave=False, disable=None):
        found = growth.measure(size, seconds)
        RESULTS.add(
            {
                "growth": growth.name,
                "size": size,
                **asdict(found),
                "date": machine.today(),
                "commit": machine.commit(),
                "machine": machine.describe(),
            }
        )


def _of(growth: Growth, records: Sequence[Record]) -> list[Record]:
    return [one for one in records if one["growth"] == growth.name and one["size"] in growth.sizes]


def judge(records: Sequence[Record]) -> list[str]:
    """Return what grows worse than it may, and whatever else went wrong."""
    wrong = [f"RED: {one['growth']} {one['size']}: {v}" for one in records for v in one["wrong"]]
    for growth in GROWTHS.values():
        mine = _of(growth, records)
        ends = pairwise(mine) if growth.in_proportion else [(mine[0], mine[-1])] if mine else []
        for few, many in ends:
            most = many["size"] / few["size"] * TOLERANCE if growth.in_proportion else IN_A_LONG_LOG
            for name, cost in few["costs"].items():
                times = many["costs"][name] / cost if cost else 0.0
                if times > most:
                    wrong.append(
                        f"RED: {name} costs ×{times:.2f} with {many['size']:,} instead of"
                        f" {few['size']:,} {growth.what}; ×{most:.2f} is allowed"
                    )
    return wrong


def _show(growth: Growth, records: Sequence[Record]) -> str:
    mine = _of(growth, records)
    if not mine:
        return ""
    head = [f"{growth.unit}, by {growth.what}", *(f"{one['size']:,}" for one in mine)]
    rows = [[name, *(short(one["costs"][name]) for one in mine)] for name in mine[0]["costs"]]
    times = [
        [f"{name}, ms by the clock", *(short(one["times"][name]) for one in mine)]
        for name in mine[0]["times"]
    ]
    return table(head, rows + times)


def _draw(records: Sequence[Record]) -> list[str]:
    CHARTS.mkdir(exist_ok=True)
    shown = []
    for growth in GROWTHS.values():
        mine = _of(growth, records)
        if len(mine) < 2:
            continue
        series = {
            name: (colour, [(float(one["size"]), float(one["costs"][name])) for one in mine])
            for colour, name in enumerate(mine[0]["costs"])
        }
        title = f"Cost by {growth.what}"
        drawn = lines(title, growth.what, growth.unit, series)
        (CHARTS / f"growth-{growth.name}.svg").write_text(drawn)
        shown.append(f"![{title}](performance/growth-{growth.name}.svg)")
    return shown


if __name__ == "__main__":
    sys.exit(main())
