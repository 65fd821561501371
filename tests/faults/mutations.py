"""The server with a promise broken on purpose: `python -m tests.faults.mutations NAME …`.

A checker that stays green here proves nothing anywhere else.
"""

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from chat_app.main import main
from chat_app.models import Appended, Draft
from chat_app.store.sqlite import SqliteStore


def ack_before_commit() -> None:
    """Acknowledge and show what is inserted; commit it a moment later."""
    commits = set()

    async def append(self: SqliteStore, drafts: Sequence[Draft]) -> list[Appended]:
        await self._writing.acquire()
        self._writer.execute("BEGIN IMMEDIATE")
        appended = [self._append(draft) for draft in drafts]

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

        def execute(self, sql: str, *parameters: Any) -> Any:
            return self._writer.execute(
                sql.replace(" ON CONFLICT (id, author, room) DO NOTHING", ""), *parameters
            )

    made = SqliteStore.__init__

    def make(self: SqliteStore, writer: Any, *others: Any) -> None:
        made(self, Careless(writer), *others)  # type: ignore[arg-type]

    SqliteStore.__init__ = make  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    {"ack_before_commit": ack_before_commit, "no_unique_key": no_unique_key}[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
