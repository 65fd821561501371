"""Where events lie: what a room's runs say, beside what its rows say."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec import structs

from chat_app.config import Storage
from chat_app.errors import StoreUnavailable
from chat_app.store import open_store
from chat_app.store.backup import check
from chat_app.store.sqlite import open_sqlite
from chat_app.store.sqlite_runs import RUN
from chat_app.store.steps import schema_steps
from tests.store.test_store import ANN, draft, seqs

MANY = 2 * RUN + 5


@pytest.fixture
def storage(tmp_path):
    return Storage(folder=str(tmp_path / "data"))


async def wrong(storage):
    return await asyncio.to_thread(check, storage.file, lambda done, total: None)


async def said(store, count, room="lobby"):
    for number in range(count):
        await store.append([draft(f"id-{number}", room=room)])


@pytest.mark.parametrize("count", [1, RUN - 1, RUN, RUN + 1, 2 * RUN, MANY])
async def test_a_page_of_any_size_is_a_slice_of_the_log(store, count):
    await said(store, 3, "other")
    await said(store, count)
    await said(store, 3, "third")
    log = list(range(1, count + 1))
    for seq in range(count + 2):
        for limit in (1, RUN - 1, RUN, RUN + 1, count):
            assert await seqs(store, after=seq, limit=limit) == log[seq : seq + limit]
            assert await seqs(store, before=seq, limit=limit) == log[: max(seq - 1, 0)][-limit:]
    assert await seqs(store, limit=RUN) == log[-RUN:]
    assert await seqs(store, after=-1, limit=1) == log[:1]


@pytest.mark.parametrize("at_once", [1, 7, RUN, MANY])
async def test_runs_say_where_the_rows_are_however_they_came(store, storage, at_once):
    drafts = [draft(f"id-{number}", room="ab"[number % 2]) for number in range(2 * MANY)]
    for first in range(0, len(drafts), at_once):
        await store.append(drafts[first : first + at_once])
    assert not await wrong(storage)


async def test_what_is_undone_leaves_no_run(store, storage):
    """A batch that repeats a message is begun anew, and one that fails is not written."""
    await said(store, RUN - 1)
    (repeated, new) = await store.append([draft("id-0"), draft("id-new")])
    assert (repeated.duplicate, new.event.seq) == (True, RUN)
    with pytest.raises(LookupError):
        await store.append([draft("id-gone"), structs.replace(draft("id-x"), target=999)])
    await store.append([draft("id-last")])
    assert await seqs(store) == list(range(1, RUN + 2))
    assert not await wrong(storage)


@pytest.mark.parametrize("version", [5, 6])
async def test_a_log_of_an_older_version_gets_its_runs(storage, version):
    """Version 5 had none, and 6 wrote of each event of a run where it lies."""
    Path(storage.folder).mkdir()
    with closing(sqlite3.connect(storage.file)) as db, db:
        for step in schema_steps("sqlite")[:5]:
            db.executescript(step)
        db.execute("INSERT INTO users VALUES (?, ?, 0)", (ANN.id, ANN.name))
        rooms = [(1, "lobby", MANY), (2, "whole", RUN), (3, "few", 3), (4, "silent", 0)]
        for room, key, _ in rooms:
            db.execute(
                "INSERT INTO rooms (id, key, name, created_at) VALUES (?, ?, ?, 0)",
                (room, key, key),
            )
        for number in range(1, MANY + 1):
            for room, _, count in rooms:
                if number <= count:
                    db.execute(
                        "INSERT INTO events (room, seq, id, author, name, message, at)"
                        " VALUES (?, ?, ?, ?, ?, ?, 0)",
                        (room, number, f"id-{number - 1}", ANN.id, ANN.name, "hi"),
                    )
        for step in schema_steps("sqlite")[5:version]:
            db.executescript(step)
        db.execute(f"PRAGMA user_version = {version}")
    assert not await wrong(storage)
    store = await open_store(storage)
    try:
        assert not await wrong(storage)
        for _, key, count in rooms:
            assert await seqs(store, key) == list(range(1, count + 1))
            (appended,) = await store.append([draft("id-new", room=key)])
            assert appended.event.seq == count + 1
        await said(store, 2 * RUN, "few")
        assert await seqs(store, "few") == list(range(1, 2 * RUN + 2))
        (repeated,) = await store.append([draft("id-0")])
        assert (repeated.event.seq, repeated.duplicate) == (1, True)
        assert not await wrong(storage)
    finally:
        await store.close()


async def test_rows_that_lie_elsewhere_than_thought_are_refused(storage):
    store = await open_sqlite(storage.file, "full")
    try:
        await said(store, 3)
        store._appending._arrival = 9
        with pytest.raises(StoreUnavailable):
            await store.append([draft("id-3"), draft("id-4")])
        (appended,) = await store.append([draft("id-3")])
        assert appended.event.seq == 4
    finally:
        await store.close()
    assert not await wrong(storage)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE open_runs SET arrivals = '1'",
        "DELETE FROM open_runs",
        "DELETE FROM runs",
        "UPDATE runs SET arrivals = replace(arrivals, '+1+', '+2+')",
    ],
)
async def test_a_check_finds_runs_that_say_otherwise(store, storage, damage):
    await said(store, MANY)
    assert not await wrong(storage)
    with closing(sqlite3.connect(storage.file)) as db, db:
        assert db.execute(damage).rowcount
    assert await wrong(storage) == ["room 'lobby': its runs say otherwise where its events lie"]
