"""Moderation: keeping a room friendly. Each act checks who does it, and takes effect at once."""

import time
from contextlib import suppress
from typing import Final, Literal

from chat_app.chat.control import Control
from chat_app.chat.members import Members
from chat_app.chat.reports import Reports
from chat_app.chat.rights import Right, Visitor
from chat_app.chat.rooms import Rooms
from chat_app.errors import Banned, ChatError, RoomNotFound
from chat_app.models import Deed, Sanction, User
from chat_app.store import Store

# A ban is for a person. An address is only ever banned for a while: it will be another's.
NETWORK_MS: Final = 24 * 3_600_000


class Moderation:
    """What moderators do to a person in a room, named by its key.

    Each method raises NotAllowed where the visitor has not the right, or does not stand above
    that person; UserNotFound; RoomNotFound (for what is kept, also before the first event).
    """

    def __init__(
        self, store: Store, rooms: Rooms, members: Members, control: Control | None = None
    ) -> None:
        self._control = control or Control()
        self._control.on("put out", tuple[str, str], lambda told: rooms.put_out(*told, put_out()))
        self._store = store
        self._rooms = rooms
        self._members = members
        self.reports = Reports(store, members)

    async def kick(self, visitor: Visitor, key: str, user_id: str) -> User:
        """Put somebody out, who may come back, on every node; return who it was.

        A node that does not hear of it now does not later: nothing of it lasts.
        """
        user = await self._target(visitor, key, user_id)
        with suppress(RoomNotFound):  # before its first event a room has no log of any kind
            await self._store.audit.note(key, Deed(visitor.user, "kick", _now(), user))
        self._rooms.put_out(key, user_id, put_out())
        self._control.tell("put out", (key, user_id))
        return user

    async def mute(self, visitor: Visitor, key: str, user_id: str, ms: int | None) -> Sanction:
        """Have somebody read only, for so many milliseconds, or until it is lifted."""
        return await self._sanction(visitor, key, user_id, "mute", ms)

    async def ban(
        self, visitor: Visitor, key: str, user_id: str, ms: int | None, *, address: bool = False
    ) -> Sanction:
        """Put somebody out for so many milliseconds, or until it is lifted.

        With `address`, all guests too who come from where that person is connected from now,
        for NETWORK_MS at most.
        """
        return await self._sanction(visitor, key, user_id, "ban", ms, address=address)

    async def lift(
        self, visitor: Visitor, key: str, user_id: str, kind: Literal["ban", "mute"]
    ) -> None:
        """End a ban or a mute, if there is one.

        Not one's own: a moderator whom the owner has muted is to stay so.
        """
        user = await self._target(visitor, key, user_id)
        deed = Deed(visitor.user, "lift", _now(), user, kind)
        await self._store.members.lift(key, user_id, kind, deed)
        await self._rooms.renew(key)

    async def _sanction(
        self,
        visitor: Visitor,
        key: str,
        user_id: str,
        kind: Literal["ban", "mute"],
        ms: int | None,
        *,
        address: bool = False,
    ) -> Sanction:
        user = await self._target(visitor, key, user_id)
        now = _now()
        network, most = self._network(key, user_id) if address else "", now + NETWORK_MS
        sanction = Sanction(
            kind,
            user,
            None if ms is None else now + ms,
            visitor.user,
            now,
            network,
            min(most, now + ms if ms is not None else most) if network else 0,
        )
        detail = "" if sanction.until is None else str(sanction.until)
        deed = Deed(visitor.user, kind, now, user, detail)
        await self._store.members.sanction(key, sanction, deed)
        if kind == "ban":
            self._rooms.put_out(key, user_id, put_out())
        await self._rooms.renew(key)
        return sanction

    def _network(self, key: str, user_id: str) -> str:
        present = self._rooms.present(key)
        members = present.members(user_id) if present is not None else ()
        return next((member.network for member in members), "")

    async def _target(self, visitor: Visitor, key: str, user_id: str) -> User:
        door = await self._members.door(visitor, key)
        door.check(visitor, Right.MODERATE)
        return await self._members.target(visitor, door, user_id)


def _now() -> int:
    return time.time_ns() // 1_000_000


def put_out() -> ChatError:
    return Banned("You have been put out of this room.")
