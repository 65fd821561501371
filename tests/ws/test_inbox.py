"""The short cut into aiohttp: it is taken, it overtakes nothing, and without it all works."""

import asyncio
import socket

import aiohttp
import pytest
from aiohttp import base_protocol
from aiohttp.web_protocol import RequestHandler

from chat_app import keys
from chat_app.ws import inbox, reader
from chat_app.ws.protocol import Close, pong
from tests.clients import SECONDS


def test_the_aiohttp_that_is_installed_was_tried():
    """If not: try the short cut with it, then say so in `TRIED`."""
    assert aiohttp.__version__.startswith(inbox.TRIED)


@pytest.fixture(params=["offered", "received"])
def way(request, monkeypatch):
    if request.param == "received":
        monkeypatch.setattr(inbox, "TRIED", ("none",))
    return request.param


async def test_frames_are_served_in_order_on_either_way(way, join, monkeypatch):
    served = []
    take = reader.Reader.offer

    def offer(self, frame):
        served.append(take(self, frame))
        return served[-1]

    monkeypatch.setattr(reader.Reader, "offer", offer)
    alice = await join("lobby")
    for number in range(200):
        await alice.send({"message": str(number), "id": f"number-{number:04}"})
        if number % 50 == 0:
            await alice.send({"type": "history", "id": f"history-{number}"})
            await alice.ws.ping()
    assert [frame["message"] for frame in await alice.messages(200)] == [
        str(number) for number in range(200)
    ]
    assert any(served) is (way == "offered")


async def test_aiohttp_passes_on_the_first_frame_and_no_other(way, join, monkeypatch):
    reads = []
    received = RequestHandler.data_received

    def counted(self, data):
        reads.append(data)
        received(self, data)

    monkeypatch.setattr(RequestHandler, "data_received", counted)
    alice = await join("lobby")
    reads.clear()
    await alice.post("one")
    assert reads
    reads.clear()
    await alice.post("two")
    assert bool(reads) is (way == "received")


@pytest.mark.parametrize("said", [0, 2])
async def test_the_answer_to_a_close_frame_is_seen_as_the_server_goes_down(client, join, app, said):
    alice = await join("lobby")
    for number in range(said):
        await alice.post(str(number))
    (conn,) = app[keys.CONNECTIONS]
    client.server.runner.server.pre_shutdown()  # from here on aiohttp's own protocol reads nothing
    conn.close(Close.RESTART)
    assert await alice.close_code() == Close.RESTART
    await conn.closed()
    assert conn._ws.close_code == 1000  # with which she answers; 1006: not seen


async def test_aiohttp_hears_of_what_is_no_data(way, join, app):
    alice = await join("lobby")
    (conn,) = app[keys.CONNECTIONS]
    handler = conn._ws._req.protocol
    alice.ws._conn.transport.pause_reading()
    conn.write(pong(b"x" * 125) * 200_000)  # 25 MB, more than a socket holds
    assert handler.writing_paused
    alice.ws._conn.transport.resume_reading()
    await alice.post("hi")
    assert not handler.writing_paused
    alice.ws._conn.transport.abort()
    async with asyncio.timeout(SECONDS):
        while handler.connected:
            await asyncio.sleep(0)


async def test_nodelay_is_inherited_and_set_by_nobody(way, join, app, monkeypatch):
    asked = []
    monkeypatch.setattr(base_protocol, "tcp_nodelay", lambda transport, _: asked.append(transport))
    inbox.spare_nodelay()
    await join("lobby")
    (conn,) = app[keys.CONNECTIONS]
    accepted = conn._transport.get_extra_info("socket")
    assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert bool(asked) is (way == "received")


async def test_a_fault_in_serving_closes_that_connection_alone(join, monkeypatch, caplog):
    alice, bob = await join("lobby", "alice"), await join("lobby", "bob")

    def fault(*_, **__):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(reader, "decode", fault)
        await alice.send({"message": "hi"})
        assert await alice.close_code() == 1011
    assert "ZeroDivisionError" in caplog.text
    await bob.post("still here")


async def test_many_frames_in_one_read_are_not_one_turn_of_the_loop(join, app, monkeypatch):
    monkeypatch.setattr(reader, "BUDGET", 3)
    alice = await join("lobby")
    (conn,) = app[keys.CONNECTIONS]
    turns = []
    take = reader.Reader._take

    def counted(self, frame):
        turns.append(self._budget)
        return take(self, frame)

    monkeypatch.setattr(reader.Reader, "_take", counted)
    for _ in range(30):
        await alice.send({"type": "pong"})
    await alice.post("after all of them")
    assert min(turns) >= 1
    assert conn.unanswered == 0
