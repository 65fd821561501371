"""Coming back: `resume` as a frame and on the URL, one answer for both."""

import pytest

from chat_app import keys
from chat_app.errors import StoreUnavailable
from chat_app.models import Draft, User
from chat_app.ws.resume import NEWEST


@pytest.fixture
async def log(join):
    """Return (epoch, post) of a room with seven messages."""
    author = await join("lobby", "author")
    epoch = author.welcome["epoch"]
    for number in range(1, 8):
        await author.post(str(number))
    return epoch, author.post


async def come_back(join, how, epoch, since, **more):
    """Return a client that has asked for what it missed, and the answer to that."""
    if how == "url":
        bob = await join("lobby", "bob", epoch=epoch, since=since, **more)
    else:
        bob = await join("lobby", "bob")
        await bob.send({"type": "resume", "epoch": epoch, "since": since, **more})
    return bob, await bob.next()


both = pytest.mark.parametrize("how", ["url", "frame"])


@both
async def test_what_was_missed_comes_then_what_is_new(join, log, how):
    epoch, post = log
    bob, answer = await come_back(join, how, epoch, 4)
    assert answer == {"type": "resumed", "from": 5, "to": 7}
    await post("8")
    assert [frame["seq"] for frame in await bob.messages(4)] == [5, 6, 7, 8]
    await bob.nothing()


@both
async def test_nothing_was_missed(join, log, how):
    epoch, post = log
    bob, answer = await come_back(join, how, epoch, 7)
    assert answer == {"type": "resumed", "from": 8, "to": 7}
    await post("8")
    assert [frame["seq"] for frame in await bob.messages(1)] == [8]
    await bob.nothing()


@both
async def test_too_much_was_missed(join, log, how):
    epoch, post = log
    for number in range(8, NEWEST + 20):
        await post(str(number))
    top = NEWEST + 19
    bob, answer = await come_back(join, how, epoch, 3, limit=NEWEST + 10)
    assert answer == {"type": "resumed", "from": 20, "to": top, "limited": True}
    assert [f["seq"] for f in await bob.messages(NEWEST)] == list(range(20, top + 1))
    await bob.nothing()


@both
@pytest.mark.parametrize(("reason", "since"), [("epoch", 3), ("ahead", 8)])
async def test_the_server_cannot_know(join, log, how, reason, since):
    epoch, post = log
    bob, answer = await come_back(join, how, "other" if reason == "epoch" else epoch, since)
    assert answer == {"type": "reset", "reason": reason, "epoch": epoch, "top": 7}
    await post("8")
    assert [frame["seq"] for frame in await bob.messages(1)] == [8]
    await bob.nothing()


@both
async def test_one_that_has_seen_more_than_this_node_has_heard_of_is_believed(join, log, how, app):
    """The events are another node's, and the news of them is late or lost."""
    epoch, post = log
    author = User("u_ann", "Ann")
    drafts = [Draft("lobby", "lobby", f"elsewhere-{n}", author, f"{n}", 1) for n in (8, 9, 10)]
    await app[keys.STORE].append(drafts)
    bob, answer = await come_back(join, how, epoch, 9)
    assert answer == {"type": "resumed", "from": 10, "to": 10}
    await post("11")
    assert [frame["seq"] for frame in await bob.messages(2)] == [10, 11]
    await bob.nothing()


async def test_one_that_asks_for_more_than_can_be_read_now_stays_where_it_is(
    join, log, app, monkeypatch
):
    epoch, post = log

    async def refuse(key):
        raise StoreUnavailable("not now", retry_ms=2000)

    bob, other = await join("lobby", "bob"), await join("lobby", "carol")
    with monkeypatch.context() as patch:
        patch.setattr(app[keys.STORE], "room", refuse)
        await bob.send({"type": "resume", "epoch": epoch, "since": 9})
        assert (await bob.next())["code"] == "unavailable"
        later = await join("lobby", "dan", epoch=epoch, since=9)
        assert not later.welcome
        assert later.ws.close_code == 1013
    await post("8")
    for client in (bob, other):
        assert [frame["seq"] for frame in await client.messages(1)] == [8]


@both
async def test_from_the_beginning(join, log, how):
    epoch, _ = log
    bob, answer = await come_back(join, how, epoch, 0)
    assert (answer["from"], answer["to"]) == (1, 7)
    assert [frame["seq"] for frame in await bob.messages(7)] == list(range(1, 8))
    await bob.nothing()


async def test_what_came_live_before_it_asked_is_not_sent_again(join, log):
    epoch, post = log
    bob = await join("lobby", "bob")
    await post("8")
    await post("9")
    await bob.send({"type": "resume", "epoch": epoch, "since": 5})
    assert await bob.expect("resumed") == {"type": "resumed", "from": 6, "to": 7}
    await post("10")
    assert [frame["seq"] for frame in await bob.messages(5)] == [8, 9, 6, 7, 10]
    await bob.nothing()


async def test_a_gap_asked_for_later_is_sent_up_to_the_top(join, log):
    epoch, post = log
    bob, _ = await come_back(join, "url", epoch, 6)
    await post("8")
    await bob.messages(2)
    await bob.send({"type": "resume", "epoch": epoch, "since": 6})
    assert await bob.expect("resumed") == {"type": "resumed", "from": 7, "to": 8}
    assert [frame["seq"] for frame in await bob.messages(2)] == [7, 8]


async def test_a_url_that_makes_no_sense_is_told_so_and_served_from_the_top(join, log):
    epoch, post = log
    bob, answer = await come_back(join, "url", epoch, "x")
    assert (answer["type"], answer["code"]) == ("error", "invalid")
    await post("8")
    assert [frame["seq"] for frame in await bob.messages(1)] == [8]


async def test_a_bare_client_gets_no_answer_to_it(join, log):
    epoch, post = log
    bare = await join("lobby", "bob", bare=True, epoch=epoch, since=2)
    await post("8")
    assert (await bare.next())["seq"] == 8


@pytest.mark.parametrize("since", [0, 3, 400])
async def test_one_that_had_fallen_behind_gets_all_of_it_all_the_same(join, since):
    """What it was not sent yet, because it did not read, is not taken for sent."""
    slow, quick = await join("lobby", "slow"), await join("lobby", "quick")
    text, count = "x" * 4000, 400
    transport = slow.ws._conn.transport
    transport.pause_reading()
    for start in range(0, count, 40):
        for number in range(start, start + 40):
            await quick.send({"message": text, "id": f"number-{number:04}"})
        await quick.messages(40)
    await slow.send({"type": "resume", "epoch": slow.welcome["epoch"], "since": since})
    transport.resume_reading()
    await quick.post("last")
    before: list[int] = []
    while (frame := await slow.next())["type"] == "message":
        before.append(frame["seq"])
    assert before == list(range(1, len(before) + 1))
    after = before[-1:] if since == 0 else [0]
    while after[-1] != count + 1:
        after.append((await slow.next())["seq"])
    del after[0]
    # From the beginning: the connection goes on where it is. Else: from where it asks.
    first = len(before) + 1 if since == 0 else since + 1
    assert after == list(range(first, count + 2))
    assert frame["from"] == since + 1
    # It was heard when there was room for an answer: the last may have come before or after.
    assert frame["to"] in ((0,) if since == 0 else (count, count + 1))
