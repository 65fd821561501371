"""What a socket is sent when it ends, while others go on talking."""

import asyncio
import json
import socket

import pytest

from chat_app import keys
from chat_app.chat import behind
from chat_app.chat import room as one_room
from chat_app.ws.protocol import Close
from tests.clients import SECONDS, settled
from tests.faults.wire import CLOSE, TEXT, joined


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
        conn.mute()  # as the close frame is sent
        await ben.post("after")
        # Something that was on its way leads her back into the room.
        conn.room.join(conn, conn.room.top)
        await ben.post("and after")
        closing = conn.close(Close.RESTART)  # which she does not answer
        await closing
        frames = [frame async for frame in ann.frames()]
    assert [frame.opcode for frame in frames] == [TEXT, CLOSE]
    assert json.loads(frames[0].payload)["message"] == "before"


async def test_one_that_is_lost_keeps_nothing_from_the_others(client, join, ben, of_ann):
    async with joined(client.make_url("/"), "lobby", full=False):
        conn = of_ann()
        cat = await join("lobby", "cat")
        conn._transport.abort()
        await settled()
        conn.room.join(conn, conn.room.top)  # as if the room had not heard of it yet
        cat_too = await join("lobby", "cat")
        await ben.post("hi")
        assert [(await one.expect("message"))["message"] for one in (cat, cat_too)] == ["hi"] * 2


async def test_nothing_piles_up_for_one_that_has_hung_up_and_does_not_read(
    client, ben, of_ann, monkeypatch
):
    monkeypatch.setattr(one_room, "BACKLOG_BYTES", 10_000)
    monkeypatch.setattr(behind, "DRAINED_BYTES", 5_000)
    base = client.make_url("/")
    async with joined(base, "lobby", full=False, receive_buffer=4096) as ann:
        conn = of_ann()
        while not conn.backlog():
            await ben.post("x" * 4000)
        ann.sock.shutdown(socket.SHUT_WR)  # what is on its way to her may still arrive
        async with asyncio.timeout(SECONDS):
            while not conn._transport.is_closing():
                await asyncio.sleep(0)
        for _ in range(20):
            await ben.post("x" * 4000)
        assert conn._transport.get_write_buffer_size() < 40_000
