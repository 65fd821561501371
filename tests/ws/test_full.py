"""A client of chat.v1: greeted, acknowledged, caught up."""

import asyncio
import threading

import pytest

from chat_app import keys
from chat_app.chat.tail import RING_BYTES
from chat_app.lifecycle import when_to_come_back
from chat_app.ws.heartbeat import PING_SECONDS, PONG_SECONDS, SWEEP_SECONDS, sweep
from tests.clients import settled


async def test_it_is_welcomed_with_who_and_where_it_is(join, app):
    alice = await join("Café")
    welcome = alice.welcome
    assert welcome["user"]["id"].startswith("u_")
    assert welcome["user"]["name"] == f"Guest {welcome['user']['id'][2:6]}"
    assert welcome["room"] == {"key": "café", "name": "Café"}
    assert welcome["epoch"] == app[keys.STORE].epoch
    assert (welcome["top"], welcome["ping"]) == (0, 25)
    assert welcome["limits"] == {"message_chars": 4000, "frame_bytes": 65536}


async def test_a_post_is_acknowledged_and_delivered_to_its_author_too(join):
    alice = await join("lobby")
    ack = await alice.post("hi", id="first-one")
    said = await alice.expect("message")
    assert (said["id"], said["seq"], said["at"]) == ("first-one", ack["seq"], ack["at"])
    assert ack["seq"] == 1
    assert ack["duplicate"] is False


async def test_a_retried_post_is_stored_once(join):
    alice = await join("lobby")
    first = await alice.post("hello", id="same-id-1")
    again = await alice.post("another text", id="same-id-1")
    assert again == {**first, "duplicate": True}
    await alice.messages(1)
    await alice.nothing()


async def test_an_id_is_one_message_for_each_author_and_room(join):
    alice, bob = await join("lobby", "alice"), await join("lobby", "bob")
    elsewhere = await join("other", "alice")
    assert (await alice.post("a", id="same-id-1"))["seq"] == 1
    assert (await bob.post("b", id="same-id-1"))["seq"] == 2
    assert (await elsewhere.post("c", id="same-id-1"))["seq"] == 1


async def test_a_duplicate_on_its_way_with_the_first_is_answered_with_it(join):
    alice = await join("lobby")
    for _ in range(3):
        await alice.send({"type": "post", "id": "same-id-1", "message": "hi"})
    acks = [await alice.expect("ack") for _ in range(3)]
    assert [ack["duplicate"] for ack in acks] == [False, True, True]
    assert {ack["seq"] for ack in acks} == {1}
    await alice.messages(1)
    await alice.nothing()


async def test_many_on_their_way_keep_their_order(join):
    alice, bob = await join("lobby", "alice"), await join("lobby", "bob")
    for number in range(200):
        await alice.send({"message": str(number), "id": f"number-{number:04}"})
    said = await bob.messages(200)
    assert [frame["message"] for frame in said] == [str(number) for number in range(200)]
    assert [frame["seq"] for frame in said] == list(range(1, 201))


async def test_the_first_to_speak_fixes_the_spelling(join):
    looking = await join("LOBBY", "alice")
    assert looking.welcome["room"]["name"] == "LOBBY"
    await (await join("Lobby", "bob")).post("hi")
    later = await join("lobby", "carol")
    assert later.welcome["room"] == {"key": "lobby", "name": "Lobby"}


async def test_looking_makes_no_room(join, app):
    await join("quiet")
    assert await app[keys.STORE].room("quiet") is None


async def test_history_is_paged_backwards_oldest_first(join):
    alice = await join("lobby")
    for number in range(1, 8):
        await alice.post(str(number))
    await alice.messages(7)

    async def page(**fields):
        await alice.send({"type": "history", "id": "page-0001", "limit": 3, **fields})
        answer = await alice.expect("history", id="page-0001")
        return [event["seq"] for event in answer["events"]], answer["more"]

    assert await page() == ([5, 6, 7], True)
    assert await page(before=5) == ([2, 3, 4], True)
    assert await page(before=2) == ([1], False)
    assert await page(before=1) == ([], False)
    assert await page(before=10**12) == ([5, 6, 7], True)


