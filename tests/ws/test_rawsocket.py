"""The second descriptor of a connection's socket, and where there is none."""

import asyncio
import socket

import pytest

from chat_app.ws import rawsocket
from chat_app.ws.rawsocket import raw_socket


@pytest.fixture
async def connection():
    """The transport of a connection, and the socket at its other end."""
    near, far = socket.socketpair()
    far.setblocking(False)
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=near)
    yield transport, far
    transport.abort()
    far.close()


def opened(transport):
    raw = raw_socket(transport)
    assert raw is not None
    return raw


async def test_it_sends_where_the_transport_does_and_does_not_block(connection):
    transport, far = connection
    with opened(transport) as raw:
        transport.write(b"one ")
        assert raw.send(b"two") == 3
        assert far.recv(100) == b"one two"
        with pytest.raises(BlockingIOError):
            while True:
                raw.send(bytes(65536))


async def test_nobody_else_is_sent_anything_by_it_after_the_transport_was_closed(connection):
    transport, far = connection
    number = transport.get_extra_info("socket").fileno()
    with opened(transport) as raw:
        transport.abort()
        await asyncio.sleep(0.01)
        stranger, of_stranger = socket.socketpair()  # which gets the number of the first
        with stranger, of_stranger:
            assert number in (stranger.fileno(), of_stranger.fileno())
            raw.send(b"a secret")
            for end in (stranger, of_stranger):
                end.setblocking(False)
                with pytest.raises(BlockingIOError):
                    end.recv(100)
        assert far.recv(100) == b"a secret"
    assert far.recv(100) == b""


async def test_there_is_none_where_descriptors_become_scarce(connection, monkeypatch):
    transport, _ = connection
    with opened(transport) as raw:
        number = raw.fileno()
    monkeypatch.setattr(rawsocket, "_file_limit", lambda: 2 * number + 2)
    with opened(transport) as raw:
        assert raw.fileno() == number
    monkeypatch.setattr(rawsocket, "_file_limit", lambda: 2 * number)
    assert raw_socket(transport) is None
    with socket.socket() as next_one:
        assert next_one.fileno() == number  # none was kept


async def test_there_is_none_for_a_connection_that_is_encrypted():
    class Encrypted(asyncio.Transport):
        """What matters of uvloop's and asyncio's."""

        def is_closing(self):
            return False

    assert raw_socket(Encrypted({"sslcontext": object(), "socket": socket})) is None


async def test_there_is_none_for_a_transport_that_was_closed(connection):
    transport, _ = connection
    transport.abort()
    assert raw_socket(transport) is None
    await asyncio.sleep(0.01)
    assert raw_socket(transport) is None
