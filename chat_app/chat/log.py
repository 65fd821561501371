"""The way into the log: what comes in meanwhile is the next batch."""

import asyncio
import itertools
import logging
from collections.abc import Callable, Sequence
from typing import Final

from chat_app.errors import ChatError, StoreUnavailable
from chat_app.models import Appended, Draft
from chat_app.store import Store

log = logging.getLogger(__name__)

# In one of several batches: a store ends what takes it seconds.
MOST: Final = 1000

# Hears what became of a draft, once. It may not raise.
Done = Callable[[Draft, Appended | ChatError], None]
Batch = Sequence[tuple[Draft, Done]]
Outcome = Callable[[Batch, Sequence[Appended] | ChatError], None]


class Log:
    """Gathers drafts and hands them to the store, as many batches in flight as gain by it.

    All drafts of one turn of the loop share a commit, and so do all that come in
    while a commit is under way: the slower the disk, the larger the batch. Where the
    store takes several batches at once, a room is in one of them at most, so that what
    is said in it stays in order.

    After each commit `outcome` is called with the batch, in the order in which its drafts
    came, and with what became of each of them; or, where the batch is refused, with why.
    It calls each `Done`, and may not raise.
    """

    def __init__(self, store: Store, outcome: Outcome) -> None:
        self._store = store
        self._outcome = outcome
        self._waiting: list[tuple[Draft, Done]] = []
        self._wake = asyncio.Event()
        self._closing = False
        self._in_flight = 0
        # Rooms in a batch that is in flight, and what has come for them meanwhile.
        self._busy: dict[str, list[tuple[Draft, Done]]] = {}
        write = self._write() if store.batches == 1 else self._write_side_by_side()
        self._task = asyncio.create_task(write, name="log")

    def append(self, draft: Draft, done: Done) -> None:
        """Have `draft` committed with the next batch; `done` hears of it."""
        if self._closing:
            error = StoreUnavailable("The server is going down.", retry_ms=2000)
            self._outcome([(draft, done)], error)
            return
        self._waiting.append((draft, done))
        if len(self._waiting) == 1:
            self._wake.set()

    async def close(self) -> None:
        """Commit what has come in and stop."""
        self._closing = True
        self._wake.set()
        await self._task

    async def _write(self) -> None:
        while not (self._closing and not self._waiting):
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                # What the turn that comes brings, too: a commit costs as much as ten messages.
                await asyncio.sleep(0)
                batch, self._waiting = self._waiting, []
                await self._commit(batch)

    async def _write_side_by_side(self) -> None:
        async with asyncio.TaskGroup() as commits:
            while not (self._closing and not self._waiting and not self._in_flight):
                await self._wake.wait()
                self._wake.clear()
                await asyncio.sleep(0)
                while self._waiting and self._in_flight < self._store.batches:
                    batch = self._take()
                    if batch:
                        self._in_flight += 1
                        commits.create_task(self._commit_beside(batch), name="commit")

    def _take(self) -> list[tuple[Draft, Done]]:
        """Return the next batch; put aside what is for a room that is in flight already."""
        taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        batch: list[tuple[Draft, Done]] = []
        for item in taken:
            later = self._busy.get(item[0].room_key)
            (batch if later is None else later).append(item)
        self._busy.update((draft.room_key, []) for draft, _ in batch)
        return batch

    async def _commit_beside(self, batch: list[tuple[Draft, Done]]) -> None:
        await self._commit(batch)
        later = [self._busy.pop(room) for room in {draft.room_key for draft, _ in batch}]
        # Before what has come since: it may be for the same rooms.
        self._waiting[:0] = itertools.chain.from_iterable(later)
        self._in_flight -= 1
        self._wake.set()

    async def _commit(self, batch: Batch) -> None:
        try:
            appended = await self._store.append([draft for draft, _ in batch])
        except ChatError as error:
            self._outcome(batch, error)
        except Exception:
            # A fault of ours, and nothing of the batch is in the log. If one of the
            # drafts brought it about, the others must not suffer for it.
            log.exception("a batch of %d could not be stored", len(batch))
            if len(batch) == 1:
                self._outcome(batch, StoreUnavailable("The message could not be stored."))
            for one in batch if len(batch) > 1 else ():
                await self._commit([one])
        else:
            self._outcome(batch, appended)
