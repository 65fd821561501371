"""The log against the simplest model of it: a list for each room.

Hypothesis appends, repeats, fails, kills and pages in any order that it can think of.
"""

import asyncio
import itertools
import tempfile
from functools import partial
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chat_app.config import Storage
from chat_app.errors import StoreUnavailable
from chat_app.models import Draft, User
from chat_app.store import open_store
from chat_app.store.postgres_pool import Lost
from tests.store.test_sqlite import FailingDisk

ROOMS = st.sampled_from(["a", "b"])
IDS = st.sampled_from([f"id-{number}" for number in range(6)])
DRAFTS = st.builds(
    lambda room, author, id, text: Draft(room, room.upper(), id, User(author, author), text, 0),
    ROOMS,
    st.sampled_from(["ann", "ben"]),
    IDS,
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=5
    ),
)


class LogMachine(RuleBasedStateMachine):
    def __init__(self, storage: Storage) -> None:
        super().__init__()
        self.storage = storage
        self.runner = asyncio.Runner()
        self.rooms: dict[str, list[Draft]] = {"a": [], "b": []}
        self.deleted: dict[tuple[str, int], int] = {}  # by which seq a message was deleted
        self.store: Any = None
        self.open()

    def open(self) -> None:
        self.store = self.runner.run(open_store(self.storage))

    def place(self, draft: Draft) -> int | None:
        """Return the seq under which the model has this message."""
        for seq, known in enumerate(self.rooms[draft.room_key], start=1):
            if (known.id, known.author) == (draft.id, draft.author):
                return seq
        return None

    @rule(batch=st.lists(DRAFTS, min_size=1, max_size=8))
    def append(self, batch: list[Draft]) -> None:
        for draft, outcome in zip(batch, self.runner.run(self.store.append(batch)), strict=True):
            known = self.place(draft)
            if known is None:
                self.rooms[draft.room_key].append(draft)
            first = self.rooms[draft.room_key][(known or 0) - 1]
            assert outcome.duplicate == (known is not None)
            assert outcome.event.seq == (known or len(self.rooms[draft.room_key]))
            gone = (draft.room_key, outcome.event.seq) in self.deleted
            assert outcome.event.message == ("" if gone else first.message)

    @rule(room=ROOMS, pick=st.integers(0, 20), id=IDS, twice=st.booleans())
    def delete(self, room: str, pick: int, id: str, twice: bool) -> None:
        """Delete a message, once or twice in one batch, under an id that may be taken."""
        said = [seq for seq, d in enumerate(self.rooms[room], start=1) if not d.target]
        if not said:
            return
        target = said[pick % len(said)]
        draft = Draft(room, room.upper(), id, User("ann", "ann"), "", 0, target)
        batch = [draft, msgspec.structs.replace(draft)][: 1 + twice]
        for outcome in self.runner.run(self.store.append(batch)):
            known = self.place(draft) or self.deleted.get((room, target))
            if known is None:
                self.rooms[room].append(draft)
                self.deleted[room, target] = len(self.rooms[room])
            assert outcome.duplicate == (known is not None)
            assert outcome.event.seq == (known or len(self.rooms[room]))

    @rule()
    def restart(self) -> None:
        self.runner.run(self.store.close())
        self.open()

    @rule(room=ROOMS, before=st.none() | st.integers(1, 20), limit=st.integers(1, 5))
    def page_back(self, room: str, before: int | None, limit: int) -> None:
        events = self.runner.run(self.store.events(room, before=before, limit=limit))
        top = len(self.rooms[room]) if before is None else min(before - 1, len(self.rooms[room]))
        assert [event.seq for event in events] == list(range(max(top - limit, 0) + 1, top + 1))

    @rule(room=ROOMS, after=st.integers(0, 20), limit=st.integers(1, 5))
    def page_on(self, room: str, after: int, limit: int) -> None:
        events = self.runner.run(self.store.events(room, after=after, limit=limit))
        end = min(after + limit, len(self.rooms[room]))
        assert [event.seq for event in events] == list(range(after + 1, end + 1))

    @precondition(lambda self: self.store is not None)
    @invariant()
    def the_log_is_the_model(self) -> None:
        for room, drafts in self.rooms.items():
            events = self.runner.run(self.store.events(room, limit=1000))
            assert [(e.seq, e.user, e.id, e.message, e.target) for e in events] == [
                (seq, d.author, d.id, "", d.target or gone)
                if d.target or (gone := self.deleted.get((room, seq)))
                else (seq, d.author, d.id, d.message, 0)
                for seq, d in enumerate(drafts, start=1)
            ]
            known = self.runner.run(self.store.room(room))
            assert (known.top if known else 0) == len(drafts)

    def teardown(self) -> None:
        self.runner.run(self.store.close())
        self.runner.close()


class SqliteMachine(LogMachine):
    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        super().__init__(Storage(folder=self.folder.name))

    @rule(batch=st.lists(DRAFTS, min_size=1, max_size=4), at=st.integers(0, 12))
    def append_on_a_failing_disk(self, batch: list[Draft], at: int) -> None:
        """The disk fails at some statement; none may have had an effect, if one failed."""
        statements = iter(range(100))
        writer = self.store._writer
        self.store._writer = FailingDisk(writer, lambda *_: next(statements) == at)
        try:
            self.append(batch)
        except StoreUnavailable:
            pass
        finally:
            self.store._writer = writer

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()


class PostgresMachine(LogMachine):
    def __init__(self, schema: Any) -> None:
        self.clock = itertools.count(1)
        super().__init__(Storage(url=schema(), durability="process"))

    @rule(batch=st.lists(DRAFTS, min_size=1, max_size=4), lost=st.sets(st.integers(0, 3)))
    def append_over_a_failing_connection(self, batch: list[Draft], lost: set[int]) -> None:
        """Replies are lost, and the batch has one place in the log all the same."""
        # Who comes in the same millisecond may be told of as the first, see `_append`.
        batch = [msgspec.structs.replace(draft, at=next(self.clock)) for draft in batch]
        calls = iter(range(100))
        fetch = self.store._writers.fetch

        async def lose(sql: str, *values: object) -> Any:
            rows = await fetch(sql, *values)
            if next(calls) in lost:
                raise Lost("lost")
            return rows

        with (
            patch.object(self.store._writers, "fetch", lose),
            patch("chat_app.store.postgres._BETWEEN_SECONDS", 0),
        ):
            self.append(batch)


SETTINGS = settings(stateful_step_count=25, deadline=None, derandomize=True)


def test_sqlite_is_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat_app.store.sqlite_runs.RUN", 3)  # so that some become whole
    run_state_machine_as_test(SqliteMachine, settings=settings(SETTINGS, max_examples=25))


def test_postgresql_is_the_model(postgres: Any) -> None:
    machine: Any = partial(PostgresMachine, postgres.schema)
    run_state_machine_as_test(machine, settings=settings(SETTINGS, max_examples=10))
