"""What a run must not do: lose, double or reorder, or keep other than it showed."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from bench.load import Measured

# What the load generator counts, and what it means.
WRONG = {
    "refused": "connections refused",
    "closed": "connections closed by the server",
    "lost": "deliveries lost",
    "extra": "deliveries of nothing sent",
    "missing": "messages missing in a receiver's order",
    "repeated": "messages doubled or out of order",
    "misrouted": "messages shown in another room",
    "orders": "members that saw another order than the first of their room",
    "malformed": "frames or answers that are malformed",
}


def at_the_receivers(measured: Measured) -> list[str]:
    return [f"{measured[name]:,} {what}" for name, what in WRONG.items() if measured[name]]


def on_disk(database: Path, runs: Sequence[Measured]) -> list[str]:
    """Return how the log in `database`, closed by now, differs from what was sent."""
    sent = sum(measured["sent"] for measured in runs)
    connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
    try:
        (rows,) = connection.execute("SELECT count(*) FROM events").fetchone()
        gaps = connection.execute(
            "SELECT count(*) FROM"
            " (SELECT room FROM events GROUP BY room HAVING max(seq) != count(*))"
        ).fetchone()[0]
    finally:
        connection.close()
    violations = [] if rows == sent else [f"{rows:,} rows on disk for {sent:,} messages sent"]
    return violations + ([f"{gaps:,} rooms whose seq has gaps"] if gaps else [])
