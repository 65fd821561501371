"""docs/performance.md: what a run found, between its marks."""

import re
from collections.abc import Sequence

from bench.machine import ROOT
from bench.measure import Record
from bench.programs import PROGRAMS
from bench.tables import Tables

PAGE = ROOT / "docs" / "performance.md"


def publish(records: Sequence[Record]) -> None:
    write_part("bench", f"{Tables(records).all()}\n\n{provenance(records)}")


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
