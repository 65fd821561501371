"""Logs of a given length, made once and kept under .bench/logs."""

import sqlite3
from pathlib import Path

from tqdm import tqdm

from bench.build import BUILT
from bench.programs import ours
from bench.server import serving

ROOM = "room0"
CHUNK = 100_000  # rows in a transaction
_ROWS = """
    INSERT INTO events (room, seq, id, author, name, message, at)
    WITH RECURSIVE numbers (seq) AS (SELECT :first UNION ALL SELECT seq + 1 FROM numbers
                                     WHERE seq < :last)
    SELECT 1, seq, printf('fill-%022d', seq), 'u_000000000000f111', 'Filler',
           printf('Message number %d of a room in which much was said already.', seq),
           1700000000000 + 1000 * seq
    FROM numbers
"""

# What the program writes with them (store/sqlite_runs.py); here the arrival is the seq.
_RUNS = """
    INSERT INTO runs SELECT 1, min(seq), min(seq) || replace(hex(zeroblob(31)), '00', '+1')
    FROM events
    WHERE arrival BETWEEN :first AND :last GROUP BY (seq - 1) / 32 HAVING count(*) = 32
"""
_OPEN_RUN = """
    REPLACE INTO open_runs SELECT 1, :last, coalesce(
        min(seq) || replace(hex(zeroblob(count(*) - 1)), '00', '+1'), '')
    FROM events WHERE arrival > :last - :last % 32
"""


def filled_folder(length: int, place: Path = BUILT / "logs") -> Path:
    """Return a storage folder whose one room, ROOM, has `length` messages.

    The program itself makes the database; the rows go into it past the program, which
    would take a thousand times as long.
    """
    folder = place / f"{length}"
    mark = folder / "filled"
    if not mark.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with serving(ours, folder):
            pass
        _fill(folder / "data" / "chat.db", length)
        mark.touch()
    return folder


def _fill(database: Path, length: int) -> None:
    db = sqlite3.connect(database, isolation_level=None)
    try:
        # A fill that is cut short is begun anew, from what is there already.
        db.execute("PRAGMA synchronous = OFF")
        db.execute(
            "INSERT OR IGNORE INTO rooms (id, key, name, created_at) VALUES (1, ?, ?, 0)",
            (ROOM, ROOM),
        )
        db.execute("INSERT OR IGNORE INTO users VALUES ('u_000000000000f111', 'Filler', 0)")
        (top,) = db.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()
        with tqdm(total=length, initial=top, unit="row", leave=False, disable=None) as bar:
            for first in range(top + 1, length + 1, CHUNK):
                last = min(first + CHUNK - 1, length)
                db.execute("BEGIN")
                for statement in (_ROWS, _RUNS, _OPEN_RUN):
                    db.execute(statement, {"first": first, "last": last})
                db.execute("COMMIT")
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                bar.update(last - first + 1)
    finally:
        db.close()
