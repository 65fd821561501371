"""`python -m tests.budget`: what the pages cost, against what they may, as a table.

On a machine that does nothing else. Ends with 1 when something is over its budget.
"""

# ruff: noqa: T201 - a program that prints

import argparse
import asyncio
import datetime
import os
import platform
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from playwright.async_api import async_playwright

from tests.budget.measures import PAST, TEXTS, Lab, Measure, cold, files, frames, history
from tests.e2e.browsers import OPTIONS, executable
from tests.servers import serve
from tests.visitors import visitor

RUNS = 5
PAGE = Path(__file__).parents[2] / "docs" / "page.md"


@dataclass(frozen=True)
class Line:
    """One line of the budget. `scale` makes what is measured into `unit`."""

    what: str
    key: str
    most: float
    unit: str = ""
    scale: float = 1
    digits: int = 0


BUDGET: dict[Measure, tuple[Line, ...]] = {
    files: (
        Line("CSS, gzip", "css", 10, "KB", 1e-3, 1),
        Line("JS, first load, gzip", "js first", 20, "KB", 1e-3, 1),
        Line("JS, all, gzip", "js all", 32, "KB", 1e-3, 1),
        Line("HTML with 50 messages, gzip", "html", 12, "KB", 1e-3, 1),
    ),
    cold: (
        Line("the room's page, cold: requests", "requests", 15),
        Line("the room's page, cold: bytes with headers", "bytes", 60, "KB", 1e-3, 1),
        Line("first paint at 150 ms, 1.6 Mbit/s", "paint", 0.6, "s", digits=2),
        Line("ready to type, same, cold", "ready", 0.9, "s", digits=2),
        Line("layout shift while it loads", "shift", 0.02, digits=3),
    ),
    history: (
        Line("the row one reads moves, 50 older ones coming in", "moved", 1, "px", digits=2),
    ),
    frames: (Line("frame at 100 messages/s with 1,000 rows, p95", "p95", 20, "ms", digits=1),),
}


def main(arguments: Sequence[str] | None = None) -> int:
    names = {measure.__name__: measure for measure in BUDGET}
    parser = argparse.ArgumentParser(prog="python -m tests.budget", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=names, help="these alone; docs/page.md stays as it is"
    )
    parser.add_argument("--runs", type=int, default=RUNS, help=f"default: {RUNS}")
    options = parser.parse_args(arguments)
    chosen = [names[name] for name in options.only or names]
    load = os.getloadavg()[0]  # of others: with any, what is a time is not to be trusted
    values, version = asyncio.run(measured(chosen, options.runs))
    lines = [line for measure in chosen for line in BUDGET[measure]]
    text = table(lines, values, options.runs, f"{version}, headless, load {load:.1f} at the start")
    print(text)
    if options.only is None:
        marks = r"(<!-- budget -->\n).*?(<!-- end -->)"
        PAGE.write_text(
            re.sub(marks, lambda at: f"{at[1]}{text}\n{at[2]}", PAGE.read_text(), flags=re.DOTALL)
        )
    over = [line.what for line in lines if values[line.key] * line.scale > line.most]
    for what in over:
        print(f"over budget: {what}", file=sys.stderr)
    return int(bool(over))


async def measured(measures: list[Measure], runs: int) -> tuple[dict[str, float], str]:
    """Return the median of every key, and the browser's name and version."""
    found: dict[str, list[float]] = {}
    path = executable("chromium")
    assert path, "no chromium: `make page-budget` installs it, or set CHROMIUM"
    with tempfile.TemporaryDirectory() as folder:
        async with (
            serve(Path(folder), "limits.message_rate=0") as server,
            async_playwright() as playwright,
            visitor(server.url, "budget", "한별") as ann,
            visitor(server.url, "budget", "Bob") as bob,
        ):
            for number in range(PAST):
                await (ann, bob)[number % 2].post(TEXTS[number % len(TEXTS)])
            browser = await playwright.chromium.launch(
                executable_path=path, args=OPTIONS["chromium"]["args"]
            )
            lab = Lab(browser, server.url)
            for measure in measures:
                for _ in range(runs):
                    for key, value in (await measure(lab)).items():
                        found.setdefault(key, []).append(value)
            version = f"Chromium {browser.version}"
            await browser.close()
    return {key: median(values) for key, values in found.items()}, version


def table(lines: list[Line], values: dict[str, float], runs: int, browser: str) -> str:
    rows = ["| what | measured | at most |", "| --- | ---: | ---: |"]
    for line in lines:
        value = values[line.key] * line.scale
        mark = "**" if value > line.most else ""
        shown = f"{value:.{line.digits}f} {line.unit}".rstrip()
        rows.append(f"| {line.what} | {mark}{shown}{mark} | {line.most:g} {line.unit} |")
    today = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d")
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    return "\n".join([*rows, "", f"Medians of {runs}; {today}, {browser}, {machine}."])


if __name__ == "__main__":
    sys.exit(main())
