"""Members: coming in by a room's door, making a private room, and who is what in it."""

import secrets
import time
from typing import Final

from chat_app.chat.door import Door
from chat_app.chat.names import guest, room_key, room_name
from chat_app.chat.rights import PRIVATE, Right, Visitor, is_private
from chat_app.chat.room import Room
from chat_app.chat.rooms import Rooms
from chat_app.errors import Invalid, LogInNeeded, NotAllowed, RoomNotFound, UserNotFound
from chat_app.models import Deed, Role, RoomSettings, User
from chat_app.store import Store

MOST_SLOW_SECONDS: Final = 6 * 3600
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_KEY_CHARS: Final = 20  # 99 bits: nobody finds a private room by trying
_ABOVE_ALL: Final = Role.OWNER + 1  # whoever owns the server


class Members:
    """The one way into a room, for page, form and socket; and the ties that last."""

    def __init__(self, store: Store, rooms: Rooms) -> None:
        self._store = store
        self._rooms = rooms

    async def door(self, visitor: Visitor, key: str) -> Door:
        """Return the room's door, which lets the visitor in.

        Raises RoomNotFound or Banned.
        """
        await self._knock(visitor, key)
        door = await self._rooms.door(key)
        door.rights(visitor)
        return door

    async def enter(self, visitor: Visitor, name: str) -> Room:
        """Open the room of that name, as `Rooms.open` does. Raises as `door` does."""
        await self._knock(visitor, room_key(name))
        room = await self._rooms.open(name)
        try:
            room.door.rights(visitor)
        except BaseException:
            self._rooms.release(room)
            raise
        return room

    async def _knock(self, visitor: Visitor, key: str) -> None:
        # One query, which finds nothing where there is no room and where it is hidden alike,
        # before anything is looked at that would take longer for one of the two.
        if not is_private(key) or visitor.owner:
            return
        if not await self._store.members.role(key, visitor.user.id):
            raise RoomNotFound("There is no such room.")

    async def make_room(self, visitor: Visitor, name: str) -> str:
        """Make a private room with that name, whose owner is the visitor; return its key.

        Raises LogInNeeded for guests, RoomNameRefused or TooManyRooms.
        """
        if not visitor.account:
            raise LogInNeeded("You need an account for a room of your own.")
        name = room_name(name)
        self._rooms.new_rooms.take(visitor.user.id, visitor.network)
        key = PRIVATE + "".join(secrets.choice(_LETTERS) for _ in range(_KEY_CHARS))
        await self._store.members.make_room(key, name, visitor.user)
        return key

    async def settle(self, visitor: Visitor, key: str, settings: RoomSettings) -> None:
        """Set the room's settings. Raises NotAllowed, or RoomNotFound before its first event."""
        if not 0 <= settings.slow_seconds <= MOST_SLOW_SECONDS:
            raise Invalid("Slow mode takes at most {seconds} seconds.", seconds=MOST_SLOW_SECONDS)
        (await self.door(visitor, key)).check(visitor, Right.MANAGE)
        deed = Deed(visitor.user, "settings", _now(), detail=_words(settings))
        await self._store.members.settle(key, settings, deed)
        await self._rooms.renew(key)

    async def set_role(self, visitor: Visitor, key: str, user_id: str, role: Role) -> None:
        """Give somebody a role in the room; NONE takes it away, also one's own.

        Who is a mere member of a private room can be sent away by a moderator. Raises
        NotAllowed, UserNotFound, OwnerNeeded, or RoomNotFound before the room's first event.
        """
        door = await self.door(visitor, key)
        before = door.role(user_id)
        if user_id != visitor.user.id:
            sends_away = role is Role.NONE and before <= Role.MEMBER
            door.check(visitor, Right.MODERATE if sends_away else Right.MANAGE)
            user = await self.target(visitor, door, user_id)
        elif role >= before:
            raise NotAllowed("Your role in this room does not allow that.")
        else:
            user = visitor.user
        if role >= Role.MODERATOR and await self._store.accounts.account_of(user_id) is None:
            raise NotAllowed("Only somebody with an account can be a moderator or an owner.")
        if not is_private(key) and role is Role.MEMBER:
            role = Role.NONE  # a public room is everybody's
        deed = Deed(visitor.user, "role", _now(), user, role.name.lower())
        await self._store.members.set_role(key, user, role, deed)
        await self._rooms.renew(key)

    async def target(self, visitor: Visitor, door: Door, user_id: str) -> User:
        """Return somebody whom the visitor stands above in that room.

        Raises NotAllowed, or UserNotFound for an id that has never been seen.
        """
        user, rank = await self._known(door, user_id)
        own = _ABOVE_ALL if visitor.owner else door.role(visitor.user.id)
        if rank >= own or user_id == visitor.user.id:
            raise NotAllowed("You cannot do that to {name}.", name=user.name)
        return user

    async def _known(self, door: Door, user_id: str) -> tuple[User, int]:
        if known := await self._store.accounts.known(user_id):
            account = await self._store.accounts.account_of(user_id) if known[1] else None
            return known[0], _ABOVE_ALL if account and account.owner else door.role(user_id)
        present = self._rooms.present(door.key)
        if present is not None and present.members(user_id):
            return guest(user_id), door.role(user_id)
        raise UserNotFound("Nobody of that name is known here.")


def _words(settings: RoomSettings) -> str:
    """Return the settings as the audit log has them: "announce slow:10", "" for an open room."""
    words = {
        "announce": settings.announce,
        "locked": settings.locked,
        f"slow:{settings.slow_seconds}": bool(settings.slow_seconds),
    }
    return " ".join(word for word, holds in words.items() if holds)


def _now() -> int:
    return time.time_ns() // 1_000_000
