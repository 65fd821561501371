"""The schema as it grew: one numbered file for each step, in a folder for each engine."""

import re
from functools import cache
from importlib.resources import files


@cache
def schema_steps(engine: str) -> tuple[str, ...]:
    """Return the text of schema/ENGINE/0001_*.sql, 0002_*.sql, … in order.

    `engine` is "sqlite" or "postgres". A step has the same number and name in both.
    """
    folder = files("chat_app.store").joinpath("schema", engine)
    found = sorted(
        (entry.name, entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if re.fullmatch(r"\d{4}_\w+\.sql", entry.name)
    )
    return tuple(text for _, text in found)
