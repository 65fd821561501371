"""Copies: of one moment, in one file, put back in a new epoch."""

import asyncio
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from chat_app.config import Storage
from chat_app.errors import StartError
from chat_app.store import open_store
from chat_app.store.backup import backup, check, restore
from tests.store.test_store import draft, seqs


async def run(job, *arguments, **options):
    """Do a job as the command line does: not in an event loop."""
    return await asyncio.to_thread(job, *arguments, **options)


def gone(store: Any) -> None:
    """Let go of the folder as a process does that was killed."""
    store._lock.release()
    store._lock.release = lambda: None


def silent(done, total):
    assert 0 <= done <= total


@pytest.fixture
def storage(tmp_path):
    return Storage(folder=str(tmp_path / "data"))


@pytest.fixture
def file(storage):
    return storage.file


@pytest.fixture
def copy(tmp_path):
    return tmp_path / "copy.db"


@pytest.fixture
async def store(storage):
    store = await open_store(storage)
    await store.append([draft(f"id-{number}") for number in range(1, 51)])
    yield store
    await store.close()


async def reopened(storage):
    store = await open_store(storage)
    try:
        return store.epoch, await seqs(store), await store.secret("cookie")
    finally:
        await store.close()


async def test_a_backup_is_the_log_of_its_moment(store, file, copy, tmp_path):
    secret = await store.secret("cookie")
    await run(backup, file, copy, silent)
    await store.append([draft("later")])
    assert copy.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"data", "copy.db"}

    other = Storage(folder=str(tmp_path / "other"))
    assert await run(restore, copy, other.file, silent, force=False) is None
    epoch, kept, kept_secret = await reopened(other)
    assert kept == list(range(1, 51))
    assert kept_secret == secret  # guests stay who they are
    assert epoch != store.epoch


async def test_a_backup_sees_one_moment_although_the_log_grows(store, file, copy):
    """What is written between two steps of the copy is not in it."""
    grown = 0

    def grow(done, total):
        nonlocal grown
        with closing(sqlite3.connect(file)) as db, db:
            db.execute(
                "INSERT INTO events (room, seq, id, author, name, message, at)"
                " VALUES (1, ?, ?, 'u_ann', 'Ann', ?, 0)",
                (51 + grown, f"grown-{grown}", "x" * 100_000),
            )
        grown += 1

    for number in range(60):
        await store.append([draft(f"large-{number}", "x" * 100_000, room="other")])
    await run(backup, file, copy, grow)
    assert grown > 2
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("SELECT count(*) FROM events").fetchone() == (110,)
    assert await run(check, copy, silent) == []


async def test_a_backup_overwrites_nothing(store, file, copy):
    copy.write_text("something dear")
    with pytest.raises(StartError, match="exists already"):
        await run(backup, file, copy, silent)
    assert copy.read_text() == "something dear"


async def test_a_backup_of_nothing(file, copy):
    with pytest.raises(StartError, match="no such file"):
        await run(backup, file, copy, silent)
    assert not copy.exists()


async def test_a_backup_into_nowhere(store, file, tmp_path):
    with pytest.raises(StartError, match="No such file or directory"):
        await run(backup, file, tmp_path / "nowhere" / "copy.db", silent)


async def test_restoring_is_not_done_under_a_running_server(store, file, copy):
    await run(backup, file, copy, silent)
    with pytest.raises(StartError, match="in use by another process"):
        await run(restore, copy, file, silent, force=True)


async def test_restoring_over_a_log_is_refused_and_with_force_sets_it_aside(
    store, storage, file, copy
):
    await run(backup, file, copy, silent)
    await store.append([draft("later")])
    await store.close()

    with pytest.raises(StartError, match="there is a log already"):
        await run(restore, copy, file, silent, force=False)
    assert (await reopened(storage))[1] == list(range(1, 52))

    kept = await run(restore, copy, file, silent, force=True)
    epoch, restored, _ = await reopened(storage)
    assert restored == list(range(1, 51))
    assert epoch != store.epoch
    assert kept is not None
    with closing(sqlite3.connect(kept)) as db:
        assert db.execute("SELECT count(*) FROM events").fetchone() == (51,)


