"""Deletions in the SQLite file: written by `Appending`, within its transaction."""

import sqlite3

from chat_app.models import Deed, Draft, Kind, User
from chat_app.store.sqlite_deeds import drop_reports, write_deed
from chat_app.store.sqlite_once import repeated
from chat_app.store.sqlite_runs import arrival_of


def write_deletion(db: sqlite3.Connection, draft: Draft, room: int, seq: int, arrival: int) -> int:
    """Write a deletion as the event `seq` of the room, and erase the text of its target.

    Reports about it are done with, and where it was somebody else's that is a deed.
    Return `arrival`, where it lies then; or, having written nothing, where the event lies that
    the draft repeats. Raises LookupError if the room has no such message.
    """
    author = draft.author
    if (first := repeated(db, draft, room)) is not None:
        return first
    lies_at = arrival_of(db, room, draft.target)
    target = db.execute(
        "SELECT kind, target, author, name FROM events WHERE arrival = ?", (lies_at,)
    ).fetchone()
    if target is None or target[0] == Kind.DELETION:
        raise LookupError(f"no message has the seq {draft.target}")
    kind, deleted_by, whose, name = target
    if kind == Kind.TOMBSTONE:
        first_deletion = arrival_of(db, room, deleted_by)
        assert first_deletion is not None  # noqa: S101 - written with the tombstone
        return first_deletion
    db.execute(
        "INSERT INTO events (arrival, room, seq, id, author, name, message, at, kind, target)"
        " VALUES (?, ?, ?, ?, ?, ?, '', ?, ?, ?)",
        (
            arrival,
            room,
            seq,
            draft.id,
            author.id,
            author.name,
            draft.at,
            Kind.DELETION,
            draft.target,
        ),
    )
    db.execute(
        "UPDATE events SET message = '', kind = ?, target = ? WHERE arrival = ?",
        (Kind.TOMBSTONE, seq, lies_at),
    )
    drop_reports(db, room, draft.target)
    if whose != author.id:
        about = User(whose, name)
        write_deed(
            db, room, Deed(author, "delete", draft.at, about=about, detail=str(draft.target))
        )
    return arrival
