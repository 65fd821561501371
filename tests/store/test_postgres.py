"""What is PostgreSQL's own: several nodes, lost connections, a server that goes and comes."""

import asyncio
import signal
from contextlib import AsyncExitStack

import asyncpg
import pytest
from yarl import URL

from chat_app.config import Storage
from chat_app.errors import NameTaken, StartError, StoreUnavailable
from chat_app.models import Draft, User
from chat_app.store import open_store
from tests.postgres import running_postgres
from tests.proxy import proxied
from tests.store.test_store import ANN, draft, seqs


@pytest.fixture
def storage(postgres):
    return Storage(url=postgres.schema(), durability="process")


@pytest.fixture
async def node(storage):
    """node(): another server of the same log, opened."""
    async with AsyncExitStack() as stack:

        async def node(url=storage.url):
            store = await open_store(Storage(url=url, durability="process"))
            stack.push_async_callback(store.close)
            return store

        yield node


async def test_nodes_may_start_together(storage):
    stores = await asyncio.gather(*[open_store(storage) for _ in range(5)])
    assert len({store.epoch for store in stores}) == 1
    assert len({await store.secret("cookie") for store in stores}) == 1
    await asyncio.gather(*[store.close() for store in stores])


async def test_a_role_needs_a_database_of_its_own_and_no_other_right(node, postgres):
    postgres.execute("CREATE ROLE plain LOGIN NOSUPERUSER")
    postgres.execute("CREATE DATABASE plain OWNER plain")
    store = await node(str(URL(postgres.url).with_user("plain").with_path("/plain")))
    await store.append([draft("id-1")])
    deletion = Draft("lobby", "lobby", "id-2", ANN, "", 0, target=1)
    assert [event.event.seq for event in await store.append([deletion])] == [2]
    assert await seqs(store) == [1, 2]
    await store.check()


async def test_rooms_have_no_gap_and_no_double_however_many_nodes_write(node):
    """Each message is sent to two nodes, as by a client that tries again elsewhere."""
    stores = [await node() for _ in range(3)]
    sent = [
        [draft(f"id-{number}-{turn}", room=f"room {(number + turn) % 3}") for turn in range(20)]
        for number in range(6)
    ]

    async def send(store, batches):
        outcomes = []
        for batch in batches:
            outcomes += await store.append(batch)
        return outcomes

    outcomes = await asyncio.gather(
        *[
            send(stores[(number + copy) % 3], [drafts[:7], drafts[7:9], drafts[9:]])
            for number, drafts in enumerate(sent)
            for copy in range(2)
        ]
    )
    told: dict[str, list[tuple[str, int, bool]]] = {}
    for outcome in [outcome for some in outcomes for outcome in some]:
        event = outcome.event
        told.setdefault(event.id, []).append((event.room_key, event.seq, outcome.duplicate))
    for first, second in told.values():
        assert first[:2] == second[:2]
        assert first[2] != second[2]
    for room in ("room 0", "room 1", "room 2"):
        assert await seqs(stores[0], room) == list(range(1, 41))


async def test_a_client_that_stops_in_the_middle_holds_nobody_up(node, storage, postgres):
    """It has sent its batch and reads no reply."""
    async with proxied(postgres.port) as proxy:
        url = storage.url.replace(str(postgres.port), str(proxy.port))
        stopped, other = await node(url), await node()
        await stopped.append([draft("id-1")])
        proxy.flows.clear()
        waiting = asyncio.create_task(stopped.append([draft("id-2")]))
        while await seqs(other) != [1, 2]:
            pass
        (appended,) = await other.append([draft("id-3")])
        assert appended.event.seq == 3
        assert not waiting.done()
        proxy.flows.set()
        (late,) = await waiting
        assert (late.event.seq, late.duplicate) == (2, False)


async def test_what_was_committed_before_the_reply_was_lost_is_told(node, storage, postgres):
    async with proxied(postgres.port) as proxy:
        url = storage.url.replace(str(postgres.port), str(proxy.port))
        store = await node(url)
        await store.append([draft("id-1")])
        losses = iter([True, True])
        proxy.replies = lambda: not next(losses, False)
        batch = await store.append([draft("id-1", at=2), draft("id-2"), draft("id-2", at=3)])
        assert [(a.event.seq, a.duplicate) for a in batch] == [(1, True), (2, False), (2, True)]
        assert await seqs(store) == [1, 2]


