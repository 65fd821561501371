"""The figures of a run as Markdown tables."""

from collections.abc import Sequence

from bench.figures import figure
from bench.measure import Record
from bench.programs import OURS, PROGRAMS
from bench.scenarios import ALONE, FIXED, IDLE, SATURATED, SCENARIOS, SWEEP


def short(value: float | None) -> str:
    """Return a number as people read it: three digits, k or M."""
    if value is None:
        return "–"
    for limit, divisor, unit in ((999_500, 1e6, "M"), (9_995, 1e3, "k")):
        if value >= limit:
            return f"{value / divisor:.3g}{unit}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


class Tables:
    def __init__(self, records: Sequence[Record]) -> None:
        self._records = records
        found = {record["program"] for record in records}
        self._programs = [program for program in PROGRAMS.values() if program.name in found]
        self._scenarios = {record["scenario"] for record in records}

    def all(self) -> str:
        parts = [
            self.saturated("Deliveries a second for each second of CPU", "deliveries_per_cpu_s"),
            self.saturated("Deliveries a second by the clock", "deliveries_per_s"),
            self.sweep(),
            self.connections(),
            self.alone(),
            self.load(),
        ]
        return "\n\n".join(part for part in parts if part)

    def _value(self, scenario: str, program: str, name: str) -> float | None:
        return figure(self._records, scenario, program, name)

    def _compared(self, scenario: str, program: str, name: str) -> str:
        """Return a figure and how many times that ours is; red where ours broke its word."""
        value, mine = (self._value(scenario, one, name) for one in (program, OURS.name))
        if program == OURS.name:
            return f"**{short(value)}**{' 🟥' if self._red(scenario) else ''}"
        ratio = f" (×{short(mine / value)})" if value and mine else ""
        return short(value) + ratio

    def _red(self, scenario: str) -> bool:
        return any(
            record["violations"]
            for record in self._records
            if (record["scenario"], record["program"]) == (scenario, OURS.name)
        )

    def saturated(self, title: str, name: str) -> str:
        scenarios = [one for one in SATURATED if one.name in self._scenarios]
        if not scenarios:
            return ""
        rows = [
            [program.title]
            + [self._compared(scenario.name, program.name, name) for scenario in scenarios]
            for program in self._programs
        ]
        head = [title] + [f"{scenario.what} ({scenario.name})" for scenario in scenarios]
        return table(head, rows)

    def sweep(self) -> str:
        scenarios = [one for one in (FIXED, *SWEEP) if one.name in self._scenarios]
        if not scenarios:
            return ""
        rows = []
        for program in self._programs:
            cells = []
            for scenario in scenarios:
                share, p50, p99 = (
                    self._value(scenario.name, program.name, name)
                    for name in ("delivered_share", "p50_ms", "p99_ms")
                )
                red = " 🟥" if program is OURS and self._red(scenario.name) else ""
                whole = "" if share is None or share >= 0.9995 else f"{share:.0%}, "
                cells.append("–" if share is None else f"{whole}{short(p50)} / {short(p99)}{red}")
            rows.append([program.title, *cells])
        head = [
            "To a room of 1,000: p50 / p99 in ms, and the share shown within a second, if not all"
        ]
        return table(head + [f"{one.load['rate']:,} messages/s" for one in scenarios], rows)

    def connections(self) -> str:
        if IDLE.name not in self._scenarios:
            return ""
        rows = []
        for program in self._programs:
            cpu = self._value(IDLE.name, program.name, "server_core")
            rows.append(
                [
                    program.title,
                    self._compared(IDLE.name, program.name, "connects_per_s"),
                    self._compared(IDLE.name, program.name, "connects_per_cpu_s"),
                    short(self._value(IDLE.name, program.name, "idle_kib")),
                    "–" if cpu is None else f"{cpu:.1%}",
                ]
            )
        head = [IDLE.what, "connects/s", "connects a second of CPU", "KiB each", "CPU while idle"]
        return table(head, rows)

    def alone(self) -> str:
        rows = []
        for scenario in ALONE:
            if scenario.name not in self._scenarios:
                continue
            kind = "messages" if scenario.mode == "closed" else "answers"
            names = (f"{kind}_per_s", f"{kind}_per_cpu_s", "p50_ms", "p99_ms")
            values = [self._value(scenario.name, OURS.name, name) for name in names]
            red = " 🟥" if self._red(scenario.name) else ""
            rows.append([f"{scenario.what} ({scenario.name}){red}", *map(short, values)])
        head = ["This program alone", "per second", "per second of CPU", "p50 ms", "p99 ms"]
        return table(head, rows) if rows else ""

    def load(self) -> str:
        """Return how much of its core the load generator took: it must not be the limit."""
        scenarios = [one for one in SCENARIOS.values() if one.name in self._scenarios]
        rows = []
        for program in self._programs:
            cells = []
            for scenario in scenarios:
                both = [
                    self._value(scenario.name, program.name, name)
                    for name in ("load_core", "server_core")
                ]
                cells.append(" / ".join("–" if one is None else f"{one:.0%}" for one in both))
            rows.append([program.title, *cells])
        head = ["Core taken by the load / the server", *(one.name for one in scenarios)]
        return table(head, rows)
