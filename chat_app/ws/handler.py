"""The room's socket: opened, read until it ends, left."""

import logging
import socket
from functools import partial
from typing import Final

import msgspec
from aiohttp import web

from chat_app import keys
from chat_app.chat.names import room_name
from chat_app.chat.rooms import Room
from chat_app.config import Limits
from chat_app.errors import ChatError, Invalid
from chat_app.ws import protocol
from chat_app.ws.connection import CLOSE_SECONDS, Connection
from chat_app.ws.heartbeat import PING_SECONDS
from chat_app.ws.inbox import RoomSocket
from chat_app.ws.protocol import SUBPROTOCOL, Close, LimitsState, RoomState, Welcome
from chat_app.ws.reader import Reader, serve
from chat_app.ws.resume import Resume, resume

log = logging.getLogger(__name__)

# What the kernel may hold for a reader that has gone; by default it grows to megabytes.
_SEND_BUFFER: Final = 64 * 1024


def new_socket(limits: Limits) -> RoomSocket:
    """Return an unprepared socket with this server's settings."""
    return RoomSocket(
        protocols=(SUBPROTOCOL,),
        # Exclusive in aiohttp, which takes 0 for no limit.
        max_msg_size=limits.frame_bytes + 1 if limits.frame_bytes else 0,
        # A compressor for each connection costs seven times the memory of the rest.
        compress=False,
        # Commands are decoded from the bytes, once; `serve` checks that they are UTF-8.
        decode_text=False,
        # Pings and pongs are ours to see: answering must not wait, and a pong counts.
        autoping=False,
        timeout=CLOSE_SECONDS,
    )


async def room_socket(request: web.Request) -> RoomSocket:
    """GET /ws/chat/{room}/: everything said in the room, and saying something."""
    app = request.app
    ws = new_socket(app[keys.CONFIG].limits)
    try:
        full = ws.can_prepare(request).protocol == SUBPROTOCOL
    except ValueError as error:  # a key that is not even ASCII
        raise web.HTTPBadRequest from error
    network = app[keys.ADDRESSES].enter(request[keys.ADDRESS])
    try:
        await _visit(request, ws, full=full)
    except ConnectionError:
        if not ws.prepared:
            raise  # gone before it was answered; otherwise, in the middle of something
    finally:
        app[keys.ADDRESSES].leave(network)
    return ws


async def _visit(request: web.Request, ws: RoomSocket, *, full: bool) -> None:
    """Open the room, answer the handshake, stay, and let go of the room."""
    rooms = request.app[keys.ROOMS]
    try:
        spelling = room_name(request.match_info["room"])
        room = await rooms.open(spelling)
    except ChatError as refusal:
        if not full:
            raise
        # Browser code sees a refused handshake as a lost connection and would try
        # again for ever: accept, and say why in the close code.
        await ws.prepare(request)
        await ws.close(code=refusal.close, message=refusal.code.encode())
        return
    try:
        await ws.prepare(request)
        await _serve(request, ws, room, spelling, full=full)
    finally:
        rooms.release(room)


async def _serve(
    request: web.Request, ws: RoomSocket, room: Room, spelling: str, *, full: bool
) -> None:
    """Join the room, read until the socket ends, and leave however it ends."""
    app = request.app
    transport = request.transport
    if transport is None:
        return
    if (sock := transport.get_extra_info("socket")) is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    conn = Connection(ws, transport, request[keys.USER], full=full)
    conn.enter(app[keys.ROOMS], room, spelling, app[keys.CONFIG].limits)
    app[keys.CONNECTIONS].add(conn)
    app[keys.USERS].watch(conn.user.id, conn.renamed)
    try:
        # What it was called when it asked for the page may be an old name by now.
        conn.user = await app[keys.USERS].user(conn.user.id)
        room.presence.enter(conn, conn.user)
        _greet(conn, request)
        await Reader(conn, partial(serve, conn, app[keys.MESSAGE_RATE])).read(ws)
    except ConnectionError:
        raise
    except Exception:
        log.exception("connection failed user=%s", conn.user.id)
        conn.close(Close.FAULT)
    finally:
        room.leave(conn)
        room.presence.leave(conn, conn.user.id)
        app[keys.USERS].unwatch(conn.user.id, conn.renamed)
        app[keys.CONNECTIONS].discard(conn)
        await conn.closed()
        ws.let_go()


def _greet(conn: Connection, request: web.Request) -> None:
    room, limits = conn.room, conn.limits
    room.flush()
    conn.send(
        Welcome(
            conn.id,
            conn.user,
            RoomState(room.key, room.name),
            conn.rooms.epoch,
            room.top,
            PING_SECONDS,
            LimitsState(limits.message_chars, limits.frame_bytes),
        )
    )
    if conn.full and "since" in request.query:
        try:
            asked = {name: request.query.get(name) for name in ("epoch", "since", "limit")}
            given = {name: value for name, value in asked.items() if value is not None}
            command = msgspec.convert(given, Resume, strict=False)
        except msgspec.ValidationError as error:
            conn.send(protocol.error(Invalid(f"{error}."), None))
        else:
            conn.may_have_early = False
            resume(conn, command)
            return
    room.join(conn, room.top)
