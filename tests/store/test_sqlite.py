"""What is SQLite's own: its file, its schema, its transactions."""

import asyncio
import sqlite3
import threading
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chat_app.config import Storage
from chat_app.errors import StartError, StoreUnavailable
from chat_app.models import OWN, User
from chat_app.store import open_store, open_store_beside
from chat_app.store.steps import schema_steps
from tests.store.test_store import draft, seqs

NUMBER_OF_SCHEMAS = len(schema_steps("sqlite"))


@pytest.fixture
def storage(tmp_path):
    return Storage(folder=str(tmp_path / "data"))


async def test_ids_of_the_servers_own_are_not_kept_in_order(store, storage):
    """They repeat nothing: see `chat_app.store.sqlite_once`."""
    await store.append([draft("id-1"), draft(f"{OWN}1"), draft(f"{OWN}2"), draft("id-2")])
    await store.append([draft("id-1"), draft(f"{OWN}3")])  # looked up one by one
    assert await seqs(store) == [1, 2, 3, 4, 5]
    with closing(sqlite3.connect(storage.file)) as db:
        kept = f"SELECT id FROM events INDEXED BY events_once WHERE id < '{OWN}' ORDER BY id"
        assert db.execute(kept).fetchall() == [("id-1",), ("id-2",)]
        with pytest.raises(sqlite3.OperationalError, match="no query solution"):
            db.execute("SELECT id FROM events INDEXED BY events_once")


async def test_what_a_draft_repeats_is_found_by_the_index(store, storage):
    await store.append([draft("id-1")])
    asked: list[str] = []
    store._writer.set_trace_callback(asked.append)
    assert (await store.append([draft("id-1")]))[0].duplicate
    (found,) = [sql for sql in asked if sql.startswith("SELECT arrival FROM events WHERE id")]
    with closing(sqlite3.connect(storage.file)) as db:
        ((*_, plan),) = db.execute(f"EXPLAIN QUERY PLAN {found}").fetchall()
    assert "events_once" in plan


async def test_the_folder_is_for_its_owner_alone(store, storage):
    assert Path(storage.folder).stat().st_mode & 0o777 == 0o700


async def test_a_folder_of_somebody_elses_keeps_its_mode(storage):
    folder = Path(storage.folder)
    folder.mkdir(mode=0o755)
    (folder / "theirs").write_text("")
    await (await open_store(storage)).close()
    assert folder.stat().st_mode & 0o777 == 0o755


async def test_the_log_waits_for_the_disk(store):
    assert store._writer.execute("PRAGMA synchronous").fetchone() == (2,)
    assert store._writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)


class FailingDisk:
    """A connection on which one statement fails."""

    def __init__(self, writer, failing):
        self.writer, self.failing = writer, failing

    def __getattr__(self, name):
        return getattr(self.writer, name)

    def execute(self, sql, *parameters):
        if self.failing(sql, *parameters):
            raise sqlite3.OperationalError("database or disk is full")
        return self.writer.execute(sql, *parameters)

    def executemany(self, sql, rows):
        return SimpleNamespace(rowcount=sum(self.execute(sql, row).rowcount for row in rows))


async def test_nobody_reads_what_is_not_committed(store, monkeypatch):
    """While the commit waits for the disk, the event is not there yet, and the loop is free."""
    disk: Future[None] = Future()
    writer = store._writer

    class SlowDisk:
        def __getattr__(self, name):
            return getattr(writer, name)

        def execute(self, sql, *parameters):
            if sql == "COMMIT":
                assert threading.current_thread() is not threading.main_thread()
                disk.result()
            return writer.execute(sql, *parameters)

    store._writer = SlowDisk()
    appending = asyncio.create_task(store.append([draft("id-1")]))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not appending.done()
    assert await seqs(store) == []
    disk.set_result(None)
    await appending
    assert await seqs(store) == [1]


@pytest.mark.parametrize("fails", [False, True])
async def test_without_waiting_for_the_disk_only_its_checkpoints_are_beside_the_loop(
    tmp_path, monkeypatch, fails
):
    monkeypatch.setattr("chat_app.store.sqlite._CHECKPOINT_COMMITS", 3)
    storage = Storage(folder=str(tmp_path / "data"), durability="process")
    store: Any = await open_store(storage)
    ran = []

    class Watched(FailingDisk):
        def execute(self, sql, *parameters):
            ran.append((sql.split()[0], threading.current_thread() is threading.main_thread()))
            return super().execute(sql, *parameters)

    store._writer = Watched(store._writer, lambda sql, *_: fails and "wal_checkpoint" in sql)
    for number in range(7):
        await store.append([draft(f"id-{number}")])
    assert [beside for verb, beside in ran if verb == "COMMIT"] == [True] * 7
    assert [beside for verb, beside in ran if verb == "PRAGMA"] == [False] * 2
    assert await seqs(store) == list(range(1, 8))
    await store.close()