async def test_a_batch_whose_fate_stays_unknown_is_refused_for_now(
    node, storage, postgres, monkeypatch
):
    monkeypatch.setattr("chat_app.store.postgres._BETWEEN_SECONDS", 0)
    async with proxied(postgres.port) as proxy:
        store = await node(storage.url.replace(str(postgres.port), str(proxy.port)))
        await store.append([draft("id-1")])
        proxy.replies = lambda: False
        with pytest.raises(StoreUnavailable) as refused:
            await store.append([draft("id-2")])
        assert refused.value.retry_ms
        proxy.replies = lambda: True
        (again,) = await store.append([draft("id-2", at=2)])
        assert (again.event.seq, again.duplicate) == (2, True)


async def test_it_closes_where_nobody_answers(storage, postgres, monkeypatch):
    monkeypatch.setattr("chat_app.store.postgres_pool._CLOSE_SECONDS", 0.1)
    monkeypatch.setattr("chat_app.store.postgres._TRIES", 1)
    async with proxied(postgres.port) as proxy:
        url = storage.url.replace(str(postgres.port), str(proxy.port))
        store = await open_store(Storage(url=url, durability="process"))
        await store.append([draft("id-1")])
        proxy.flows.clear()
        waiting = asyncio.create_task(store.append([draft("id-2")]))
        await asyncio.sleep(0)
        await store.close()
        with pytest.raises(StoreUnavailable):
            await waiting


async def test_a_server_that_goes_and_comes_is_said_once_each(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr("chat_app.store.postgres._TRIES", 1)
    with running_postgres() as server:
        store = await open_store(Storage(url=server.url, durability="process"))
        await store.append([draft("id-1")])
        await asyncio.to_thread(server.stop, signal.SIGKILL)
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                await store.append([draft("id-2")])
            with pytest.raises(StoreUnavailable) as refused:
                await store.events("lobby", limit=1)
            assert refused.value.retry_ms
        await asyncio.to_thread(server.start)
        (appended,) = await store.append([draft("id-2")])
        assert (appended.event.seq, await seqs(store)) == (2, [1, 2])
        await store.close()
    first, last = caplog.messages
    assert first.startswith("the log cannot be reached: ")
    assert last == "the log can be reached again"


async def test_a_connection_that_is_cut_while_it_is_made_is_an_outage(node, monkeypatch):
    store = await node()

    async def cut(self, connection):
        raise asyncpg.InternalClientError("cannot switch to state 12")

    with monkeypatch.context() as patch:
        patch.setattr("chat_app.store.postgres_pool.Life.check", cut)
        # Its pools take their `check` when they are made.
        other = await node()
        with pytest.raises(StoreUnavailable):
            await other.room("lobby")
        with pytest.raises(StoreUnavailable):
            await other.append([draft("id-1")])
    assert await seqs(store) == []


async def test_what_the_server_refuses_is_said_once(node, caplog, postgres, storage):
    store = await node()
    await store.append([draft("id-1")])
    schema = storage.url.rpartition("=")[2]
    for sql in (
        "CREATE FUNCTION {0}.refuse() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RAISE 'no space left' USING ERRCODE = 'disk_full'; END $$",
        "CREATE TRIGGER full_disk BEFORE INSERT ON {0}.events EXECUTE FUNCTION {0}.refuse()",
    ):
        await asyncio.to_thread(postgres.execute, sql.format(schema))
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await store.append([draft("id-2")])
        assert await seqs(store) == [1]
    await asyncio.to_thread(postgres.execute, f"DROP TRIGGER full_disk ON {schema}.events")
    await store.append([draft("id-2")])
    assert [message.partition(":")[0] for message in caplog.messages] == [
        "the log cannot be written, messages are refused",
        "the log can be written again",
    ]


async def test_a_name_that_is_being_given_on_another_node_is_waited_for(node, storage):
    store = await node()
    other = await asyncpg.connect(storage.url)
    giving = other.transaction()
    await giving.start()
    await other.execute(
        "SELECT make_account('u_ann', 'Ann', 'hash', false, '{ann}', NULL, NULL, 1)"
    )
    renaming = asyncio.create_task(store.accounts.rename(User("u_guest", "Ann"), ["ann"]))
    waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    while not renaming.done() and not await other.fetchval(waits):
        pass
    await giving.commit()
    await other.close()
    with pytest.raises(NameTaken):
        await renaming
    assert await store.accounts.known("u_guest") is None


async def test_a_log_that_was_put_back_is_another_and_is_not_written_to(
    node, storage, postgres, caplog, monkeypatch
):
    monkeypatch.setattr("chat_app.store.postgres._TRIES", 1)
    store = await node()
    await store.append([draft("id-1")])
    schema = storage.url.rpartition("=")[2]
    # What a dump that is loaded again leaves: the same rows in another table.
    await asyncio.to_thread(postgres.execute, f"CREATE TABLE {schema}.copy (LIKE {schema}.events)")
    for sql in ("ALTER TABLE {0}.events RENAME TO lost", "ALTER TABLE {0}.copy RENAME TO events"):
        await asyncio.to_thread(postgres.execute, sql.format(schema))
    sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{}'"
    await asyncio.to_thread(postgres.execute, sql.format("chat-app"))
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await store.append([draft("id-2")])
    assert caplog.text.count("restart this process") == 1
    assert (await node()).epoch != store.epoch


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("CREATE TABLE {0}.users (x integer)", "tables of another program"),
        ("CREATE TABLE {0}.settings (x integer)", "tables of another program"),
        ("UPDATE {0}.settings SET value = '999' WHERE name = 'schema'", "newer version"),
        ("INSERT INTO {0}.settings VALUES ('migrating', 'x')", "migration into it was not"),
        ("DROP SCHEMA {0} CASCADE", "names no schema"),
    ],
)
async def test_a_database_that_is_not_ours_is_not_touched(postgres, storage, statement, said):
    if not statement.startswith("CREATE"):
        await (await open_store(storage)).close()
    schema = storage.url.rpartition("=")[2]
    await asyncio.to_thread(postgres.execute, statement.format(schema))
    with pytest.raises(StartError, match=said) as refused:
        await open_store(storage)
    assert "\n" not in str(refused.value)


