"""Events that are heard of before those before them: another node's, over one log."""

import pytest
from msgspec import structs

from chat_app.chat import gap
from chat_app.config import Storage
from chat_app.errors import StoreUnavailable
from chat_app.store import open_store
from tests.chat.nodes import Member, drafts, open_house, say, until
from tests.clients import settled


@pytest.fixture
async def store(tmp_path):
    store = await open_store(Storage(folder=str(tmp_path)))
    yield store
    await store.close()


@pytest.fixture
async def house(store):
    house = open_house(store)
    yield house
    await house.close()


@pytest.fixture
async def room(house):
    room = await house.open("lobby")
    yield room
    house.release(room)


@pytest.fixture
def member(room):
    member = Member()
    room.join(member, 0)
    return member


async def test_what_comes_too_early_waits_for_what_comes_late(room, member, store, monkeypatch):
    monkeypatch.setattr(gap, "WAIT_SECONDS", 3600)  # and nothing is read
    first, second, third, fourth = [each.event for each in await store.append(drafts("abcd"))]
    for event in (third, first, fourth, fourth):
        room.apply(event)
    room.show()
    assert member.got == ["1:a"]
    room.apply(second)
    room.show()
    assert member.got == ["1:a", "2:b", "3:c", "4:d"]
    assert room.top == 4


async def test_what_does_not_come_is_read_from_the_store(room, member, store):
    appended = await store.append(drafts("abcdefghij" * 50))
    room.apply(appended[0].event)
    room.apply(appended[-1].event)
    room.show()
    await until(lambda: len(member.got) == 500)
    assert member.got == [f"{each.event.seq}:{each.event.message}" for each in appended]


async def test_ones_own_commit_after_another_nodes_waits_too(house, room, member, store):
    await store.append(drafts("ab"))
    (outcome,) = await say(house, room, "c")
    assert (outcome.event.seq, outcome.duplicate) == (3, False)
    await until(lambda: len(member.got) == 3)
    assert member.got == ["1:a", "2:b", "3:c"]


async def test_more_than_is_kept_is_read(room, member, store, monkeypatch):
    monkeypatch.setattr(gap, "MOST_EARLY", 2)
    for appended in (await store.append(drafts("abcdefgh")))[1:]:
        room.apply(appended.event)
    await until(lambda: len(member.got) == 8)


async def test_a_store_that_cannot_be_read_is_asked_again(room, member, store, monkeypatch):
    monkeypatch.setattr(gap, "AGAIN_SECONDS", 0)
    await store.append(drafts("ab"))
    refused = 0

    async def refuse(key):
        nonlocal refused
        refused += 1
        raise StoreUnavailable("not now")

    with monkeypatch.context() as patch:
        patch.setattr(store, "room", refuse)
        room.reach(2)
        await until(lambda: refused > 2)
    await until(lambda: member.got == ["1:a", "2:b"])


async def test_news_of_what_is_in_no_log_is_given_up(room, member, store, caplog):
    appended = [each.event for each in await store.append(drafts("ab"))]
    room.apply(appended[0])
    room.reach(9)
    await until(lambda: "in no log" in caplog.text)
    assert member.got == ["1:a", "2:b"]
    third = await store.append(drafts("c"))
    room.apply(third[0].event)
    room.show()
    assert member.got == ["1:a", "2:b", "3:c"]


async def test_a_retry_that_another_node_had_is_shown_here_too(house, room, member, store):
    draft = structs.replace(*drafts("a"), id="said-twice")
    await store.append([draft])
    answers = []
    house.post(room, draft, lambda _, outcome: answers.append(outcome))
    await until(lambda: answers)
    assert answers[0].duplicate
    assert member.got == ["1:a"]


async def test_looking_takes_in_what_was_not_heard_of(room, member, store):
    await room.look()
    assert member.got == []
    await store.append(drafts("ab"))
    await room.look()
    assert member.got == ["1:a", "2:b"]


async def test_a_room_that_is_closed_reads_no_more(house, store, monkeypatch):
    monkeypatch.setattr(gap, "WAIT_SECONDS", 0)
    await store.append(drafts("ab"))
    room = await house.open("other")
    room.reach(2)
    filling = room._gap._filling
    house.release(room)

    async def never(key):
        raise AssertionError("read")

    monkeypatch.setattr(store, "room", never)
    await settled()
    assert filling.cancelled()
