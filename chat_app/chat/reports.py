"""Reports: a reader says that something is wrong with a message, moderators deal with it.

And the audit log: what moderators and owners have done, for the owners to read.
"""

import time
from typing import Final

import msgspec

from chat_app.chat.deletions import find_message
from chat_app.chat.members import Members
from chat_app.chat.messages import plain
from chat_app.chat.rights import Right, Visitor
from chat_app.chat.room import Room
from chat_app.errors import MessageTooLong
from chat_app.models import Deed, Event, Report
from chat_app.store import Store

MOST_REASON_CHARS: Final = 500
_MOST_REPORTS: Final = 500  # read at once: the rest comes when some of these are done with


class Case(msgspec.Struct, frozen=True):
    """A message, and all that is reported about it."""

    event: Event
    reports: list[Report]


class Reports:
    """What is reported in a room, named by its key, and what was done in it.

    Methods that take a visitor raise NotAllowed where it has not the right, and what
    `Members.door` raises.
    """

    def __init__(self, store: Store, members: Members) -> None:
        self._store = store
        self._members = members

    async def report(self, visitor: Visitor, room: Room, seq: int, reason: str) -> None:
        """Tell the moderators of a message, and why if that was said.

        Saying it again changes the reason. Raises MessageNotFound, also for one that is
        deleted, and MessageTooLong.
        """
        reason = plain(reason).strip()
        if len(reason) > MOST_REASON_CHARS:
            raise MessageTooLong(
                "A reason has at most {limit} characters.", limit=MOST_REASON_CHARS
            )
        await find_message(room, seq)
        await self._store.audit.report(room.key, Report(seq, visitor.user, reason, _now()))

    async def cases(self, visitor: Visitor, key: str) -> list[Case]:
        """Return what nobody has dealt with, the oldest message first."""
        (await self._members.door(visitor, key)).check(visitor, Right.MODERATE)
        by_seq: dict[int, list[Report]] = {}
        for report in await self._store.audit.reports(key, _MOST_REPORTS):
            by_seq.setdefault(report.seq, []).append(report)
        found = []
        for seq, reports in by_seq.items():
            (event,) = await self._store.events(key, after=seq - 1, limit=1)
            found.append(Case(event, reports))
        return found

    async def dismiss(self, visitor: Visitor, key: str, seq: int) -> None:
        """Have done with what was reported about a message, which stays."""
        (await self._members.door(visitor, key)).check(visitor, Right.MODERATE)
        events = await self._store.events(key, after=seq - 1, limit=1)
        about = events[0].user if events and events[0].seq == seq else None
        deed = Deed(visitor.user, "dismiss", _now(), about, str(seq))
        await self._store.audit.dismiss(key, seq, deed)

    async def deeds(self, visitor: Visitor, key: str, before: int | None, limit: int) -> list[Deed]:
        """Return a page of the audit log, the newest deed first."""
        (await self._members.door(visitor, key)).check(visitor, Right.MANAGE)
        return await self._store.audit.deeds(key, before=before, limit=limit)


def _now() -> int:
    return time.time_ns() // 1_000_000
