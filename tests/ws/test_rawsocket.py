"""The second descriptor of a connection's socket, and where there is none."""

import asyncio
import errno
import os
import socket

import pytest

from chat_app.ws import rawsocket
from chat_app.ws.rawsocket import RawSockets


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
    raw = RawSockets().open(transport)
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
    monkeypatch.setattr(rawsocket, "_file_limit", lambda: 8)
    sockets = RawSockets()
    first, second = sockets.open(transport), sockets.open(transport)
    assert first and second
    assert sockets.open(transport) is None
    sockets.close(first)
    third = sockets.open(transport)
    assert third
    assert sockets.open(transport) is None
    for raw in (second, third):
        sockets.close(raw)


async def test_there_is_none_where_there_are_no_descriptors_left(connection, monkeypatch):
    transport, _ = connection

    def dup(_):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(os, "dup", dup)
    assert RawSockets().open(transport) is None


async def test_there_is_none_for_a_connection_that_is_encrypted():
    class Encrypted(asyncio.Transport):
        """What matters of uvloop's and asyncio's."""

        def is_closing(self):
            return False

    assert RawSockets().open(Encrypted({"sslcontext": object(), "socket": socket})) is None


async def test_there_is_none_for_a_transport_that_was_closed(connection):
    transport, _ = connection
    transport.abort()
    assert RawSockets().open(transport) is None
    await asyncio.sleep(0.01)
    assert RawSockets().open(transport) is None
