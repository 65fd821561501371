"""Reading a socket: its frames, in order, one after the other.

A frame that needs no waiting is served as it is parsed, in the turn of the loop that
read it. Whatever must wait takes its turn in `Reader.read`, and all that follows after it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import WSMsgType

from chat_app.chat.limits import MessageLimit, too_fast
from chat_app.errors import ChatError, Malformed
from chat_app.ws import protocol
from chat_app.ws.commands import COMMANDS, Answer, Row, decode, id_of
from chat_app.ws.connection import Connection
from chat_app.ws.inbox import RoomSocket
from chat_app.ws.protocol import Close, Command

log = logging.getLogger(__name__)

BUDGET: Final = 64  # frames of one connection in one turn of the loop: a read can hold thousands

_TEXT: Final = WSMsgType.TEXT  # asked of the enum itself, either costs as much as a call
_BINARY: Final = WSMsgType.BINARY

# Serves a text or binary frame; returns what must be awaited before the next is served.
Serve = Callable[[Connection, WSMsgType, bytes], Awaitable[None] | None]


class Reader:
    """Reads one connection and hands its text and binary frames to `serve`."""

    __slots__ = ("_budget", "_conn", "_reading", "_serve", "_unfinished")

    def __init__(self, conn: Connection, serve: Serve) -> None:
        self._conn = conn
        self._serve = serve
        self._budget = BUDGET
        self._reading = False  # `read` has a frame that is not finished
        self._unfinished: Awaitable[None] | None = None

    def offer(self, frame: Any) -> bool:
        """Serve a frame in this turn of the loop; return False if it is left to `read`."""
        conn = self._conn
        if self._reading or self._budget <= 0 or (conn.owes and conn.must_wait):
            return False
        try:
            return self._take(frame)
        except Exception:
            log.exception("connection failed user=%s", conn.user.id)
            conn.close(Close.FAULT)
            return True

    def _take(self, frame: Any) -> bool:
        """Serve a frame; return False if it is not done with (`_unfinished`), or none of ours."""
        conn = self._conn
        if conn.closing:
            return False  # what was on its way when it was put out is not served
        kind, data, _ = frame
        self._budget -= 1
        conn.unanswered = 0
        if kind is _TEXT or kind is _BINARY:
            self._unfinished = unfinished = self._serve(conn, kind, data)
            return unfinished is None
        if kind is WSMsgType.PING:
            conn.write(protocol.pong(data))
            return True
        return kind is WSMsgType.PONG

    async def read(self, ws: RoomSocket) -> None:
        """Read until the socket ends: first of all those that were left by `offer`."""
        conn = self._conn
        ws.offer_to(self)
        while not conn.closing:
            self._reading = False
            if (silence := ws.silence()) is not None:
                await silence
                continue
            frame = await ws.receive()
            self._reading = True
            if self._budget <= 0:
                await asyncio.sleep(0)
                self._budget = BUDGET
            if self._unfinished is None:
                if conn.must_wait:
                    await conn.drained()
                if not self._take(frame) and self._unfinished is None:
                    return
            if self._unfinished is not None:
                await self._unfinished
                self._unfinished = None


def serve(
    limit: MessageLimit, conn: Connection, kind: WSMsgType, data: bytes
) -> Awaitable[None] | None:
    """Serve a command of a room's member: see `Serve`."""
    if kind is _BINARY:
        conn.malformed(Malformed("A binary frame."))
        return None
    try:
        if not data.isascii():
            data.decode()
    except UnicodeDecodeError:
        conn.close(Close.NOT_UTF8)  # RFC 6455 leaves no choice
        return None
    try:
        command = decode(data, full=conn.full)
        row = COMMANDS[type(command)]
        if row.right & ~conn.rights:
            conn.check(row.right)
        if row.limited and (wait := limit.wait(conn.user.id, conn.guest_from)):
            if conn.full:
                raise too_fast(wait)
            return _serve_slowly(conn, limit, wait, row, command, data)
        answer = row.handler(conn, command)
        if answer is not None:
            if not isinstance(answer, protocol.Frame):
                return _answer(conn, answer, data)
            conn.send(answer)
    except ChatError as refusal:
        _refuse(conn, refusal, data)
    return None


async def _answer(conn: Connection, coming: Awaitable[Answer], data: bytes) -> None:
    try:
        if (answer := await coming) is not None:
            conn.send(answer)
    except ChatError as refusal:
        _refuse(conn, refusal, data)


async def _serve_slowly(
    conn: Connection, limit: MessageLimit, wait: float, row: Row, command: Command, data: bytes
) -> None:
    """Read a bare client at its rate: it can be told nothing and must lose nothing."""
    with conn.unread():
        while wait:
            await asyncio.sleep(wait)
            wait = limit.wait(conn.user.id, conn.guest_from)
    if conn.closing:
        return
    try:
        conn.check(row.right)  # it may have lost it meanwhile
        answer = row.handler(conn, command)
    except ChatError as refusal:
        _refuse(conn, refusal, data)
    else:
        if answer is not None and not isinstance(answer, protocol.Frame):
            await _answer(conn, answer, data)


def _refuse(conn: Connection, refusal: ChatError, data: bytes) -> None:
    if isinstance(refusal, Malformed):
        conn.malformed(refusal, id_of(data))
    else:
        conn.send(protocol.error(refusal, id_of(data)))
