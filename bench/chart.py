"""Charts as SVG, plain enough to be read as text, in the reader's light or dark."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

Points = Sequence[tuple[float, float]]

_STYLE = """
svg { font: 13px system-ui, sans-serif; background: #ffffff }
text { fill: #333333 } .soft { fill: #667077 } .title { font-weight: 600; font-size: 15px }
.grid { stroke: #e3e6e8 } .line { fill: none; stroke-width: 2 } .ours text { font-weight: 700 }
.c0 { --c: #c2410c } .c1 { --c: #1d6fb8 } .c2 { --c: #2f855a } .c3 { --c: #7c3aed }
.c4 { --c: #b7791f } .c5 { --c: #be185d } .c6 { --c: #57606a }
.line { stroke: var(--c) } .dot { fill: var(--c) } .name { fill: var(--c) }
.stem { stroke: var(--c); stroke-width: 2; opacity: .35 }
@media (prefers-color-scheme: dark) {
  svg { background: #0d1117 } text { fill: #d8dee4 } .soft { fill: #98a2ab }
  .grid { stroke: #272e36 }
  .c0 { --c: #fb923c } .c1 { --c: #60a5fa } .c2 { --c: #68d391 } .c3 { --c: #b794f4 }
  .c4 { --c: #ecc94b } .c5 { --c: #f687b3 } .c6 { --c: #9aa5b1 }
}
"""


@dataclass(frozen=True)
class _Axis:
    """A logarithmic axis from 10^low to 10^high over `start` to `end` in pixels."""

    low: int
    high: int
    start: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, end: float) -> "_Axis":
        low = math.floor(math.log10(min(values)) + 1e-9)
        high = math.ceil(math.log10(max(values)) - 1e-9)
        return cls(low, max(high, low + 1), start, end)

    def at(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        return [float(10**power) for power in range(self.low, self.high + 1)]


def tick(value: float) -> str:
    for divisor, unit in ((1e6, "M"), (1e3, "k")):
        if value >= divisor:
            return f"{value / divisor:g}{unit}"
    return f"{value:g}"


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}"'
        f' width="{width:g}" role="img" aria-label="{escape(title)}">\n<style>{_STYLE}</style>\n'
        + "\n".join([_text(16, 26, title, "title"), *parts])
        + "\n</svg>\n"
    )


def dots(
    title: str,
    rows: Sequence[tuple[str, int]],
    panels: Sequence[tuple[str, Sequence[float | None]]],
    show: Callable[[float], str] = tick,
) -> str:
    """Return one panel beside another, each with a dot for each row, on one scale for all.

    `rows` are (name, colour 0-6), `panels` are (name, value by row). Row 0 is ours and stands out.
    """
    values = [value for _, by_row in panels for value in by_row if value]
    left, wide, gap, high = 250, 215, 26, 26
    parts, top = [], 74
    bottom = top + high * len(rows)
    for row, (name, colour) in enumerate(rows):
        y = top + high * row + 17
        mark = " ours" if row == 0 else ""
        parts.append(f'<g class="c{colour}{mark}">{_text(16, y, name)}</g>')
    for number, (panel, by_row) in enumerate(panels):
        start = left + number * (wide + gap)
        axis = _Axis.over(values, start, start + wide - 46)
        parts.append(_text(start, 54, panel, "soft"))
        for value in axis.ticks():
            x = axis.at(value)
            parts.append(f'<path class="grid" d="M{x} {top - 8}V{bottom}"/>')
            if value in axis.ticks()[:: 1 if len(axis.ticks()) < 5 else 2]:
                parts.append(_text(x, bottom + 16, tick(value), "soft", "middle"))
        for row, reached in enumerate(by_row):
            if not reached:
                continue
            x, y = axis.at(reached), top + high * row + 12
            parts.append(
                f'<g class="c{rows[row][1]}{" ours" if row == 0 else ""}">'
                f'<path class="stem" d="M{axis.start} {y}H{x}"/>'
                f'<circle class="dot" cx="{x}" cy="{y}" r="5"/>'
                f"{_text(x + 9, y + 4, show(reached))}</g>"
            )
    return _svg(left + len(panels) * (wide + gap), bottom + 34, title, parts)


def lines(title: str, x_name: str, y_name: str, series: Mapping[str, tuple[int, Points]]) -> str:
    """Return lines over two logarithmic axes; `series` is {name: (colour 0-6, points)}."""
    points = [point for _, one in series.values() for point in one if min(point) > 0]
    x_axis = _Axis.over([x for x, _ in points], 64, 520)
    y_axis = _Axis.over([y for _, y in points], 330, 60)
    parts = [_text(292, 372, x_name, "soft", "middle"), _text(16, 46, y_name, "soft")]
    for value in x_axis.ticks():
        x = x_axis.at(value)
        parts.append(f'<path class="grid" d="M{x} 60V330"/>')
        parts.append(_text(x, 348, tick(value), "soft", "middle"))
    for value in y_axis.ticks():
        y = y_axis.at(value)
        parts.append(f'<path class="grid" d="M64 {y}H520"/>')
        parts.append(_text(58, y + 4, tick(value), "soft", "end"))
    ends = {}
    for name, (colour, one) in series.items():
        at = [(x_axis.at(x), y_axis.at(y)) for x, y in one if min(x, y) > 0]
        if not at:
            continue
        drawn = " ".join(f"{x},{y}" for x, y in at)
        circles = "".join(f'<circle class="dot" cx="{x}" cy="{y}" r="3.5"/>' for x, y in at)
        parts.append(f'<g class="c{colour}"><polyline class="line" points="{drawn}"/>{circles}</g>')
        ends[name] = at[-1]
    for name, (x, y) in _apart(ends).items():
        parts.append(f'<g class="c{series[name][0]}">{_text(x + 9, y + 4, name, "name")}</g>')
    return _svg(760, 388, title, parts)


def _apart(ends: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Move names that would lie on each other down, 16 pixels at least."""
    names = sorted(ends, key=lambda name: ends[name][1])
    placed = {name: (max(x for x, _ in ends.values()), ends[name][1]) for name in names}
    for upper, lower in pairwise(names):
        x, y = placed[lower]
        placed[lower] = (x, max(y, placed[upper][1] + 16))
    return placed
