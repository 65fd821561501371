"""`python -m bench.growth`: what it costs when there is more of everything.

None may grow worse than in proportion; what one visitor does in a log of ten million
messages may cost twice of what it costs in one of a thousand.
"""

# ruff: noqa: T201 - a program that prints

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise

from tqdm import tqdm

from bench import machine
from bench.build import BUILT
from bench.chart import lines
from bench.growths import GROWTHS, Growth, Measurement
from bench.measure import Record
from bench.report import CHARTS, write_part
from bench.results import Results
from bench.tables import short, table

RESULTS = Results(BUILT / "growth.jsonl")
# A cost that is measured twice differs by that much.
TOLERANCE = 1.5
IN_A_LONG_LOG = 2.0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("growth", nargs="*", help=f"of {', '.join(GROWTHS)} (default: all)")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement (4)")
    parser.add_argument("--rounds", type=int, default=3, help="whose median counts (3)")
    parser.add_argument("--most", type=int, default=10**9, help="no size above this")
    parser.add_argument(
        "--render", action="store_true", help="write docs/performance.md from what is there"
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.growth) - set(GROWTHS):
        parser.error(f"no such growth: {', '.join(unknown)}")
    if not options.render:
        for growth in (GROWTHS[name] for name in options.growth or GROWTHS):
            _measure(growth, options.seconds, options.most, options.rounds)
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


def _measure(growth: Growth, seconds: float, most: int, rounds: int) -> None:
    """Measure all sizes in turn, so that noise hits all alike, and keep the medians."""
    BUILT.mkdir(exist_ok=True)
    sizes = [size for size in growth.sizes if size <= most]
    found: dict[int, list[Measurement]] = {size: [] for size in sizes}
    for size in tqdm(sizes * rounds, desc=growth.name, leave=False, disable=None):
        found[size].append(growth.measure(size, seconds))
    for size in sizes:
        RESULTS.add(
            {
                "growth": growth.name,
                "size": size,
                **asdict(Measurement.median(found[size])),
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
        if growth.in_proportion:
            _, points = next(iter(series.values()))
            (few, cost), many = points[0], points[-1][0]
            series["in proportion"] = (6, [(few, cost), (many, cost * many / few)])
        title = f"Cost by {growth.what}"
        drawn = lines(title, growth.what, growth.unit, series)
        (CHARTS / f"growth-{growth.name}.svg").write_text(drawn)
        shown.append(f"![{title}](performance/growth-{growth.name}.svg)")
    return shown


if __name__ == "__main__":
    sys.exit(main())
