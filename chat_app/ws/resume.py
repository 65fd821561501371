"""`resume`: coming back to where one was in the log."""

from collections.abc import Awaitable
from typing import Annotated, Final

from msgspec import Meta

from chat_app.ws.connection import Connection
from chat_app.ws.protocol import MOST_SEQ, Command, Reset, Resumed

NEWEST: Final = 50  # sent to whoever is further behind than its limit; the rest is history


class Resume(Command, frozen=True, tag="resume"):
    epoch: str
    since: Annotated[int, Meta(ge=0, le=MOST_SEQ)]
    limit: Annotated[int, Meta(ge=1, le=1000)] = 1000


def resume(conn: Connection, command: Resume) -> Awaitable[None] | None:
    """Move the connection's cursor, if the login that it came by still lasts, and the room's
    door is open to it."""
    conn.renew()
    if conn.closing:
        return None
    if conn.session is not None or is_ahead(conn, command):
        return _checked(conn, command)
    move(conn, command)
    return None


async def _checked(conn: Connection, command: Resume) -> None:
    if await conn.is_still():
        if is_ahead(conn, command):
            await _look(conn)
        move(conn, command)


async def _look(conn: Connection) -> None:
    """Have the room look into the store. The client gets what is found there by resuming."""
    room, at = conn.room, conn.room.position(conn)
    room.leave(conn)
    try:
        await room.look()
    except BaseException:
        room.join(conn, at)
        raise


def is_ahead(conn: Connection, command: Resume) -> bool:
    """Tell whether the client has seen more than this node has heard of.

    It was on another node, or has read the page, and the store has what it saw.
    """
    return command.since > conn.room.top and command.epoch == conn.rooms.epoch


def move(conn: Connection, command: Resume) -> None:
    """Move the connection's cursor, having said from where to where.

    The server never says that nothing was missed where it cannot know: another epoch,
    or a cursor beyond the top, is a reset, and live from the top.
    """
    room = conn.room
    if command.epoch != conn.rooms.epoch or command.since > room.top:
        reason = "ahead" if command.epoch == conn.rooms.epoch else "epoch"
        conn.send(Reset(reason, conn.rooms.epoch, room.top))
        room.join(conn, room.top)
        return
    since, to, had = command.since, room.top, None
    sent = room.position(conn)
    if conn.may_have_early and since <= conn.start < sent:
        # What was sent since the welcome is not sent again.
        to, had = conn.start, (conn.start, sent)
    conn.may_have_early = False
    limited = to - since > command.limit
    if limited:
        since = max(to - min(NEWEST, command.limit), since)
    conn.start = min(since, conn.start)
    conn.send(Resumed(from_=since + 1, to=to, limited=limited))
    room.join(conn, since, had)
