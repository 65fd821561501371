"""`history`: paging back."""

from typing import Annotated

from msgspec import Meta

from chat_app.ws import protocol
from chat_app.ws.connection import Connection
from chat_app.ws.protocol import Command, HistoryPage


class History(Command, frozen=True, tag="history"):
    id: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{8,64}$")]
    before: Annotated[int, Meta(ge=1)] | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 50


async def history(conn: Connection, command: History) -> HistoryPage:
    """Answer with the events before a seq, or the newest ones; oldest first."""
    events = await conn.room.history(command.before, command.limit)
    more = bool(events) and events[0].seq > 1
    return HistoryPage(command.id, [protocol.message(event) for event in events], more)
