"""What every store promises of moderation: reports, and the log of what was done."""

from typing import Protocol

from chat_app.models import Deed, Report


class AuditStore(Protocol):
    """Every method may raise StoreUnavailable; then nothing was changed.

    What is written raises RoomNotFound where there is no room of that key.
    """

    async def report(self, room_key: str, report: Report) -> None:
        """Keep a report, in the place of one by the same user about the same message.

        Raises MessageNotFound where there is none, or it is deleted, at that moment.
        """
        ...

    async def reports(self, room_key: str, limit: int) -> list[Report]:
        """Return the reports that nobody has dealt with, the oldest message first, and of each
        message the oldest report first."""
        ...

    async def dismiss(self, room_key: str, seq: int, deed: Deed) -> None:
        """Drop the reports about a message; keep the deed, if there were any."""
        ...

    async def note(self, room_key: str, deed: Deed) -> None:
        """Keep a deed that changes nothing else in the store. Others are handed to the method
        that does them, and kept in the same transaction."""
        ...

    async def deeds(self, room_key: str, *, before: int | None = None, limit: int) -> list[Deed]:
        """Return up to `limit` deeds, the newest first; with `before`, those with a lower id."""
        ...
