"""Invitations into private rooms: links that work so many times, until they end or are revoked."""

import hashlib
import secrets
import time
from typing import Final

from chat_app.chat.members import Members
from chat_app.chat.rights import Right, Visitor
from chat_app.chat.rooms import Rooms
from chat_app.errors import ChatError, Invalid, LinkRefused, LogInNeeded
from chat_app.models import Invite, Room
from chat_app.store import Store

MOST_USES: Final = 1000
MOST_MS: Final = 30 * 24 * 3_600_000
MOST_OPEN: Final = 100  # of one room that can still be used


class Invites:
    """The token is in the link only; the store has its hash."""

    def __init__(self, store: Store, rooms: Rooms, members: Members) -> None:
        self._store = store
        self._rooms = rooms
        self._members = members

    async def make(self, visitor: Visitor, key: str, *, ms: int, uses: int) -> str:
        """Return the token of a new invitation into a private room, good for `ms` and `uses`.

        Raises NotAllowed, RoomNotFound or Invalid.
        """
        (await self._members.door(visitor, key)).check(visitor, Right.INVITE)
        if not (0 < ms <= MOST_MS and 0 < uses <= MOST_USES):
            raise Invalid("An invitation lasts 30 days and lets in 1,000 people at most.")
        now, token = _now(), secrets.token_urlsafe(24)
        if len(await self._store.invites.of(key, now)) >= MOST_OPEN:
            raise Invalid("This room has too many invitations. Please take some of them back.")
        invite = Invite(_id(token), key, visitor.user, now, now + ms, uses)
        await self._store.invites.add(invite)
        return token

    async def all(self, visitor: Visitor, key: str) -> list[Invite]:
        """Return the room's invitations that can still be used. Raises as `make`."""
        (await self._members.door(visitor, key)).check(visitor, Right.INVITE)
        return await self._store.invites.of(key, _now())

    async def revoke(self, visitor: Visitor, key: str, invite_id: str) -> None:
        """Take an invitation of that room back. Raises as `make`."""
        (await self._members.door(visitor, key)).check(visitor, Right.INVITE)
        await self._store.invites.revoke(key, invite_id)

    async def look(self, token: str) -> Room:
        """Return the room that the token of an invitation leads to. Raises LinkRefused."""
        key = await self._store.invites.room_key(_id(token), _now())
        room = await self._store.room(key) if key is not None else None
        if room is None or not await self._still_holds(room.key, _id(token)):
            raise LinkRefused("This invitation was used up, has ended, or was taken back.")
        return room

    async def _still_holds(self, key: str, invite_id: str) -> bool:
        """Tell whether who made the invitation may still invite: who has been put out would
        come back in by a link that was kept."""
        makers = [
            each.by for each in await self._store.invites.of(key, _now()) if each.id == invite_id
        ]
        if not makers:
            return False
        account = await self._store.accounts.account_of(makers[0].id)
        maker = Visitor(makers[0], account is not None, account is not None and account.owner)
        try:
            return bool((await self._rooms.door(key)).rights(maker) & Right.INVITE)
        except ChatError:
            return False

    async def use(self, visitor: Visitor, token: str) -> str:
        """Make the visitor a member and return the room's key.

        Raises LinkRefused, Banned, or LogInNeeded where guests may not write.
        """
        if not visitor.speaks:
            raise LogInNeeded("You need to log in to write here.")
        # Whose address is banned could not come in: it would use up the invitation for nothing.
        (await self._rooms.door((await self.look(token)).key)).check_ban(visitor)
        key = await self._store.invites.use(_id(token), visitor.user, _now())
        await self._rooms.renew(key)
        return key


def _id(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _now() -> int:
    return time.time_ns() // 1_000_000