async def test_the_newest_commits_of_a_log_set_aside_go_with_it(store, storage, file, copy):
    """After kill -9 they are in the -wal file, which must not meet another database."""
    await run(backup, file, copy, silent)
    await store.append([draft("in the wal")])
    gone(store)
    kept = await run(restore, copy, file, silent, force=True)
    assert (await reopened(storage))[1] == list(range(1, 51))
    assert kept is not None
    with closing(sqlite3.connect(kept)) as db:
        assert db.execute("SELECT count(*) FROM events").fetchone() == (51,)


@pytest.mark.parametrize("damage", ["not a database", "another program", "newer", "damaged"])
async def test_what_is_no_sound_log_is_not_restored(store, storage, file, copy, damage):
    await run(backup, file, copy, silent)
    await store.close()
    if damage == "not a database":
        copy.write_bytes(b"x" * 5000)
    elif damage == "damaged":
        data = bytearray(copy.read_bytes())
        for page in range(2, len(data) // 4096):
            data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
        copy.write_bytes(data)
    else:
        with closing(sqlite3.connect(copy)) as db, db:
            if damage == "newer":
                db.execute("PRAGMA user_version = 999")
            else:
                db.execute("PRAGMA user_version = 0")
    with pytest.raises(StartError, match=damage if damage != "damaged" else "damaged|malformed"):
        await run(restore, copy, file, silent, force=True)
    assert (await reopened(storage))[1] == list(range(1, 51))


async def test_a_sound_log_is_sound(store, file):
    steps = []
    assert await run(check, file, lambda done, total: steps.append((done, total))) == []
    assert steps == [(1, 1)]


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("DELETE FROM events WHERE seq = 7", "room 'lobby': 49 events, numbered 1 to 50"),
        ("DELETE FROM events WHERE seq = 1", "room 'lobby': 49 events, numbered 2 to 50"),
        ("DELETE FROM users", "belongs to nothing"),
    ],
)
async def test_a_log_with_something_missing_is_not(store, file, sql, found):
    with closing(sqlite3.connect(file)) as db, db:
        db.execute(sql)
    assert found in "\n".join(await run(check, file, silent))


async def test_a_damaged_log_is_not_sound(store, storage, file):
    await store.close()
    data = bytearray(file.read_bytes())
    data[3 * 4096 : 3 * 4096 + 200] = b"\xff" * 200
    file.write_bytes(data)
    try:
        assert "damaged" in (await run(check, file, silent))[0]
    except StartError as error:
        assert "malformed" in str(error)
    assert bytearray(file.read_bytes()) == data


class TestEpoch:
    """A log that power loss may have shortened begins another life."""

    @pytest.fixture
    def process(self, tmp_path):
        return Storage(folder=str(tmp_path / "data"), durability="process")

    async def test_a_clean_end_keeps_it(self, process):
        before = await reopened(process)
        assert (await reopened(process))[0] == before[0]

    async def test_kill_9_on_the_same_boot_keeps_it(self, process):
        store = await open_store(process)
        gone(store)
        assert (await reopened(process))[0] == store.epoch

    @pytest.mark.parametrize("durability", ["process", "full"])
    async def test_a_restart_of_the_machine_without_a_clean_end_changes_it(
        self, process, tmp_path, monkeypatch, durability
    ):
        store = await open_store(process)
        gone(store)
        monkeypatch.setattr("chat_app.store.sqlite_file.boot_id", lambda: "another boot")
        again = Storage(folder=process.folder, durability=durability)
        epoch = (await reopened(again))[0]
        assert epoch != store.epoch
        assert (await reopened(again))[0] == epoch

    async def test_a_log_that_waits_for_the_disk_keeps_it(self, storage, monkeypatch):
        store = await open_store(storage)
        gone(store)
        monkeypatch.setattr("chat_app.store.sqlite_file.boot_id", lambda: "another boot")
        assert (await reopened(storage))[0] == store.epoch
