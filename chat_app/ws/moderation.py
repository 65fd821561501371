"""`kick`, `mute`, `ban`, `lift`: keeping the room friendly; see chat/moderation.py."""

from typing import Annotated, Literal

from msgspec import Meta

from chat_app.ws.connection import Connection
from chat_app.ws.protocol import Command, Frame

Id = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{8,64}\Z")]
Seconds = Annotated[int, Meta(ge=1, le=10 * 366 * 86400)]


class Kick(Command, frozen=True, tag="kick"):
    id: Id
    user: str


class Mute(Command, frozen=True, tag="mute"):
    """Without `seconds` it lasts until it is lifted; so does a `Ban`."""

    id: Id
    user: str
    seconds: Seconds | None = None


class Ban(Command, frozen=True, tag="ban"):
    id: Id
    user: str
    seconds: Seconds | None = None
    address: bool = False


class Lift(Command, frozen=True, tag="lift"):
    id: Id
    user: str
    what: Literal["ban", "mute"]


class Done(Frame, frozen=True, tag="done"):
    """The answer to a command that leaves no event."""

    id: str


async def kick(conn: Connection, command: Kick) -> Done:
    await conn.moderation.kick(conn.visitor, conn.room.key, command.user)
    return Done(command.id)


async def mute(conn: Connection, command: Mute) -> Done:
    ms = _ms(command.seconds)
    await conn.moderation.mute(conn.visitor, conn.room.key, command.user, ms)
    return Done(command.id)


async def ban(conn: Connection, command: Ban) -> Done:
    ms = _ms(command.seconds)
    await conn.moderation.ban(
        conn.visitor, conn.room.key, command.user, ms, address=command.address
    )
    return Done(command.id)


async def lift(conn: Connection, command: Lift) -> Done:
    await conn.moderation.lift(conn.visitor, conn.room.key, command.user, command.what)
    return Done(command.id)


def _ms(seconds: int | None) -> int | None:
    return None if seconds is None else seconds * 1000
