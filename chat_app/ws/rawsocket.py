"""A connection's socket, for sending past its transport.

To hand bytes to the kernel by uvloop's transport takes 4.1 µs, by the socket's own `send` 3.5
(1,000 connections, of which each gets one write; docs/decisions/0002). asyncio gives no
transport's socket away, so this is a second descriptor of it: whatever becomes of the first,
and of its number, what is sent by this one reaches the same peer or nobody.
"""

import asyncio
import os
import resource
import socket
from functools import cache
from typing import Final


class RawSockets:
    """Opens second descriptors, at most a quarter of all: half stay for connections alone."""

    def __init__(self) -> None:
        self._open = 0

    def open(self, transport: asyncio.Transport) -> socket.socket | None:
        """Return a socket that sends where `transport` does, and does not block; `close` it.

        The peer sees the end of the connection when both are closed. None where the bytes of the
        transport are not those of the wire (TLS), and where descriptors may become scarce.

        Who sends by it must know that the transport holds nothing back, or would overtake it.
        """
        if transport.is_closing() or transport.get_extra_info("sslcontext") is not None:
            return None
        if self._open >= _file_limit() // 4:
            return None
        of: socket.socket = transport.get_extra_info("socket")
        try:
            fd = os.dup(of.fileno())
        except OSError:
            return None  # none left
        self._open += 1
        raw = socket.socket(of.family, of.type, of.proto, fileno=fd)
        raw.setblocking(False)  # the kernel knows, Python does not
        return raw

    def close(self, raw: socket.socket) -> None:
        """Close what `open` returned, once; another may be opened in its place."""
        raw.close()
        self._open -= 1


raw_sockets: Final = RawSockets()  # of this process, as its descriptors are


@cache
def _file_limit() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft
