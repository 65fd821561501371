"""`typing`: passed on to the others, now and then, and nowhere kept."""

import pytest

from chat_app import keys
from chat_app.chat import typing


async def test_the_others_are_told_and_oneself_is_not(join):
    alice, tab = await join("lobby", "alice"), await join("lobby", "alice")
    bob = await join("lobby", "bob")
    await alice.send({"type": "typing", "id": 5, "more": [1]})
    user = alice.welcome["user"]
    assert await bob.expect("typing") == {"type": "typing", "user": user, "ttl": 5}
    await alice.nothing()
    await tab.nothing()


async def test_another_room_is_not_told(join):
    alice, bob = await join("one", "alice"), await join("two", "bob")
    carol = await join("one", "carol")
    await alice.send({"type": "typing"})
    await carol.expect("typing")
    await bob.nothing()


async def test_it_is_no_event(join, app):
    alice, bob = await join("lobby", "alice"), await join("lobby", "bob")
    await alice.send({"type": "typing"})
    await bob.expect("typing")
    assert (await alice.post("hi"))["seq"] == 1
    assert len(await app[keys.STORE].events("lobby", limit=9)) == 1


async def test_one_who_goes_on_is_passed_on_once_in_a_while(join, app):
    alice, tab = await join("lobby", "alice"), await join("lobby", "alice")
    bob = await join("lobby", "bob")
    (room,) = app[keys.ROOMS]._open.values()
    now = [0.0]
    room.typing = typing.Typing(lambda: now[0])
    for _ in range(3):
        for _ in range(10):
            await alice.send({"type": "typing"})
            await tab.send({"type": "typing"})
        await alice.nothing()
        await tab.nothing()
        await bob.expect("typing")
        await bob.nothing()
        now[0] += typing.EVERY_SECONDS


async def test_it_bears_the_name_of_now(join, app):
    alice, bob = await join("lobby", "alice"), await join("lobby", "bob")
    users = app[keys.USERS]
    await users.rename(await users.guest(alice.welcome["user"]["id"]), "Ann")
    await alice.send({"type": "typing"})
    assert (await bob.expect("typing"))["user"]["name"] == "Ann"


@pytest.mark.parametrize("frame", ['{"type":"typing"}', '{"type":"typing","message":""}'])
async def test_a_bare_client_does_not_type(join, frame):
    bare, bob = await join("lobby", "alice", bare=True), await join("lobby", "bob")
    await bare.send(frame)
    await bare.send({"message": "hi"})
    assert (await bob.next())["message"] == "hi"


async def test_a_bare_client_hears_nothing_of_it(join):
    bare, bob = await join("lobby", "alice", bare=True), await join("lobby", "bob")
    await bob.send({"type": "typing"})
    await bob.post("hi")
    assert (await bare.next())["message"] == "hi"
