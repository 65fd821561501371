"""That a message is in the log once: what only one event may have is its id, author and room.

The index of them leaves out ids of the server's own. Those repeat nothing, and to keep them in
order was a fifth of what a commit wrote, with many small rooms.
"""

import sqlite3
from typing import Final

from chat_app.models import OWN, Draft

# As the schema has the index: SQLite uses it where it is asked for in these words.
_INDEXED: Final = f"id < '{OWN}'"

ONCE: Final = f"ON CONFLICT (id, author, room) WHERE {_INDEXED} DO NOTHING"


def repeated(db: sqlite3.Connection, draft: Draft, room: int) -> int | None:
    """Return where the event lies that the draft repeats; None if it is new."""
    row = db.execute(
        f"SELECT arrival FROM events WHERE id = ? AND author = ? AND room = ? AND {_INDEXED}",
        (draft.id, draft.author.id, room),
    ).fetchone()
    return row and int(row[0])
