"""Deletions in a room: who is shown them, and that nobody is shown the text any more."""

import asyncio

import pytest

from chat_app.chat import behind, messages, tail
from chat_app.chat.deletions import delete, find_message
from chat_app.chat.rooms import Rooms
from chat_app.config import Storage
from chat_app.errors import Invalid, MessageNotFound, NotAllowed, StoreUnavailable
from chat_app.models import Kind, User
from chat_app.store import open_store
from tests.chat.test_rooms import ANN, Member
from tests.clients import settled

BEN = User("u_ben", "Ben")


class Bare(Member):
    hears = False


@pytest.fixture
async def store(tmp_path):
    store = await open_store(Storage(folder=str(tmp_path)))
    yield store
    await store.close()


@pytest.fixture
async def house(store):
    def encode(event):
        if event.kind is Kind.DELETION:
            return f"{event.seq}:-{event.target}\n".encode()
        return f"{event.seq}:{event.message}\n".encode()

    house = Rooms(store, encode, lambda *_: b"")
    yield house
    await house.close()


@pytest.fixture
async def room(house):
    """A room in which a, b and c were said."""
    room = await house.open("lobby")
    for text in ("a", "b", "c"):
        await say(house, room, text)
    return room


def post(house, room, text, id=None):
    done = asyncio.get_running_loop().create_future()
    draft = messages.draft(room.key, room.name, ANN, text, id, most_chars=0)
    house.post(room, draft, lambda _, result: done.set_result(result))
    return done


async def say(house, room, text, id=None):
    return await post(house, room, text, id)


async def test_a_deletion_is_an_event_for_those_who_know_of_it(house, room):
    full, bare = Member(), Bare()
    room.join(full, 3)
    room.join(bare, 3)
    appended = await delete(house, room, ANN, 2, "delete-01", moderates=False)
    await say(house, room, "d")
    assert (appended.event.seq, appended.duplicate) == (4, False)
    assert full.got == ["4:-2", "5:d"]
    assert bare.got == ["5:d"]


async def test_messages_that_come_along_with_a_deletion_reach_everybody_once(house, room):
    full, bare = Member(), Bare()
    room.join(full, 3)
    room.join(bare, 3)
    before = post(house, room, "d")
    deleting = asyncio.create_task(delete(house, room, ANN, 1, None, moderates=False))
    await asyncio.sleep(0)
    after = post(house, room, "e")
    await asyncio.gather(before, deleting, after)
    assert full.got == ["4:d", "5:-1", "6:e"]
    assert bare.got == ["4:d", "6:e"]


async def test_nobody_who_comes_back_is_sent_the_text(house, room):
    await delete(house, room, ANN, 2, None, moderates=False)
    for since, got in [(0, ["1:a", "2:", "3:c", "4:-2"]), (2, ["3:c", "4:-2"])]:
        member = Member()
        room.join(member, since)
        await settled()
        assert member.got == got


async def test_a_bare_member_that_is_behind_gets_messages_alone(house, room):
    await delete(house, room, ANN, 2, None, moderates=False)
    await say(house, room, "d")
    member = Bare()
    room.join(member, 0)
    await settled()
    await say(house, room, "e")
    assert member.got == ["1:a", "3:c", "5:d", "6:e"]


async def test_what_was_read_before_a_deletion_is_not_sent_after_it(
    house, room, store, monkeypatch
):
    """A slice is on its way from the store, or kept, while the deletion comes in."""
    monkeypatch.setattr(tail, "RING_BYTES", 1)
    room._tail.keep_for(1)
    await say(house, room, "d")
    events, reads = store.events, []
    go_on = asyncio.Event()

    async def slow_events(key, **page):
        page_read = await events(key, **page)
        if "after" in page:
            reads.append(page)
            await go_on.wait()
        return page_read

    monkeypatch.setattr(store, "events", slow_events)
    member = Member()
    room.join(member, 0)
    while not reads:
        await asyncio.sleep(0)
    await delete(house, room, ANN, 2, None, moderates=False)
    go_on.set()
    await settled()
    assert member.got == ["1:a", "2:", "3:c", "4:d", "5:-2"]


async def test_a_deleted_message_is_gone_from_a_slice_that_is_kept(house, room, monkeypatch):
    monkeypatch.setattr(tail, "RING_BYTES", 1)
    room._tail.keep_for(1)
    monkeypatch.setattr(behind, "PAUSE_SECONDS", 0)
    await say(house, room, "d")
    stuck, member = Member(), Member()
    stuck.stuck = True
    stuck.held = 1 << 30  # keeps the slices from being forgotten
    room.join(stuck, 1)
    reader = Member()
    room.join(reader, 0)
    await settled()
    assert reader.got[1] == "2:b"
    await delete(house, room, ANN, 2, None, moderates=False)
    room.join(member, 0)
    await settled()
    assert member.got == ["1:a", "2:", "3:c", "4:d", "5:-2"]


async def test_what_is_newer_than_the_deleted_stays_at_hand(house, room, store, monkeypatch):
    await delete(house, room, ANN, 2, None, moderates=False)

    async def events(key, **page):
        raise StoreUnavailable("not needed")

    monkeypatch.setattr(store, "events", events)
    member = Member()
    room.join(member, 2)
    await settled()
    assert member.got == ["3:c", "4:-2"]


async def test_authors_and_moderators_may_delete_and_nobody_else(house, room):
    with pytest.raises(NotAllowed):
        await delete(house, room, BEN, 1, None, moderates=False)
    assert (await find_message(room, 1)).message == "a"
    await delete(house, room, BEN, 1, None, moderates=True)
    assert (await find_message(room, 1)).kind is Kind.TOMBSTONE


async def test_deleting_again_is_answered_with_the_first(house, room):
    first = await delete(house, room, ANN, 1, "delete-01", moderates=False)
    again = await delete(house, room, ANN, 1, "delete-01", moderates=False)
    other = await delete(house, room, BEN, 1, "delete-02", moderates=True)
    assert again.event == other.event == first.event
    assert again.duplicate
    assert other.duplicate
    assert room.top == 4


@pytest.mark.parametrize("target", [0, 4, 5, 99, 2**53 - 1])
async def test_only_messages_can_be_deleted(house, room, target):
    await delete(house, room, ANN, 1, None, moderates=False)  # the event 4
    with pytest.raises(MessageNotFound):
        await delete(house, room, ANN, target, None, moderates=True)
    assert room.top == 4


async def test_an_id_that_is_a_messages_is_not_taken_for_a_deletion(house, room):
    await say(house, room, "d", id="same-id-1")
    for id in ("same-id-1", "short", "with spaces"):
        with pytest.raises(Invalid):
            await delete(house, room, ANN, 1, id, moderates=False)
    assert (await find_message(room, 1)).message == "a"
