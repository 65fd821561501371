"""The frames that the server sends, how they are encoded, and the close codes.

An event is encoded once, as the bytes of a whole WebSocket frame: a server's frames
are not masked, so all receivers get the same bytes.
"""

from enum import IntEnum
from functools import lru_cache
from typing import Final

import msgspec

from chat_app.chat.times import iso
from chat_app.errors import ChatError
from chat_app.models import Event, Kind, User

SUBPROTOCOL: Final = "chat.v1"
MOST_SEQ: Final = 2**53 - 1  # the largest integer that JavaScript has exactly

_encode = msgspec.json.Encoder().encode


class Close(IntEnum):
    """Why a connection ends. The range says what the client does: see docs/protocol.md."""

    NOT_UTF8 = 1007
    FAULT = 1011
    RESTART = 1012
    NOT_NOW = 1013
    TOO_SLOW = 4008
    NO_PONG = 4010
    CHANGED = 4012
    MALFORMED = 4500
    LOGGED_OUT = 4501
    PUT_OUT = 4503
    NO_ROOM = 4504


class Frame(msgspec.Struct, frozen=True, gc=False, tag_field="type"):
    """A frame that the server sends; its `type` is the struct's tag."""


class Command(msgspec.Struct, frozen=True, gc=False, tag_field="type"):
    """A frame that a client sends; fields that are not known are ignored."""


class Message(Frame, frozen=True, tag="message"):
    room: str
    seq: int
    id: str
    user: User
    message: str
    at: str


class Tombstone(Frame, frozen=True, tag="message"):
    """A message that was deleted: a message still, to clients that know no better."""

    room: str
    seq: int
    id: str
    user: User
    message: str
    at: str
    deleted: bool = True


class Deletion(Frame, frozen=True, tag="delete"):
    room: str
    seq: int
    id: str
    user: User
    target: int
    at: str


class RoomState(msgspec.Struct, frozen=True):
    key: str
    name: str


class LimitsState(msgspec.Struct, frozen=True):
    message_chars: int
    frame_bytes: int


class Welcome(Frame, frozen=True, tag="welcome"):
    conn: str
    user: User
    room: RoomState
    epoch: str
    top: int
    ping: int
    limits: LimitsState


class Resumed(Frame, frozen=True, kw_only=True, tag="resumed", omit_defaults=True):
    from_: int = msgspec.field(name="from")
    to: int
    limited: bool = False


class Reset(Frame, frozen=True, tag="reset"):
    reason: str
    epoch: str
    top: int


class Ack(Frame, frozen=True, tag="ack"):
    id: str
    seq: int
    at: str
    duplicate: bool


class HistoryPage(Frame, frozen=True, tag="history"):
    id: str
    events: list[Message | Tombstone | Deletion]
    more: bool


class Renamed(Frame, frozen=True, tag="renamed"):
    user: User


class Error(Frame, frozen=True, tag="error", omit_defaults=True):
    code: str
    message: str
    id: str | None = None
    retry_ms: int | None = None


class Bye(Frame, frozen=True, tag="bye"):
    code: int
    retry_ms: tuple[int, int]


class Ping(Frame, frozen=True, tag="ping"):
    """Browser code cannot see WebSocket pings; this one it can answer."""


def encode(frame: Frame) -> bytes:
    """Return `frame` as the bytes of one WebSocket text frame."""
    payload = _encode(frame)
    return _text_head(len(payload)) + payload


def encode_event(event: Event) -> bytes:
    """Return an event as the bytes that every member of its room gets."""
    return encode(event_frame(event))


def pong(payload: bytes) -> bytes:
    """Return the WebSocket pong for a ping of that payload (at most 125 bytes)."""
    return framed(0x8A, payload)


WEBSOCKET_PING: Final = b"\x89\x00"


def framed(opcode: int, payload: bytes) -> bytes:
    """Return a WebSocket frame of a server; `opcode` is its first byte: FIN and opcode."""
    return _head(opcode, len(payload)) + payload


@lru_cache(maxsize=4096)
def _text_head(size: int) -> bytes:
    return _head(0x81, size)


def _head(opcode: int, size: int) -> bytes:
    if size < 126:
        return bytes((opcode, size))
    if size < 65536:
        return bytes((opcode, 126)) + size.to_bytes(2, "big")
    return bytes((opcode, 127)) + size.to_bytes(8, "big")


def event_frame(event: Event) -> Message | Tombstone | Deletion:
    """Return the frame that stands for an event, live and in history."""
    at = iso(event.at)
    if not event.kind:
        return Message(event.room_key, event.seq, event.id, event.user, event.message, at)
    if event.kind is Kind.TOMBSTONE:
        return Tombstone(event.room_key, event.seq, event.id, event.user, "", at)
    return Deletion(event.room_key, event.seq, event.id, event.user, event.target, at)


def error(refusal: ChatError, id: str | None) -> Error:
    return Error(refusal.code, refusal.message, id, refusal.retry_ms)
