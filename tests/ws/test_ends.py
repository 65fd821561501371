"""What a socket is sent when it ends, while others go on talking."""

import asyncio
import json
import socket
from contextlib import suppress

import pytest

from chat_app import keys
from chat_app.chat import behind
from chat_app.chat import room as one_room
from chat_app.models import Event, User
from chat_app.ws import protocol
from chat_app.ws.protocol import Close
from chat_app.ws.rawsocket import raw_sockets
from tests.clients import SECONDS, settled
from tests.faults.wire import CLOSE, PONG, TEXT, joined


@pytest.fixture
async def ben(join):
    return await join("lobby", "ben")


@pytest.fixture
async def of_ben(app, ben):
    """The server's end of Ben's socket."""
    (conn,) = app[keys.CONNECTIONS]
    return conn


@pytest.fixture
def of_ann(app, of_ben):
    """of_ann(): the server's end of the only other socket."""

    def of_ann():
        (conn,) = app[keys.CONNECTIONS] - {of_ben}
        return conn

    return of_ann


async def test_nothing_follows_a_close_frame(client, ben, of_ann):
    async with joined(client.make_url("/"), "lobby", full=False) as ann:
        conn = of_ann()
        await ben.post("before")
        closing = conn.close(Close.RESTART)  # which she does not answer
        frames = []
        async for frame in ann.frames():
            frames.append(frame.opcode)
            if frame.opcode == CLOSE:
                await ben.post("after")
                # Something that was on its way leads her back into the room.
                conn.room.join(conn, conn.room.top)
                await ben.post("and after")
        await closing
    assert frames == [TEXT, CLOSE]


async def test_the_room_is_left_before_the_close_frame_is_sent(client, ben, of_ann):
    async with joined(client.make_url("/"), "lobby", full=False) as ann:
        conn = of_ann()
        await ben.post("before")
        conn.mute()  # of which the handler hears nothing yet
        await ben.post("after")
        await conn.close(Close.RESTART)
        assert [frame.opcode async for frame in ann.frames()] == [TEXT, CLOSE]


async def test_a_second_descriptor_is_made_for_who_is_shown_something(client, ben, of_ann):
    async with joined(client.make_url("/"), "lobby", full=False) as ann:
        conn = of_ann()
        assert conn.writer == conn._write_first
        await ben.post("one")
        raw = conn._raw
        await ben.post("two")
        assert conn.writer == raw.send
        await conn.close(Close.RESTART)
        assert conn._raw is None
        got = [frame async for frame in ann.frames()]
    assert [json.loads(frame.payload)["message"] for frame in got[:-1]] == ["one", "two"]


async def test_who_can_have_none_goes_by_the_transport_from_then_on(
    client, ben, of_ann, monkeypatch
):
    asked: list[asyncio.Transport] = []
    monkeypatch.setattr(raw_sockets, "open", asked.append)
    async with joined(client.make_url("/"), "lobby", full=False):
        conn = of_ann()
        await ben.post("one")
        await ben.post("two")
        assert asked.count(conn._transport) == 1
        assert conn.room._live[conn] == conn.write


async def test_one_that_was_lost_keeps_nothing_from_the_others(client, join, ben, of_ann):
    async with joined(client.make_url("/"), "lobby", full=False):
        conn = of_ann()
        await ben.post("the first that she is shown")
        room, writer = conn.room, conn.writer
        assert writer == conn._raw.send  # past the transport
        conn._transport.abort()
        await settled()
        room._live = {conn: writer, **room._live}  # as if it had not left yet
        cat = await join("lobby", "cat")
        await ben.post("hi")
        assert (await cat.expect("message"))["message"] == "hi"


async def test_nothing_piles_up_for_one_that_has_hung_up_and_does_not_read(
    client, ben, of_ann, monkeypatch
):
    monkeypatch.setattr(one_room, "BACKLOG_BYTES", 10_000)
    monkeypatch.setattr(behind, "DRAINED_BYTES", 5_000)
    base = client.make_url("/")
    async with joined(base, "lobby", full=False, receive_buffer=4096) as ann:
        conn = of_ann()
        said = 0
        while not conn.backlog():
            await ben.post(f"{(said := said + 1):04000}")
        ann.sock.shutdown(socket.SHUT_WR)  # what is on its way to her may still arrive
        async with asyncio.timeout(SECONDS):
            while not conn._transport.is_closing():
                await asyncio.sleep(0)
        assert conn.backlog()
        for _ in range(20):
            await ben.post(f"{(said := said + 1):04000}")
        assert conn._transport.get_write_buffer_size() < 40_000
        owed = conn.backlog()
        conn.room.join(conn, conn.room.top)  # as who has caught up does
        await ben.post(f"{(said := said + 1):04000}")
        assert conn.backlog() == owed
        # What she gets has an end, and before it no hole.
        got = [json.loads(frame.payload)["message"] async for frame in ann.frames()]
        assert [int(message) for message in got] == list(range(1, len(got) + 1))
        assert len(got) < said


async def test_nothing_overtakes_what_the_transport_holds_back(client, of_ann):
    async with joined(client.make_url("/"), "lobby", full=False, receive_buffer=4096) as ann:
        conn = of_ann()
        assert conn.room._live[conn] != conn.write  # past the transport
        answers = 0
        while not conn.backlog():
            conn.write(protocol.framed(0x80 | PONG, b"%0100d" % answers))
            answers += 1
        # She reads, and the loop has no turn in which to hand on what is held back.
        with suppress(BlockingIOError):
            while True:
                ann._unread += ann.sock.recv(65536)
        conn.room.apply(Event("lobby", 1, "e1", User("u_cat", "Cat"), "hi", 0))
        conn.room.flush()
        conn.close(Close.RESTART)
        frames = [frame async for frame in ann.frames()]
        assert [int(frame.payload) for frame in frames[:-2]] == list(range(answers))
        assert [frame.opcode for frame in frames[-2:]] == [TEXT, CLOSE]


async def test_the_end_of_a_connection_is_seen_although_it_has_two_descriptors(client, ben, of_ann):
    async with joined(client.make_url("/"), "lobby", full=False) as ann:
        await ben.post("hi")
        conn = of_ann()
        assert conn.room._live[conn] != conn.write
        await conn.close(Close.RESTART)  # which she does not answer
        async with asyncio.timeout(SECONDS):
            assert [frame.opcode async for frame in ann.frames()] == [TEXT, CLOSE]
