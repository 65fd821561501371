"""`history`: paging back."""

from typing import Annotated, Final

from msgspec import Meta

from chat_app.ws import protocol
from chat_app.ws.connection import Connection
from chat_app.ws.protocol import MOST_SEQ, Command, HistoryPage

PAGE_BYTES: Final = 256 * 1024  # of text, in one answer to one connection


class History(Command, frozen=True, tag="history"):
    id: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{8,64}\Z")]
    before: Annotated[int, Meta(ge=1, le=MOST_SEQ)] | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 50


async def history(conn: Connection, command: History) -> HistoryPage:
    """Answer with the events before a seq, or the newest ones; oldest first.

    Fewer than `limit` where they are long: an answer has about PAGE_BYTES at most.
    """
    events = await conn.room.history(command.before, command.limit)
    size, first = 0, len(events)
    while first and size < PAGE_BYTES:
        first -= 1
        size += len(events[first].message.encode())
    events = events[first:]
    more = bool(events) and events[0].seq > 1
    return HistoryPage(command.id, [protocol.event_frame(event) for event in events], more)
