"""The server with a promise broken on purpose: `python -m tests.faults.mutations NAME …`.

A checker that stays green here proves nothing anywhere else.
"""

import asyncio
import sqlite3
import sys
from collections.abc import Sequence
from typing import Any

from chat_app.chat.news import News
from chat_app.main import main
from chat_app.models import Appended, Draft
from chat_app.store import sqlite_deletions, sqlite_log
from chat_app.store.sqlite import SqliteStore
from chat_app.store.sqlite_once import ONCE
from chat_app.store.sqlite_runs import arrival_of


def ack_before_commit() -> None:
    """Acknowledge and show what is inserted; commit it a moment later."""
    commits = set()

    async def append(self: SqliteStore, drafts: Sequence[Draft]) -> list[Appended]:
        await self._writing.acquire()
        self._writer.execute("BEGIN IMMEDIATE")
        appended = self._appending.append(self._writer, drafts)

        async def commit() -> None:
            await asyncio.sleep(0.02)
            await self._commit()
            self._writing.release()

        commits.add(asyncio.create_task(commit()))
        return appended

    SqliteStore.append = append  # type: ignore[method-assign]


def no_unique_key() -> None:
    """Insert whatever comes, as often as it comes."""

    class Careless:
        def __init__(self, writer: Any) -> None:
            self._writer = writer
            writer.execute("DROP INDEX IF EXISTS events_once")

        def __getattr__(self, name: str) -> Any:
            return getattr(self._writer, name)

        def execute(self, sql: str, *values: Any) -> Any:
            return self._writer.execute(sql.replace(ONCE, ""), *values)

        def executemany(self, sql: str, rows: Any) -> Any:
            return self._writer.executemany(sql.replace(ONCE, ""), rows)

    made = SqliteStore.__init__

    def make(self: SqliteStore, writer: Any, *others: Any) -> None:
        made(self, Careless(writer), *others)  # type: ignore[arg-type]

    SqliteStore.__init__ = make  # type: ignore[method-assign, assignment]


def deletion_keeps_text() -> None:
    """Write the deletion, acknowledge and show it; leave what it should have erased."""

    def write_deletion(
        db: sqlite3.Connection, draft: Draft, room: int, seq: int, arrival: int
    ) -> int:
        lies_at = arrival_of(db, room, draft.target)
        found = db.execute(
            "SELECT message, kind, target FROM events WHERE arrival = ?", (lies_at,)
        ).fetchone()
        written = sqlite_deletions.write_deletion(db, draft, room, seq, arrival)
        db.execute(
            "UPDATE events SET message = ?, kind = ?, target = ? WHERE arrival = ?",
            (*found, lies_at),
        )
        return written

    sqlite_log.write_deletion = write_deletion  # type: ignore[attr-defined]


def no_tops() -> None:
    """Believe that what nobody told was not said."""

    async def compare(self: News) -> None:
        self._unsure.clear()

    News._compare = compare  # type: ignore[method-assign]


if __name__ == "__main__":
    MUTATIONS = (ack_before_commit, no_unique_key, deletion_keeps_text, no_tops)
    {mutation.__name__: mutation for mutation in MUTATIONS}[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
