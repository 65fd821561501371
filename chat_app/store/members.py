"""What every store promises of rooms with a door: roles, settings, bans and mutes."""

from typing import Protocol

from chat_app.models import Deed, Membership, Role, Room, RoomSettings, Sanction, User


class MemberStore(Protocol):
    """Every method may raise StoreUnavailable; then nothing was changed.

    What changes a room raises RoomNotFound where there is none of that key. A `deed` that is
    handed in is kept in the same transaction; that of a `lift` only if there was one to lift.
    """

    async def make_room(self, key: str, name: str, owner: User) -> None:
        """Make a private room, which has no event yet, and its owner. `key` is a new one."""
        ...

    async def role(self, room_key: str, user_id: str) -> Role:
        """Return the user's role. One indexed query, the same whether there is no such room,
        or no such user in it."""
        ...

    async def of(self, room_key: str) -> list[Membership]:
        """Return all who have a role in the room: the highest first, then the oldest."""
        ...

    async def rooms(self, user_id: str) -> list[tuple[Room, Role]]:
        """Return the rooms in which the user has a role, the newest of these first."""
        ...

    async def set_role(
        self, room_key: str, user: User, role: Role, deed: Deed | None = None
    ) -> None:
        """Give the user that role; NONE takes it away.

        Raises OwnerNeeded if it would leave a private room without an owner.
        """
        ...

    async def settle(self, room_key: str, settings: RoomSettings, deed: Deed | None = None) -> None:
        """Set the room's settings."""
        ...

    async def sanctions(self, room_key: str) -> list[Sanction]:
        """Return all sanctions, also those that are over; the newest first."""
        ...

    async def sanction(self, room_key: str, sanction: Sanction, deed: Deed | None = None) -> None:
        """Keep a sanction in the place of one of its kind. A ban takes the user's role away,
        which raises OwnerNeeded as `set_role` does."""
        ...

    async def lift(self, room_key: str, user_id: str, kind: str, deed: Deed | None = None) -> None:
        """Drop a sanction, if there is one."""
        ...