async def test_full_durability_is_not_promised_by_a_server_that_does_not_sync(storage):
    with pytest.raises(StartError, match="fsync=off"):
        await open_store(Storage(url=storage.url))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda url, port: url.replace(f":{port}", ":1"), "refused|failed"),
        (lambda url, port: url.replace("/postgres", "/nowhere"), '"nowhere" does not exist'),
        (lambda url, port: url.replace("chat@", "nobody:secret@"), '"nobody" does not exist'),
    ],
)
async def test_a_server_that_cannot_be_used_is_said_in_one_line(postgres, change, said):
    with pytest.raises(StartError, match=said) as refused:
        await open_store(Storage(url=change(postgres.url, postgres.port)))
    assert "\n" not in str(refused.value)
    assert "secret" not in str(refused.value)


async def test_known_authors_are_not_renamed_by_what_they_say(node):
    store = await node()
    await store.accounts.rename(User(ANN.id, "Anna"), ["anna"])
    await store.append([draft("id-1")])
    assert await store.accounts.known(ANN.id) == (User(ANN.id, "Anna"), False)


async def test_tops_are_asked_for_together(node):
    store = await node()
    await store.append([draft("id-1"), draft("id-2"), draft("id-3", room="other")])
    assert await store.tops(["lobby", "other", "nowhere"]) == {"lobby": 2, "other": 1}


async def test_a_room_is_not_read_through_for_each_draft(storage, postgres):
    """The planner, who knows nothing of a young table, would like to."""
    store = await open_store(storage)
    for batch in range(20):
        await store.append([draft(f"id-{batch}-{number}") for number in range(20)])
    await store.close()
    schema = storage.url.rpartition("=")[2]
    counted = f"FROM pg_stat_user_indexes WHERE schemaname = '{schema}' AND relname = 'events'"
    # Counts come to light some time after a connection is closed.
    while await asyncio.to_thread(postgres.execute, f"SELECT sum(idx_scan) {counted}") < 400:
        await asyncio.sleep(0.05)
    assert await asyncio.to_thread(postgres.execute, f"SELECT sum(idx_tup_read) {counted}") < 400
