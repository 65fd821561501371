"""Many rows by few statements.

To run a statement costs nearly as much as to put in a row: Python gives its lock away and
takes it again, SQLite begins and ends. `executemany` does that for every row.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

ROWS: Final = 32  # by one statement; 10 bring two thirds of what 200 do


class Rows:
    """A statement that puts rows of a number of `columns` into a table."""

    def __init__(self, before: str, columns: int, after: str = "") -> None:
        """`before` and `after`: the SQL around VALUES (...), (...)."""
        self._columns = columns
        row = f"({', '.join('?' * columns)})"
        self._one = f"{before} VALUES {row} {after}"
        self._many = f"{before} VALUES {', '.join([row] * ROWS)} {after}"

    def put(self, db: sqlite3.Connection, values: Sequence[Any]) -> int:
        """Put in the rows of these values, one row's after the other's; return how many went in."""
        many = self._columns * ROWS
        whole = len(values) - len(values) % many
        count = 0
        for start in range(0, whole, many):
            count += db.execute(self._many, values[start : start + many]).rowcount
        if whole < len(values):
            rest = zip(*[iter(values[whole:])] * self._columns, strict=True)
            count += db.executemany(self._one, rest).rowcount
        return count
