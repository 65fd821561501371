"""Batches on their way into the store: how many, of what, in which order."""

import asyncio
from collections import defaultdict

import pytest

from chat_app.chat import log
from chat_app.chat.log import Log
from chat_app.models import Appended, Draft, Event, User

ANN = User("u_ann", "Ann")


class SlowStore:
    """A store whose commits end when the test says so."""

    def __init__(self, batches):
        self.batches = batches
        self.in_flight = []  # (the batch as texts, its future)
        self.started = asyncio.Event()

    async def append(self, drafts):
        done = asyncio.get_running_loop().create_future()
        self.in_flight.append(([draft.id for draft in drafts], done))
        self.started.set()
        await done
        return [
            Appended(Event(d.room_key, 1, d.id, d.author, d.message, d.at), duplicate=False)
            for d in drafts
        ]

    async def under_way(self, *expected):
        """Wait until just these batches are in flight."""
        while [batch for batch, _ in self.in_flight] != list(expected):
            self.started.clear()
            await self.started.wait()

    def commit(self, number=0):
        self.in_flight.pop(number)[1].set_result(None)


@pytest.fixture
def gathered():
    return defaultdict(list)


@pytest.fixture
def opened(gathered):
    def opened(store):
        def outcome(batch, results):
            for (draft, done), _ in zip(batch, results, strict=True):
                gathered[draft.room_key].append(draft.id)
                done(draft, None)

        return Log(store, outcome)

    return opened


def say(log, *ids):
    """Append drafts; the letter that an id begins with is its room."""
    for id in ids:
        log.append(Draft(id[0], id[0], id, ANN, "hi", 0), lambda *_: None)


async def test_one_batch_after_the_other_where_the_store_takes_one(opened, gathered):
    store = SlowStore(1)
    log = opened(store)
    say(log, "a1", "b1")
    await store.under_way(["a1", "b1"])
    say(log, "a2", "c1")
    store.commit()
    await store.under_way(["a2", "c1"])
    store.commit()
    await log.close()
    assert gathered == {"a": ["a1", "a2"], "b": ["b1"], "c": ["c1"]}


async def test_batches_for_different_rooms_go_side_by_side(opened, gathered):
    store = SlowStore(4)
    log = opened(store)
    say(log, "a1", "b1")
    await store.under_way(["a1", "b1"])
    say(log, "a2", "c1")
    await store.under_way(["a1", "b1"], ["c1"])
    say(log, "a3", "c2", "d1")
    await store.under_way(["a1", "b1"], ["c1"], ["d1"])
    store.commit(0)
    await store.under_way(["c1"], ["d1"], ["a2", "a3"])
    store.commit(1)
    store.commit(1)
    store.commit(0)
    await store.under_way(["c2"])
    store.commit()
    await log.close()
    assert gathered == {"a": ["a1", "a2", "a3"], "b": ["b1"], "c": ["c1", "c2"], "d": ["d1"]}


async def test_no_more_are_in_flight_than_the_store_takes(opened, gathered):
    store = SlowStore(2)
    log = opened(store)
    say(log, "a1")
    await store.under_way(["a1"])
    say(log, "b1")
    await store.under_way(["a1"], ["b1"])
    say(log, "c1")
    say(log, "d1", "a2")
    store.commit(1)
    await store.under_way(["a1"], ["c1", "d1"])
    assert gathered == {"b": ["b1"]}
    store.commit()
    await store.under_way(["c1", "d1"], ["a2"])
    store.commit()
    store.commit()
    await log.close()


async def test_a_batch_is_bounded_and_its_room_stays_in_order(opened, gathered, monkeypatch):
    monkeypatch.setattr(log, "MOST", 2)
    store = SlowStore(4)
    opened_log = opened(store)
    say(opened_log, "a1", "a2", "a3", "b1", "a4")
    await store.under_way(["a1", "a2"], ["b1"])
    say(opened_log, "a5")
    store.commit(1)
    store.commit()
    for batch in (["a3", "a4"], ["a5"]):
        await store.under_way(batch)
        store.commit()
    await opened_log.close()
    assert gathered["a"] == ["a1", "a2", "a3", "a4", "a5"]


async def test_what_waits_is_committed_before_it_closes(opened, gathered):
    store = SlowStore(4)
    log = opened(store)
    say(log, "a1")
    await store.under_way(["a1"])
    say(log, "a2")
    closing = asyncio.create_task(log.close())
    store.commit()
    await store.under_way(["a2"])
    assert not closing.done()
    store.commit()
    await closing
    assert gathered["a"] == ["a1", "a2"]
