"""What was measured, kept as JSON lines, so that a run can go on or be shown again."""

import json
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Record


@dataclass(frozen=True)
class Results:
    file: Path

    def add(self, record: Record) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")

    def all(self) -> list[Record]:
        """Return the records, the oldest first."""
        if not self.file.exists():
            return []
        return [json.loads(line) for line in self.file.read_text().splitlines()]

    def runs(self) -> dict[str, list[Record]]:
        """Return the records by run, the oldest run first."""
        runs: dict[str, list[Record]] = {}
        for record in self.all():
            runs.setdefault(record["run"], []).append(record)
        return runs