async def test_somebody_elses_lock_on_the_file_is_not_waited_for(store, storage):
    shell = sqlite3.connect(storage.file, isolation_level=None)
    shell.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable):
        await store.append([draft("id-1")])
    shell.execute("ROLLBACK")
    shell.close()
    await store.append([draft("id-1")])
    assert await seqs(store) == [1]


@pytest.mark.parametrize(
    "failing",
    [
        lambda sql, *_: sql.startswith("BEGIN"),
        lambda sql, *_: sql == "COMMIT",
        lambda sql, *values: "INTO events" in sql and "id-3" in values[0],
        lambda sql, *_: "INTO rooms" in sql,
    ],
    ids=["begin", "commit", "second row", "room"],
)
async def test_a_batch_that_fails_leaves_nothing_and_the_next_is_numbered_from_there(
    store, failing
):
    await store.append([draft("id-1")])
    writer, store._writer = store._writer, FailingDisk(store._writer, failing)
    with pytest.raises(StoreUnavailable) as refused:
        await store.append([draft("id-2"), draft("id-3"), draft("id-4", room="new")])
    assert refused.value.retry_ms
    store._writer = writer
    await store.check()

    (appended,) = await store.append([draft("id-2")])
    assert (appended.event.seq, appended.duplicate) == (2, False)
    assert await seqs(store) == [1, 2]
    assert await store.room("new") is None


@pytest.mark.parametrize("statement", ["BEGIN IMMEDIATE", "COMMIT"])
async def test_a_check_fails_where_a_message_would(store, statement):
    writer = store._writer
    store._writer = FailingDisk(writer, lambda sql, *_: sql == statement)
    with pytest.raises(StoreUnavailable):
        await store.check()
    store._writer = writer
    await store.check()


async def test_a_cancelled_append_leaves_the_store_usable(store):
    task = asyncio.create_task(store.append([draft("id-1")]))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (appended,) = await store.append([draft("id-2")])
    assert await seqs(store) == list(range(1, appended.event.seq + 1))


async def test_a_rename_waits_for_the_batch_before_it(store):
    await asyncio.gather(
        store.append([draft("id-1")]),
        store.accounts.rename(User("u_ann", "Anna"), ["anna"]),
        store.secret("x"),
    )
    assert await store.accounts.known("u_ann") == (User("u_ann", "Anna"), False)


async def test_a_database_of_a_newer_version_is_not_touched(storage):
    await (await open_store(storage)).close()
    newer = NUMBER_OF_SCHEMAS + 1
    with sqlite3.connect(storage.file) as db:
        db.execute(f"PRAGMA user_version = {newer}")
    db.close()
    with pytest.raises(StartError, match="newer version"):
        await open_store(storage)


@pytest.mark.parametrize("content", [b"not a database at all, but long enough " * 100])
async def test_a_file_that_is_no_database_is_not_overwritten(storage, content):
    storage.file.parent.mkdir()
    storage.file.write_bytes(content)
    with pytest.raises(StartError, match="not a database"):
        await open_store(storage)
    assert storage.file.read_bytes() == content


async def test_a_database_of_another_program_is_refused(storage):
    storage.file.parent.mkdir()
    with sqlite3.connect(storage.file) as db:
        db.execute("CREATE TABLE users (x)")
    db.close()
    with pytest.raises(StartError, match="another program"):
        await open_store(storage)


async def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match=r"storage\.folder .*/file/data: Not a directory"):
        await open_store(Storage(folder=str(tmp_path / "file" / "data")))


async def test_a_second_process_is_kept_out(store, storage):
    with pytest.raises(StartError, match=r"in use by another process \(pid \d+\)"):
        await open_store(storage)


async def test_beside_a_server_nothing_is_written(store, storage):
    await store.secret("links")
    beside = await open_store_beside(storage, "links")
    try:
        with pytest.raises(StoreUnavailable):
            await beside.accounts.rename(User("u_ann", "Ann"), ["ann"])
    finally:
        await beside.close()


async def test_a_secret_cannot_be_made_beside_a_server(store, storage):
    with pytest.raises(StartError, match="in use by another process"):
        await open_store_beside(storage, "unheard-of")
