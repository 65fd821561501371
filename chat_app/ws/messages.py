"""`post`: saying something."""

from chat_app.chat import messages
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
    conn.post(draft)
