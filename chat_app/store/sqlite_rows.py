"""Many rows by few statements.

To run a statement costs nearly as much as to put in a row: Python gives its lock away and
takes it again, SQLite begins and ends. `executemany` does that for every row.
"""

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

ROWS: Final = 32  # by one statement; 10 bring two thirds of what 200 do


class Rows:
    """A statement that puts rows of a number of `columns` into a table."""

    def __init__(self, before: str, columns: int, after: str = "") -> None:
        """`before` and `after`: the SQL around VALUES (...), (...)."""
        row = f"({', '.join('?' * columns)})"
        self._one = f"{before} VALUES {row} {after}"
        self._many = f"{before} VALUES {', '.join([row] * ROWS)} {after}"

    def put(self, db: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> int:
        """Put the rows in; return how many of them went in."""
        rest = len(rows) % ROWS
        whole = len(rows) - rest
        count = 0
        for start in range(0, whole, ROWS):
            values = tuple(chain.from_iterable(rows[start : start + ROWS]))
            count += db.execute(self._many, values).rowcount
        if rest:
            count += db.executemany(self._one, rows[whole:]).rowcount
        return count
