"""The room's socket: opened, read until it ends, left."""

import asyncio
import logging
from typing import Final

import msgspec
from aiohttp import hdrs, web

from chat_app import keys
from chat_app.chat.names import room_name
from chat_app.chat.rights import USUAL, Visitor
from chat_app.chat.room import Room
from chat_app.config import Limits
from chat_app.errors import ChatError, Invalid
from chat_app.ws import protocol
from chat_app.ws.connection import CLOSE_SECONDS, Connection
from chat_app.ws.heartbeat import PING_SECONDS
from chat_app.ws.inbox import RoomSocket
from chat_app.ws.protocol import SUBPROTOCOL, Close, LimitsState, RoomState, Welcome
from chat_app.ws.reader import Reader
from chat_app.ws.resume import Resume, is_ahead, move
from chat_app.ws.services import Services

log = logging.getLogger(__name__)

_PROTOCOLS: Final = (SUBPROTOCOL,)


def new_socket(limits: Limits) -> RoomSocket:
    """Return an unprepared socket with this server's settings."""
    return RoomSocket(
        protocols=_PROTOCOLS,
        # Exclusive in aiohttp, which takes 0 for no limit.
        max_msg_size=limits.frame_bytes + 1 if limits.frame_bytes else 0,
        timeout=CLOSE_SECONDS,
    )


async def room_socket(request: web.Request) -> RoomSocket:
    """GET /ws/chat/{room}/: everything said in the room, and saying something.

    Opens the room and answers the handshake. The stay itself comes after this handler and
    what is around it have returned: see `RoomSocket.conversation`.
    """
    services: Services = request.app[keys.SERVICES]
    caller = request[keys.CALLER]
    visitor = services.accounts.visitor(caller.user, caller.session, caller.address)
    network = services.addresses.enter(caller.address)
    try:
        ws, room = await _open_room(request, services, visitor)
    except BaseException:
        services.addresses.leave(network)
        raise
    if room is None:
        services.addresses.leave(network)
    elif (transport := request.transport) is None:  # gone, just now
        services.addresses.leave(network)
        services.rooms.release(room)
    else:
        ws.conversation = _stay(request, services, ws, transport, room, visitor, network)
    return ws


async def _open_room(
    request: web.Request, services: Services, visitor: Visitor
) -> tuple[RoomSocket, Room | None]:
    """Open the room, then the socket; no room if the socket was opened to say why not."""
    try:
        services.accounts.check_reading(request[keys.CALLER].session)
        room = await services.members.enter(visitor, room_name(request.match_info["room"]))
    except ChatError as refusal:
        # Browser code sees a refused handshake as a lost connection and would try
        # again for ever: accept, and say why in the close code.
        if not _asks_for(SUBPROTOCOL, request):
            raise
        ws = await _open_socket(request, services.limits)
        await ws.close(code=refusal.close, message=refusal.code.encode())
        return ws, None
    try:
        return await _open_socket(request, services.limits), room
    except BaseException:
        services.rooms.release(room)
        raise


async def _open_socket(request: web.Request, limits: Limits) -> RoomSocket:
    # Made and prepared without a wait in between: Python shares the layout of attributes
    # among instances that get theirs one after the other. Sixty-four sockets that wait for
    # their first rooms spoil that, and each that follows takes 1.2 KiB more.
    ws = new_socket(limits)
    try:
        await ws.prepare(request)
    except ValueError as error:  # a key that is not even ASCII
        raise web.HTTPBadRequest from error
    return ws


def _asks_for(subprotocol: str, request: web.Request) -> bool:
    asked = request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL, "").split(",")
    return subprotocol in (name.strip() for name in asked)


async def _stay(
    request: web.Request,
    services: Services,
    ws: RoomSocket,
    transport: asyncio.Transport,
    room: Room,
    visitor: Visitor,
    network: str,
) -> None:
    """Join the room, read until the socket ends, and leave however it ends."""
    users = services.users
    user, spelling = users.newest(visitor.user), room_name(request.match_info["room"])
    conn = Connection(ws, transport, user, full=ws.ws_protocol == SUBPROTOCOL)
    conn.enter(services.rooms, services.moderation, room, spelling, services.limits)
    services.connections.add(conn)
    users.watch(user.id, conn.renamed)
    conn.identify(services.sessions, request[keys.CALLER].session, visitor)
    if services.drain.leaving.is_set():  # just now, while it came in
        conn.close(Close.RESTART)
    try:
        if not conn.closing:
            room.presence.enter(conn, user)
            await _greet(conn, request)
            await Reader(conn, services.serve).read(ws)
    except ConnectionError:
        pass  # in the middle of something
    except ChatError:
        conn.close(Close.NOT_NOW)
    except Exception:
        log.exception("connection failed user=%s", user.id)
        conn.close(Close.FAULT)
    finally:
        conn.leave()
        room.presence.leave(conn, user.id)
        users.unwatch(user.id, conn.renamed)
        conn.forget()
        services.connections.discard(conn)
        await conn.closed()
        ws.let_go()
        services.rooms.release(room)
        services.addresses.leave(network)


async def _greet(conn: Connection, request: web.Request) -> None:
    room, limits = conn.room, conn.limits
    asked = _asked(request) if conn.full and "since" in request.query else None
    if isinstance(asked, Resume) and is_ahead(conn, asked):
        await room.look()
    if not conn.full:
        room.join(conn, room.top)
        return
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
    if conn.rights != USUAL:
        conn.send(conn.access)
    if isinstance(asked, Resume):
        conn.may_have_early = False
        move(conn, asked)
        return
    if asked is not None:
        conn.send(protocol.error(asked, None))
    room.join(conn, room.top)


def _asked(request: web.Request) -> Resume | Invalid:
    """Return the `resume` that the URL's query is, or what is wrong with it."""
    asked = {name: request.query.get(name) for name in ("epoch", "since", "limit")}
    given = {name: value for name, value in asked.items() if value is not None}
    try:
        return msgspec.convert(given, Resume, strict=False)
    except msgspec.ValidationError as error:
        return Invalid(f"{error}.")
