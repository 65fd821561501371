"""`typing`: a sign to the others that something is being written."""

from typing import Final

from chat_app.models import User
from chat_app.ws.connection import Connection
from chat_app.ws.protocol import Command, Frame, encode

TTL_SECONDS: Final = 5  # for which a page shows it, unless it hears of it again


class Typing(Command, frozen=True, tag="typing"):
    """Sent every few seconds while somebody types. It takes no seq and gets no answer."""


class IsTyping(Frame, frozen=True, tag="typing"):
    user: User
    ttl: int


def typing(conn: Connection, command: Typing) -> None:
    """Tell everybody else, or, beyond what the room passes on, nobody."""
    room, user = conn.room, conn.user
    if room.typing.pass_on(user.id):
        frame = encode(IsTyping(user, TTL_SECONDS))
        room.signal(frame, but=room.presence.members(user.id))
        conn.rooms.news.signal(room.key, user.id, frame)
