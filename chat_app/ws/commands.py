"""What a client may say: the table of commands, and how bytes become one.

The schema is the type. A handler is called with the connection and the command; it
returns the frame that answers, or None where the answer comes later or never, or
raises a ChatError. It does not send.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from chat_app.chat.messages import is_id
from chat_app.chat.rights import Right
from chat_app.errors import Invalid, Malformed
from chat_app.ws import deletions, history, messages, moderation, reports, resume, typing
from chat_app.ws.connection import Connection
from chat_app.ws.deletions import Delete
from chat_app.ws.history import History
from chat_app.ws.messages import Post
from chat_app.ws.moderation import Ban, Kick, Lift, Mute
from chat_app.ws.protocol import Command, Frame
from chat_app.ws.reports import Report
from chat_app.ws.resume import Resume
from chat_app.ws.typing import Typing


class Pong(Command, frozen=True, tag="pong"):
    """The answer to a ping: that it came is all."""


def pong(conn: Connection, command: Pong) -> None:
    """Nothing to do: every frame that is read counts as a sign of life."""


Answer = Frame | None
Handler = Callable[[Connection, Any], Answer | Awaitable[Answer]]


class Row(msgspec.Struct, frozen=True):
    """How a command is served.

    `right`: what one must have, bits of `Right`. `limited`: it takes one of the user's messages.
    """

    handler: Handler
    right: int
    limited: bool = False


COMMANDS: Final[dict[type[Command], Row]] = {
    Post: Row(messages.post, Right.POST, limited=True),
    Delete: Row(deletions.delete, Right.READ, limited=True),
    History: Row(history.history, Right.READ),
    Resume: Row(resume.resume, Right.READ),
    Typing: Row(typing.typing, Right.POST),
    Report: Row(reports.report, Right.READ, limited=True),
    Kick: Row(moderation.kick, Right.MODERATE),
    Mute: Row(moderation.mute, Right.MODERATE),
    Ban: Row(moderation.ban, Right.MODERATE),
    Lift: Row(moderation.lift, Right.MODERATE),
    Pong: Row(pong, Right.READ),
}

_TYPES: Final = {command.__struct_config__.tag for command in COMMANDS}


class _Bare(msgspec.Struct, frozen=True, gc=False):
    """The tutorial's frame: anything that has a string `message`."""

    message: str
    id: object = None


_command: msgspec.json.Decoder[Command] = msgspec.json.Decoder(
    Post | Delete | History | Resume | Typing | Report | Kick | Mute | Ban | Lift | Pong
)
_bare = msgspec.json.Decoder(_Bare)


def decode(data: bytes, *, full: bool) -> Command:
    """Return the command in a text frame.

    A frame of no known type is a post if it has a string `message`; from a bare
    client every frame with one is. Raises Malformed, or Invalid where a command is
    meant but a field of it is wrong.
    """
    if full:
        try:
            return _command.decode(data)
        except msgspec.ValidationError as error:
            if type_of(data) in _TYPES:
                raise Invalid(f"{error}.") from error
        except (ValueError, RecursionError) as error:
            raise Malformed(f"Not JSON: {error}.") from error
    try:
        bare = _bare.decode(data)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"Not a message: {error}.") from error
    id = bare.id
    if id is None:
        return Post(bare.message)
    if isinstance(id, str) and (full or is_id(id)):
        return Post(bare.message, id)
    if full:
        raise Invalid("An id is a string.")
    # A bare client cannot be told that its id is none, and must lose nothing.
    return Post(bare.message)


class _Head(msgspec.Struct, frozen=True):
    type: Any = None
    id: Any = None


def type_of(data: bytes) -> str | None:
    """Return the frame's `type` if it is an object with one."""
    head = _head(data)
    return head.type if isinstance(head.type, str) else None


def id_of(data: bytes) -> str | None:
    """Return the id that an error about this frame bears, if the frame has a usable one."""
    id = _head(data).id
    return id if isinstance(id, str) and len(id) <= 64 else None


def _head(data: bytes) -> _Head:
    try:
        return msgspec.json.decode(data, type=_Head)
    except (ValueError, RecursionError):
        return _Head()
