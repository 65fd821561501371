"""`post`: saying something."""

import asyncio
from collections.abc import Awaitable

from chat_app.chat import messages
from chat_app.chat.rights import Right
from chat_app.errors import SlowMode
from chat_app.models import Draft
from chat_app.ws.connection import Connection
from chat_app.ws.protocol import Command


class Post(Command, frozen=True, tag="post"):
    message: str
    id: str | None = None


def post(conn: Connection, command: Post) -> Awaitable[None] | None:
    """Hand the message to the room. Its ack is sent when it is committed.

    It does not wait for that, so that one client can have many messages on the way.
    """
    room = conn.room
    draft = messages.draft(
        room.key,
        conn.spelling,
        conn.user,
        command.message,
        command.id,
        most_chars=conn.limits.message_chars,
    )
    if not room.is_known:
        conn.rooms.admit(room, conn.visitor)
    if not conn.rights & Right.HURRY:
        return _in_turn(conn, draft)
    conn.post(draft)
    return None


async def _in_turn(conn: Connection, draft: Draft) -> None:
    """Post in slow mode. A full client is told when it can; a bare one can be told nothing
    and must lose nothing: it is read more slowly."""
    while True:
        try:
            conn.room.door.take_turn(conn.visitor)
        except SlowMode as slow:
            if conn.full:
                raise
            with conn.unread():
                await asyncio.sleep((slow.retry_ms or 0) / 1000)
            if conn.closing:
                return
            conn.check(Right.POST)  # it may have lost it meanwhile
        else:
            conn.post(draft)
            return
