"""Deeds in the SQLite file, written by whatever does them, within its transaction."""

import sqlite3

from chat_app.models import Deed


def write_deed(db: sqlite3.Connection, room: int, deed: Deed) -> None:
    """Write a deed, within the transaction of what was done."""
    about = deed.about
    db.execute(
        "INSERT INTO deeds (room, at, by, by_name, what, about, about_name, detail)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(room, deed.at, deed.by.id, deed.by.name, deed.what),
            *((about.id, about.name) if about else (None, None)),
            deed.detail,
        ),
    )


def drop_reports(db: sqlite3.Connection, room: int, seq: int) -> bool:
    """Drop the reports about a message; tell whether there were any."""
    dropped = db.execute("DELETE FROM reports WHERE room = ? AND seq = ?", (room, seq))
    return dropped.rowcount > 0
