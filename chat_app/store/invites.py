"""What every store promises of invitations into private rooms."""

from typing import Protocol

from chat_app.models import Invite, User


class InviteStore(Protocol):
    """Every method may raise StoreUnavailable; then nothing was changed.

    Times are in milliseconds since 1970, UTC.
    """

    async def add(self, invite: Invite) -> None:
        """Keep a new one. Raises RoomNotFound."""
        ...

    async def of(self, room_key: str, now: int) -> list[Invite]:
        """Return the room's invitations that can still be used, the newest first."""
        ...

    async def room_key(self, invite_id: str, now: int) -> str | None:
        """Return the key of the room of an invitation that can still be used."""
        ...

    async def use(self, invite_id: str, user: User, now: int) -> str:
        """Make the user a member and return the room's key. Who has a role already keeps it,
        and uses nothing up.

        Raises LinkRefused if the invitation cannot be used, or not any more, and Banned if
        the user is banned from the room.
        """
        ...

    async def revoke(self, room_key: str, invite_id: str) -> None:
        """Drop an invitation of that room, if there is one."""
        ...
