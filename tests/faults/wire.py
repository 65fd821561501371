"""A WebSocket client that is nothing but a socket, so that it can do what clients must not.

It reads only when it is told to, sends any bytes, and costs little enough that one
process can be hundreds of them.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec
from yarl import URL

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
EMPTY_PING = bytes((0x80 | PING, 0x80, 0, 0, 0, 0))
EMPTY_PONG = bytes((0x80 | PONG, 0x80, 0, 0, 0, 0))

_CHUNK = 256 * 1024
_decode = msgspec.json.Decoder().decode


class Frame(NamedTuple):
    opcode: int
    payload: bytes

    @property
    def code(self) -> int:
        """The close code of a close frame."""
        return int.from_bytes(self.payload[:2], "big")

    def json(self) -> Any:
        return _decode(self.payload)


def framed(payload: bytes, opcode: int = TEXT) -> bytes:
    """Return a whole frame as a client sends it; its mask is zeros, which is one too."""
    size = len(payload)
    if size < 126:
        head = bytes((0x80 | opcode, 0x80 | size))
    elif size < 65536:
        head = bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((0x80 | opcode, 0x80 | 127)) + size.to_bytes(8, "big")
    return head + b"\0\0\0\0" + payload


def said(**frame: Any) -> bytes:
    return framed(msgspec.json.encode(frame))


def handshake(base: URL, room: str, *, full: bool = True, query: str = "") -> bytes:
    """Return the request that opens a socket in the room."""
    lines = [
        f"GET /ws/chat/{quote(room, safe='')}/{query} HTTP/1.1",
        f"Host: {base.host}:{base.port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ]
    if full:
        lines.append("Sec-WebSocket-Protocol: chat.v1")
    return "\r\n".join([*lines, "", ""]).encode()


class Wire:
    """One TCP connection. `status` is that of the handshake's answer, 0 before it."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.status = 0
        self._unread = b""

    async def read(self) -> bool:
        """Read what there is; False at the end, however it came."""
        try:
            data = await asyncio.get_running_loop().sock_recv(self.sock, _CHUNK)
        except ConnectionError:
            return False
        self._unread += data
        return bool(data)

    async def send(self, data: bytes) -> None:
        """Send all of it, for as long as that takes; raises ConnectionError at the end."""
        await asyncio.get_running_loop().sock_sendall(self.sock, data)

    async def answered(self) -> int:
        """Read the answer to a request up to its body; return its status, 0 if there is none."""
        while b"\r\n\r\n" not in self._unread:
            if not await self.read():
                return 0
        head, _, self._unread = self._unread.partition(b"\r\n\r\n")
        self.status = int(head.split(b" ", 2)[1])
        return self.status

    def received(self) -> list[Frame]:
        """Return the whole frames among what was read."""
        frames = []
        data, at = self._unread, 0
        while len(data) - at >= 2:
            size, start = data[at + 1] & 127, at + 2
            if size >= 126:
                start += 2 if size == 126 else 8
                if len(data) < start:
                    break
                size = int.from_bytes(data[at + 2 : start], "big")
            if len(data) < start + size:
                break
            frames.append(Frame(data[at] & 15, data[start : start + size]))
            at = start + size
        self._unread = data[at:]
        return frames

    async def frames(self) -> AsyncIterator[Frame]:
        """Yield what comes until the end."""
        more = True
        while more:
            for frame in self.received():
                yield frame
            more = await self.read()
        for frame in self.received():
            yield frame

    def close(self) -> None:
        self.sock.close()

    def reset(self) -> None:
        """Vanish: what the server still sends is answered by a reset."""
        linger = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.sock.close()


async def connected(base: URL, *, receive_buffer: int | None = None) -> Wire:
    """Return a TCP connection to the server; `receive_buffer` is what its kernel reads ahead."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if receive_buffer is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    try:
        await asyncio.get_running_loop().sock_connect(sock, (base.host, base.port))
    except BaseException:
        sock.close()
        raise
    return Wire(sock)


@asynccontextmanager
async def joined(
    base: URL,
    room: str,
    *,
    full: bool = True,
    query: str = "",
    receive_buffer: int | None = None,
) -> AsyncIterator[Wire]:
    """A member of the room, with its handshake answered and nothing after that read."""
    wire = await connected(base, receive_buffer=receive_buffer)
    try:
        await wire.send(handshake(base, room, full=full, query=query))
        if await wire.answered() != 101:
            raise ConnectionRefusedError(f"handshake answered with {wire.status}")
        yield wire
    finally:
        wire.close()
