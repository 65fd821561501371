"""`presence`: who is in the room now; see chat/presence.py."""

from collections.abc import Sequence

from chat_app.chat.presence import Op
from chat_app.models import User
from chat_app.ws.protocol import Frame, encode


class Present(Frame, frozen=True, tag="presence"):
    op: Op
    users: Sequence[User]
    count: int


def encode_presence(op: Op, users: Sequence[User], count: int) -> bytes:
    """Return the bytes that every full member who is to know it gets."""
    return encode(Present(op, users, count))
