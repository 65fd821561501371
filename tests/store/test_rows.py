"""Many rows by few statements: all of them go in, whatever their number."""

import sqlite3
from contextlib import closing
from itertools import chain

import pytest

from chat_app.store.sqlite_rows import ROWS, Rows

COUNTS = [0, 1, ROWS - 1, ROWS, ROWS + 1, 2 * ROWS + 5]


@pytest.fixture
def db():
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.execute("CREATE TABLE words (number INTEGER PRIMARY KEY, word TEXT)")
        yield db


@pytest.mark.parametrize("count", COUNTS)
def test_all_rows_go_in_and_are_counted(db, count):
    rows = [(number, f"word {number}") for number in range(count)]
    assert Rows("INSERT INTO words", 2).put(db, [*chain.from_iterable(rows)]) == count
    assert db.execute("SELECT * FROM words ORDER BY number").fetchall() == rows


@pytest.mark.parametrize("known", [0, ROWS - 1, ROWS, 2 * ROWS + 4])
def test_a_row_that_is_there_already_is_left_out_and_not_counted(db, known):
    db.execute("INSERT INTO words VALUES (?, 'known')", (known,))
    rows = [(number, "new") for number in range(2 * ROWS + 5)]
    values = [*chain.from_iterable(rows)]
    assert Rows("INSERT INTO words", 2, "ON CONFLICT DO NOTHING").put(db, values) == len(rows) - 1
    assert db.execute("SELECT number FROM words WHERE word = 'known'").fetchall() == [(known,)]
