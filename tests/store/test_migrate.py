"""`run.py migrate`: a log goes over whole, however often the job is killed."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from chat_app.config import Storage
from chat_app.errors import StartError
from chat_app.main import main
from chat_app.models import (
    Account,
    Deed,
    Draft,
    Invite,
    Link,
    Report,
    RoomSettings,
    Sanction,
    Session,
)
from chat_app.store import open_store
from chat_app.store.migrate import migrate
from tests.store.test_store import ANN, BEN, draft, seqs

LATER = 10**14  # in the year 5138


async def fill(folder):
    """Make a log in a file, with some of everything in it."""
    storage = Storage(folder=str(folder))
    store = await open_store(storage)
    for number in range(30):
        author = (ANN, BEN)[number % 2]
        await store.append([draft(f"id-{number}", f"안녕 {number}", "AbC"[number % 3], author)])
    await store.accounts.make(Account(ANN, "hash", True), ["ann"], Link("link", "owner", 5))
    await store.accounts.rename(BEN, ["ben"])
    await store.accounts.start_session(Session("s-1", ANN, True, "Firefox", 1, 2), "hash")
    await store.secret("cookie")
    await store.append([deletion(2)])
    await store.members.make_room("~den", "Den", ANN)
    await store.members.settle("a", RoomSettings(locked=True), Deed(ANN, "settings", 3))
    await store.members.sanction("a", Sanction("ban", BEN, None, ANN, 4, "192.0.2.1", 9))
    await store.invites.add(Invite("f" * 64, "~den", ANN, 5, LATER, 3))
    await store.audit.report("b", Report(1, BEN, "왜?", 6))
    await store.close()
    return storage


def deletion(seq, room="a"):
    return Draft(room, room, f"gone-{seq:04}", ANN, "", 7, seq)


@pytest.fixture
async def storage(tmp_path):
    return await fill(tmp_path / "data")


@pytest.fixture
def target(postgres):
    return Storage(url=postgres.schema(), durability="process")


def silent(what, done, total):
    pass


async def everything(storage):
    """Return what a server would know of the log."""
    store = await open_store(storage)
    try:
        return (
            store.epoch,
            await store.secret("cookie"),
            [await store.room(room) for room in ("a", "b", "c")],
            [await store.events(room, limit=100) for room in ("a", "b", "c")],
            await store.accounts.account("ann"),
            await store.accounts.namesakes(["ben"], ""),
            await store.accounts.session("s-1", 0),
            await store.members.of("~den"),
            await store.members.sanctions("a"),
            await store.invites.of("~den", 0),
            await store.audit.reports("b", 10),
            await store.audit.deeds("a", limit=10),
        )
    finally:
        await store.close()


def test_there_is_some_of_everything(storage):
    with closing(sqlite3.connect(storage.file)) as file:
        tables = file.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        empty = [name for (name,) in tables if not file.execute(f"SELECT 1 FROM {name}").fetchone()]
    assert tables
    assert empty == ["runs"]  # an index of SQLite's own: see store/sqlite_runs.py


async def test_everything_goes_over_and_goes_on(storage, target):
    assert await migrate(storage, target.url, silent) == 31
    assert await everything(target) == await everything(storage)
    store = await open_store(target)
    try:
        again, new, room = await store.append(
            [draft("id-0", room="A"), draft("id-30", room="A"), draft("id-31", room="new")]
        )
        assert (again.duplicate, new.event.seq, room.event.seq) == (True, 12, 1)
        assert await seqs(store, "a") == list(range(1, 13))
    finally:
        await store.close()


async def test_what_was_killed_goes_on_from_there(storage, target, monkeypatch):
    monkeypatch.setattr("chat_app.store.migrate._CHUNK", 7)
    started = []

    def killed(what, done, total):
        started.append(done)
        if done == 14:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await migrate(storage, target.url, killed)
    with pytest.raises(StartError, match="was not finished"):
        await open_store(target)
    # Somebody served meanwhile.
    store = await open_store(storage)
    await store.append([draft("id-30", room="new"), deletion(1)])
    await store.accounts.set_password(ANN.id, "hash-2", None)
    await store.close()

    started.clear()
    assert await migrate(storage, target.url, lambda what, done, total: started.append(done)) == 33
    assert started[0] == 14
    assert await everything(target) == await everything(storage)


async def test_a_copy_that_is_not_equal_is_refused(storage, target, monkeypatch):
    monkeypatch.setattr("chat_app.store.migrate._CHUNK", 7)

    def killed(what, done, total):
        if done == 14:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await migrate(storage, target.url, killed)
    with sqlite3.connect(storage.file) as db:
        db.execute("UPDATE events SET message = 'other' WHERE arrival = 3")
    db.close()
    with pytest.raises(StartError, match="copy of events is not equal"):
        await migrate(storage, target.url, silent)
    with pytest.raises(StartError, match="was not finished"):
        await open_store(target)


async def test_a_database_with_a_log_is_not_overwritten(storage, target, tmp_path):
    store = await open_store(target)
    await store.append([draft("id-1")])
    await store.close()
    with pytest.raises(StartError, match="has a log already"):
        await migrate(storage, target.url, silent)


async def test_another_log_does_not_go_on_where_one_stopped(storage, target, tmp_path):
    def killed(what, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await migrate(storage, target.url, killed)
    other = Storage(folder=str(tmp_path / "other"))
    with pytest.raises(StartError, match="part of another log"):
        await migrate(other, target.url, silent)


async def test_a_log_in_use_is_not_copied(storage, target):
    store = await open_store(storage)
    try:
        with pytest.raises(StartError, match="in use by another process"):
            await migrate(storage, target.url, silent)
    finally:
        await store.close()


def test_the_job_says_what_it_did(tmp_path, target, capsys):
    asyncio.run(fill(tmp_path / "data"))
    arguments = ["--set", f"storage.folder={tmp_path / 'data'}", "migrate", "--to", target.url]
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert out.startswith("31 messages and all else of ")
    assert err == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["migrate", "--to", "sqlite:///x.db"], "--to: expected postgresql://"),
        (["migrate", "--to", "postgresql://127.0.0.1:1/x"], "--to postgresql://127.0.0.1:1/x: "),
        (["--set", "storage.url=postgresql://h/d", "backup", "x"], "use pg_dump"),
        (["--set", "storage.url=postgresql://h/d", "restore", "x"], "use pg_dump"),
        (["--set", "storage.url=postgresql://h/d", "check"], "use pg_dump"),
        (["--set", "storage.url=postgresql://h/d", "migrate", "--to", "x"], "use pg_dump"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(tmp_path, arguments, said, capsys):
    assert main(["--set", f"storage.folder={tmp_path}", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err
