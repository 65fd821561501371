"""`report`: telling the moderators of a message; see chat/reports.py."""

from typing import Annotated

from msgspec import Meta

from chat_app.ws.connection import Connection
from chat_app.ws.moderation import Done, Id
from chat_app.ws.protocol import MOST_SEQ, Command


class Report(Command, frozen=True, tag="report"):
    id: Id
    target: Annotated[int, Meta(ge=1, le=MOST_SEQ)]
    reason: str = ""


async def report(conn: Connection, command: Report) -> Done:
    await conn.moderation.reports.report(conn.visitor, conn.room, command.target, command.reason)
    return Done(command.id)
