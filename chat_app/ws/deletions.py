"""`delete`: taking a message away."""

from typing import Annotated

from msgspec import Meta

from chat_app.chat import deletions
from chat_app.chat.times import iso
from chat_app.ws.connection import Connection
from chat_app.ws.protocol import MOST_SEQ, Ack, Command


class Delete(Command, frozen=True, tag="delete"):
    target: Annotated[int, Meta(ge=1, le=MOST_SEQ)]
    id: str | None = None


async def delete(conn: Connection, command: Delete) -> Ack:
    """Acknowledge the deletion under the id that it was asked for with."""
    done = await deletions.delete(
        conn.rooms,
        conn.room,
        conn.user,
        command.target,
        command.id,
        moderates=conn.moderates,
    )
    event = done.event
    return Ack(command.id or event.id, event.seq, iso(event.at), done.duplicate)