async def test_history_bears_the_events_as_they_were_delivered(join):
    alice = await join("lobby")
    await alice.post("hi")
    said = await alice.expect("message")
    await alice.send({"type": "history", "id": "page-0001"})
    assert (await alice.expect("history"))["events"] == [said]


@pytest.mark.parametrize("settings", [["limits.message_rate=1", "limits.message_burst=3"]])
async def test_beyond_its_rate_it_is_told_when_to_try_again(join, settings):
    alice, bob = await join("lobby", "alice"), await join("lobby", "bob")
    for number in range(4):
        await alice.send({"message": "hi", "id": f"number-{number:04}"})
    error = await alice.expect("error")
    assert (error["code"], error["id"]) == ("rate_limited", "number-0003")
    assert 0 < error["retry_ms"] <= 1001
    await bob.post("another user has a bucket of his own")


async def test_a_pong_and_unknown_fields_are_taken_quietly(join):
    alice = await join("lobby")
    await alice.send({"type": "pong", "more": [1, {"x": None}]})
    await alice.nothing()


async def test_a_silent_connection_is_pinged_and_then_cut(join, app):
    alice = await join("lobby")
    (conn,) = app[keys.CONNECTIONS]
    for _ in range(PING_SECONDS // SWEEP_SECONDS):
        sweep(conn)
    await alice.expect("ping")
    for _ in range(PONG_SECONDS // SWEEP_SECONDS):
        sweep(conn)
    assert await alice.close_code() == 4010


async def test_whoever_answers_is_not_cut(join, app):
    alice, bare = await join("lobby", "alice"), await join("lobby", "bob", bare=True)
    conns = tuple(app[keys.CONNECTIONS])
    for _ in range(3 * PING_SECONDS // SWEEP_SECONDS):
        for conn in conns:
            sweep(conn)
            if conn.unanswered and conn.full:
                await alice.expect("ping")
                await alice.send({"type": "pong"})
                await alice.nothing()
            elif conn.unanswered:
                # aiohttp's client answers a WebSocket ping when it reads.
                await bare.send({"message": "hi"})
                await bare.next()
                await alice.expect("message")
    assert not any(conn.closing for conn in conns)


async def test_going_down_says_so_to_all_at_once(join, client):
    alice, bare = await join("lobby", "alice"), await join("lobby", "bob", bare=True)
    closing = asyncio.create_task(client.server.close())
    bye = await alice.next()
    assert (bye["type"], bye["code"], bye["retry_ms"]) == ("bye", 1012, [500, 2000])
    assert await alice.close_code() == 1012
    assert await bare.close_code() == 1012
    await closing


class HeldDisk:
    """A connection to the log whose commits wait until they are let go."""

    def __init__(self, writer):
        self._writer = writer
        self.held, self.let_go = threading.Event(), threading.Event()

    def __getattr__(self, name):
        return getattr(self._writer, name)

    def execute(self, sql, *parameters):
        if sql == "COMMIT":
            self.held.set()
            self.let_go.wait()
        return self._writer.execute(sql, *parameters)


@pytest.fixture
def held_disk(app, client):
    store = app[keys.STORE]
    disk = store._writer = HeldDisk(store._writer)
    yield disk
    disk.let_go.set()


async def test_what_was_posted_is_answered_and_shown_before_the_goodbye(join, client, held_disk):
    alice, bob = await join("lobby", "alice"), await join("lobby", "bob")
    await alice.send({"type": "post", "id": "in-flight-1", "message": "just in time"})
    await asyncio.to_thread(held_disk.held.wait)
    closing = asyncio.create_task(client.server.close())
    await client.app[keys.DRAIN].leaving.wait()
    # What comes now is not taken: it will be sent again, to another server or the next.
    await alice.send({"type": "post", "id": "too-late-1", "message": "too late"})
    await settled()
    held_disk.let_go.set()
    # Of what she sent too late nothing comes; her own message may, beside its ack.
    answers = [await alice.next()]
    while answers[-1]["type"] != "bye":
        answers.append(await alice.next())
    assert {answer["id"] for answer in answers[:-1]} == {"in-flight-1"}
    assert "ack" in [answer["type"] for answer in answers]
    assert await alice.close_code() == 1012
    assert (await bob.next())["message"] == "just in time"
    assert (await bob.next())["type"] == "bye"
    await closing


async def test_a_log_that_does_not_answer_keeps_nobody_from_going(
    join, client, held_disk, monkeypatch
):
    monkeypatch.setattr("chat_app.lifecycle.SETTLE_SECONDS", 0.05)
    alice = await join("lobby", "alice")
    await alice.send({"type": "post", "id": "in-flight-1", "message": "too late"})
    await asyncio.to_thread(held_disk.held.wait)
    closing = asyncio.create_task(client.server.close())
    assert (await alice.next())["type"] == "bye"
    assert await alice.close_code() == 1012
    held_disk.let_go.set()
    await closing


async def test_who_comes_in_while_it_goes_down_is_told_to_come_back(join, app):
    app[keys.DRAIN].leaving.set()
    alice = await join("lobby", "alice")
    assert await alice.close_code() == 1012


def test_many_take_their_time_to_come_back():
    assert when_to_come_back(0) == (500, 2000)
    assert when_to_come_back(3_000) == (500, 3_500)
    assert when_to_come_back(100_000) == (500, 8_000)


async def test_leaving_leaves_nothing_behind(join, app):
    alice = await join("lobby")
    await alice.ws.close()
    for _ in range(100):
        await settled()
        if not app[keys.CONNECTIONS]:
            break
    assert not app[keys.CONNECTIONS]
    assert not app[keys.ROOMS]._open
    assert not app[keys.USERS]._watching
    assert not app[keys.ADDRESSES]._open


@pytest.mark.parametrize("settings", [["limits.connections_per_address=2"]])
async def test_an_address_has_so_many_connections_and_no_more(join, client, settings):
    await join("lobby", "a")
    second = await join("lobby", "b")
    headers = {"Upgrade": "websocket", "Connection": "upgrade"}
    refused = await client.get("/ws/chat/lobby/", headers=headers)
    assert refused.status == 429
    await second.ws.close()
    assert (await join("lobby", "c")).welcome


async def test_a_reader_far_behind_is_left_behind_and_caught_up(join, app):
    """What a stopped reader misses comes from ring and store when it reads on."""
    slow, quick = await join("lobby", "slow"), await join("lobby", "quick")
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
    transport.resume_reading()
    said = await slow.messages(count)
    assert [frame["seq"] for frame in said] == list(range(1, count + 1))
    assert not room._behind


async def test_one_answer_is_not_larger_than_a_reader_may_owe(join):
    alice = await join("lobby")
    for start in range(0, 100, 20):
        for number in range(start, start + 20):
            await alice.send({"message": "가" * 4000, "id": f"number-{number:04}"})
        await alice.messages(20)
    seqs: list[int] = []
    before = 101
    while before > 1:
        await alice.send({"type": "history", "id": "page-0001", "limit": 100, "before": before})
        answer = await alice.expect("history")
        page = [event["seq"] for event in answer["events"]]
        assert 0 < len(page) < 30
        assert page[-1] == before - 1
        assert answer["more"] == (page[0] > 1)
        seqs, before = page + seqs, page[0]
    assert seqs == list(range(1, 101))


async def test_a_handshake_that_is_given_up_leaves_no_trace(client, caplog):
    for _ in range(30):
        _, writer = await asyncio.open_connection(client.host, client.port)
        writer.write(
            b"GET /ws/chat/lobby/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        await writer.drain()
        writer.transport.abort()
    await asyncio.sleep(0.1)
    assert not [record for record in caplog.records if record.exc_info]
