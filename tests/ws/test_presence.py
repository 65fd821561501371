"""`presence` on the wire: who gets it, and when."""

import asyncio

import pytest

from chat_app import keys
from chat_app.chat import presence
from chat_app.chat.tail import RING_BYTES
from tests.clients import SECONDS, Frame


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Let a second pass in ten milliseconds, and nobody be gone before a test says so."""
    monkeypatch.setattr(presence, "QUICK_SECONDS", 0.005)
    monkeypatch.setattr(presence, "PACE_SECONDS", 0.01)
    monkeypatch.setattr(presence, "GRACE_SECONDS", 60.0)


async def until(condition):
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0.001)


async def until_count(client, count):
    """Read until so many are present; return the op that told so."""
    while (frame := await client.presence())["count"] != count:
        pass
    return frame["op"]


@pytest.fixture
def gone(app):
    """Wait until the server has seen that somebody has one socket less."""

    async def gone(person):
        count = len(app[keys.CONNECTIONS])
        await person.ws.close()
        await until(lambda: len(app[keys.CONNECTIONS]) < count)

    return gone


async def test_those_who_are_there_and_the_one_who_comes_know_of_each_other(join):
    alice = await join("lobby", "alice")
    ann = alice.welcome["user"]
    state = await alice.presence()
    assert state == {"type": "presence", "op": "state", "users": [ann], "count": 1}
    bob = await join("lobby", "bob")
    rob = bob.welcome["user"]
    joined = {"type": "presence", "op": "join", "users": [rob], "count": 2}
    assert await alice.presence() == joined
    assert await bob.presence() == {**state, "users": [ann, rob], "count": 2}


async def test_other_rooms_have_other_people(join):
    alice = await join("one", "alice")
    await join("two", "bob")
    assert (await alice.presence())["count"] == 1
    await alice.nothing()


async def test_it_comes_after_all_that_was_missed(join):
    alice = await join("lobby", "alice")
    for number in range(5):
        await alice.post(str(number))
    epoch = alice.welcome["epoch"]
    bob = await join("lobby", "bob", epoch=epoch, since=1)
    assert (await bob.presence())["op"] == "state"
    kinds = [frame["type"] for frame in bob._kept]
    assert kinds == ["resumed", "message", "message", "message", "message"]


async def test_a_bare_client_is_present_and_hears_nothing_of_it(join, gone, monkeypatch):
    monkeypatch.setattr(presence, "GRACE_SECONDS", 0.005)
    bare = await join("lobby", "bob", bare=True)
    alice = await join("lobby", "alice")
    await until_count(alice, 2)
    carol = await join("lobby", "carol")
    assert (await alice.presence())["op"] == "join"
    await gone(carol)
    assert (await alice.presence())["op"] == "leave"
    await alice.send({"type": "typing"})
    await alice.post("hi")
    assert (await bare.next())["message"] == "hi"
    await gone(bare)
    assert await until_count(alice, 1) == "leave"


async def test_three_tabs_are_one_person(join, gone, monkeypatch):
    monkeypatch.setattr(presence, "GRACE_SECONDS", 0.005)
    alice = await join("lobby", "alice")
    await alice.presence()
    tabs = [await join("lobby", "bob") for _ in range(3)]
    assert (await alice.presence())["op"] == "join"
    for tab in tabs[:2]:
        await gone(tab)
    carol = await join("lobby", "carol")
    joined = await alice.presence()
    assert (joined["users"], joined["count"]) == ([carol.welcome["user"]], 3)
    await gone(tabs[2])
    left = await alice.presence()
    assert (left["op"], left["users"]) == ("leave", [tabs[2].welcome["user"]])


async def test_a_reload_is_neither_a_leave_nor_a_join(join, gone):
    alice, bob = await join("lobby", "alice"), await join("lobby", "bob")
    await bob.presence()
    await gone(bob)
    bob = await join("lobby", "bob")
    state = await bob.presence()
    assert (state["op"], state["count"]) == ("state", 2)
    carol = await join("lobby", "carol")
    told: list[Frame] = []
    while not told or carol.welcome["user"] not in told[-1]["users"]:
        told.append(await alice.presence())
    assert {frame["op"] for frame in told} <= {"state", "join"}
    assert [bob.welcome["user"] in frame["users"] for frame in told].count(True) == 1


async def test_one_whose_connection_is_lost_leaves_too(join, monkeypatch):
    monkeypatch.setattr(presence, "GRACE_SECONDS", 0.005)
    alice, bob = await join("lobby", "alice"), await join("lobby", "bob")
    await until_count(alice, 2)
    bob.ws._conn.transport.abort()
    assert await until_count(alice, 1) == "leave"


async def test_a_new_name_is_told_to_all(join, app):
    alice, bob = await join("lobby", "alice"), await join("lobby", "bob")
    await until_count(alice, 2)
    await bob.presence()
    id = alice.welcome["user"]["id"]
    await app[keys.USERS].rename(await app[keys.USERS].guest(id), "Ann")
    renamed = {"id": id, "name": "Ann"}
    assert (await bob.presence())["users"] == [renamed]
    assert (await alice.presence())["users"] == [renamed]
    carol = await join("lobby", "carol")
    assert renamed in (await carol.presence())["users"]


async def test_one_who_reads_nothing_hears_of_nobody_until_it_has_caught_up(join, app):
    slow, quick = await join("lobby", "slow"), await join("lobby", "quick")
    await until_count(slow, 2)
    slow._presence.clear()
    text = "x" * 4000
    count = 6 * RING_BYTES // len(text)
    transport = slow.ws._conn.transport
    transport.pause_reading()
    for start in range(0, count, 40):
        for number in range(start, min(start + 40, count)):
            await quick.send({"message": text, "id": f"number-{number:04}"})
        await quick.messages(min(40, count - start))
    (room,) = app[keys.ROOMS]._open.values()
    assert len(room._behind) == 1
    other = await join("lobby", "other")
    while other.welcome["user"] not in (await quick.presence())["users"]:
        pass
    await other.send({"type": "typing"})
    await quick.expect("typing")
    transport.resume_reading()
    state = await slow.presence()
    assert (state["op"], state["count"]) == ("state", 3)
    assert [frame["seq"] for frame in slow._kept] == list(range(1, count + 1))


async def test_when_all_have_left_nothing_is_left(join, app, gone):
    alice, bob = await join("lobby", "alice"), await join("lobby", "bob")
    await until_count(alice, 2)
    (room,) = app[keys.ROOMS]._open.values()
    await gone(bob)
    assert room.presence._leaving
    await gone(alice)
    await until(lambda: not app[keys.ROOMS]._open)
    assert not room.presence._leaving
    assert room.presence._timer is None
