"""Who may do what in a room: roles, and the rights that come with them.

A public room is everybody's who knows its name, and has no members but those with a say:
its owner, who is whoever spoke first in it if that was an account, and the moderators that
the owner chose. A private room has members only. Who owns the server owns every room in it.
"""

from typing import Final

import msgspec

from chat_app.models import Role, RoomSettings, User

PRIVATE: Final = "~"  # begins the key of a private room, and of no other


class Right:
    """Bits. Plain numbers: one is asked for with every message, and enums are slow at it."""

    READ: Final = 1
    POST: Final = 2
    HURRY: Final = 4  # post without waiting for slow mode
    INVITE: Final = 8  # into a private room
    MODERATE: Final = 16  # put out, mute, take back what others said
    MANAGE: Final = 32  # the settings, and who is what

    NAMES: Final = {"read": READ, "post": POST, "hurry": HURRY, "invite": INVITE} | {
        "moderate": MODERATE,
        "manage": MANAGE,
    }


USUAL: Final = Right.READ | Right.POST | Right.HURRY  # of most visitors in most rooms

_WRITE: Final = Right.READ | Right.POST
_GUIDE: Final = _WRITE | Right.HURRY | Right.INVITE | Right.MODERATE
_OF_ROLE: Final = {
    Role.NONE: _WRITE,
    Role.MEMBER: _WRITE,
    Role.MODERATOR: _GUIDE,
    Role.OWNER: _GUIDE | Right.MANAGE,
}


class Visitor(msgspec.Struct, frozen=True, gc=False):
    """Who wants something of a room.

    `account`: has one; `owner`: of this server; `speaks`: this server lets such a one write;
    `network`: the IPv4 address or IPv6 /64 it comes from.
    """

    user: User
    account: bool = False
    owner: bool = False
    speaks: bool = True
    network: str = ""


def is_private(room_key: str) -> bool:
    return room_key.startswith(PRIVATE)


def rights_of(role: Role, settings: RoomSettings, *, private: bool) -> int:
    """Return the rights of whoever has that role in a room with those settings."""
    rights = _OF_ROLE[role]
    if not settings.slow_seconds:
        rights |= Right.HURRY
    if settings.locked or (settings.announce and role < Role.MODERATOR):
        rights &= ~Right.POST
    if not private:
        rights &= ~Right.INVITE  # the name is enough
    return rights
