"""docs/performance.md: what a run found, between its marks, and the charts beside it."""

import re
from collections.abc import Sequence

from bench.chart import dots, lines
from bench.figures import figure
from bench.machine import ROOT
from bench.measure import Record
from bench.programs import FLOOR, OURS, PROGRAMS, Program
from bench.scenarios import FIXED, SATURATED, SWEEP
from bench.tables import Tables, short

CHARTS = ROOT / "docs" / "performance"
PAGE = ROOT / "docs" / "performance.md"


def publish(records: Sequence[Record]) -> None:
    CHARTS.mkdir(exist_ok=True)
    charts = []
    for name, title, chart in (
        ("fan-out", "Deliveries a second for each second of the server's CPU", _fan_out),
        ("latency", "To a room of 1,000: half of the deliveries are sooner than", _latency),
    ):
        if drawn := chart(records, title):
            (CHARTS / f"{name}.svg").write_text(drawn)
            charts.append(f"![{title}](performance/{name}.svg)")
    write_part("bench", "\n\n".join([*charts, Tables(records).all(), provenance(records)]))


def _fan_out(records: Sequence[Record], title: str) -> str | None:
    programs = _measured(records)
    panels = [
        (
            f"{scenario.name}: {scenario.heading}",
            [figure(records, scenario.name, one.name, "deliveries_per_cpu_s") for one in programs],
        )
        for scenario in SATURATED
    ]
    rows = [(_short_title(one), _colour(one)) for one in programs]
    return dots(title, rows, panels, short) if any(any(values) for _, values in panels) else None


def _latency(records: Sequence[Record], title: str) -> str | None:
    series = {}
    for program in _measured(records):
        points = []
        for scenario in (FIXED, *SWEEP):
            p50, share = (
                figure(records, scenario.name, program.name, name)
                for name in ("p50_ms", "delivered_share")
            )
            # What is hardly delivered has no latency to speak of.
            if p50 and share and share > 0.5:
                points.append((float(scenario.load["rate"]), p50))
        if points:
            series[_short_title(program)] = (_colour(program), points)
    return lines(title, "messages a second", "ms", series) if series else None


def _measured(records: Sequence[Record]) -> list[Program]:
    """Return ours, the floor, and then the peers that were measured."""
    found = {record["program"] for record in records}
    first = [OURS, FLOOR] + [one for one in PROGRAMS.values() if one not in (OURS, FLOOR)]
    return [one for one in first if one.name in found]


def _short_title(program: Program) -> str:
    if program is OURS:
        return "this program"
    return "C floor" if program is FLOOR else program.title.partition(",")[0].split(" (")[0]


def _colour(program: Program) -> int:
    peers = [one for one in PROGRAMS.values() if one not in (OURS, FLOOR)]
    return 0 if program is OURS else 6 if program is FLOOR else 1 + peers.index(program)


def provenance(records: Sequence[Record]) -> str:
    about = sorted({f"{one['date']}, {one['commit']}, {one['machine']}" for one in records})
    versions = {one["program"]: one["versions"] for one in records if one["versions"]}
    named = [versions[name] for name in PROGRAMS if name in versions]
    parts = dict.fromkeys(part for text in named for part in text.split(", "))
    return f"{'; '.join(about)}. {', '.join(parts)}."


def write_part(name: str, text: str) -> None:
    """Put `text` between the marks of that name in docs/performance.md."""
    marks = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
    page = PAGE.read_text()
    PAGE.write_text(
        re.sub(marks, lambda found: f"{found[1]}{text}\n{found[2]}", page, flags=re.DOTALL)
    )
