"""Deletions in the SQLite file: written by `SqliteStore`, within its transaction."""

import sqlite3

from chat_app.models import Deed, Draft, Kind, User
from chat_app.store.sqlite_deeds import drop_reports, write_deed


def write_deletion(db: sqlite3.Connection, draft: Draft, room: int, seq: int) -> int:
    """Write a deletion as the event `seq` of the room, and erase the text of its target.

    Reports about it are done with, and where it was somebody else's that is a deed.
    Return `seq`, or the seq of the event that the draft repeats: then nothing was written.
    Raises LookupError if the room has no such message.
    """
    author = draft.author
    first = db.execute(
        "SELECT seq FROM events WHERE id = ? AND author = ? AND room = ?",
        (draft.id, author.id, room),
    ).fetchone()
    if first is not None:
        return int(first[0])
    target = db.execute(
        "SELECT kind, target, author, name FROM events WHERE room = ? AND seq = ?",
        (room, draft.target),
    ).fetchone()
    if target is None or target[0] == Kind.DELETION:
        raise LookupError(f"no message has the seq {draft.target}")
    kind, deleted_by, whose, name = target
    if kind == Kind.TOMBSTONE:
        return int(deleted_by)
    db.execute(
        "INSERT INTO events (room, seq, id, author, name, message, at, kind, target)"
        " VALUES (?, ?, ?, ?, ?, '', ?, ?, ?)",
        (room, seq, draft.id, author.id, author.name, draft.at, Kind.DELETION, draft.target),
    )
    db.execute(
        "UPDATE events SET message = '', kind = ?, target = ? WHERE room = ? AND seq = ?",
        (Kind.TOMBSTONE, seq, room, draft.target),
    )
    drop_reports(db, room, draft.target)
    if whose != author.id:
        about = User(whose, name)
        write_deed(
            db, room, Deed(author, "delete", draft.at, about=about, detail=str(draft.target))
        )
    return seq
