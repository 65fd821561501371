"""`post`: saying something."""

from chat_app.chat import messages
from chat_app.errors import ChatError
from chat_app.models import Appended
from chat_app.ws.connection import Connection
from chat_app.ws.protocol import Command


class Post(Command, frozen=True, tag="post"):
    message: str
    id: str | None = None


def post(conn: Connection, command: Post) -> None:
    """Hand the message to the room. Its ack is sent when it is committed.

    It does not wait for that, so that one client can have many messages on the way.
    """
    draft = messages.draft(
        conn.room.key,
        conn.spelling,
        conn.user,
        command.message,
        command.id,
        most_chars=conn.limits.message_chars,
    )

    def done(outcome: Appended | ChatError) -> None:
        conn.done(draft.id, outcome)

    conn.posted()
    conn.rooms.post(conn.room, draft, done)
