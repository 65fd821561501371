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


def raw_socket(transport: asyncio.Transport) -> socket.socket | None:
    """Return a socket that sends where `transport` does, and does not block; close it.

    The peer sees the end of the connection when both are closed. None where the bytes of the
    transport are not those of the wire (TLS), and where descriptors may become scarce: half
    of them are for connections alone.

    Who sends by it must know that the transport holds nothing back, or would overtake it.
    """
    if transport.is_closing() or transport.get_extra_info("sslcontext") is not None:
        return None
    of: socket.socket = transport.get_extra_info("socket")
    try:
        fd = os.dup(of.fileno())
    except OSError:
        return None  # none left
    if fd >= _file_limit() // 2:
        os.close(fd)
        return None
    raw = socket.socket(of.family, of.type, of.proto, fileno=fd)
    raw.setblocking(False)  # the kernel knows, Python does not
    return raw


@cache
def _file_limit() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft
