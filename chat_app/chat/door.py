"""The door of a room: who may come in, and what they may do there.

One object for the page, the form and the socket. It has at hand what the store has, so that
asking waits for nothing; `load` reads it again when something has changed.
"""

import math
import time
from typing import Final

from chat_app.chat.limits import Turns
from chat_app.chat.rights import USUAL, Right, Visitor, is_private, rights_of
from chat_app.errors import (
    AnnounceOnly,
    Banned,
    ChatError,
    LogInNeeded,
    Muted,
    NotAllowed,
    RoomLocked,
    RoomNotFound,
    SlowMode,
)
from chat_app.models import Role, Room, RoomSettings, Sanction
from chat_app.store import Store

_OPEN: Final = RoomSettings()


class Door:
    """The door of the room with that `key`; closed to all until `load` was called once."""

    __slots__ = (
        "_bans", "_loaded", "_mutes", "_networks", "_roles", "_turns", "_usual", "key", "settings",
    )  # fmt: skip

    def __init__(self, key: str, turns: Turns | None = None) -> None:
        """`turns`: of all rooms, since who has spoken must wait though the room was closed."""
        self.key = key
        self.settings = _OPEN
        self._loaded = False
        self._usual = False  # most rooms: everybody may do there what is usual
        self._roles: dict[str, Role] = {}
        self._bans: dict[str, Sanction] = {}
        self._mutes: dict[str, Sanction] = {}
        self._networks: dict[str, int] = {}  # until when their guests are banned
        self._turns = turns or Turns()

    async def load(self, store: Store) -> Room | None:
        """Learn all of it from the store; return the room, if there is one."""
        room = await store.room(self.key)
        members = await store.members.of(self.key) if room and room.guarded else ()
        sanctions = await store.members.sanctions(self.key) if room and room.guarded else ()
        self.settings = room.settings if room else _OPEN
        self._roles = {member.user.id: member.role for member in members}
        self._bans = {one.user.id: one for one in sanctions if one.kind == "ban"}
        self._mutes = {one.user.id: one for one in sanctions if one.kind == "mute"}
        self._networks = {}
        for ban in self._bans.values():
            if ban.network and not _over(ban):
                until = max(ban.network_until, self._networks.get(ban.network, 0))
                self._networks[ban.network] = until
        self._loaded = room is not None or not is_private(self.key)
        told_apart = members or sanctions or is_private(self.key)
        self._usual = not told_apart and self.settings == _OPEN
        return room

    def role(self, user_id: str) -> Role:
        """Return the user's role in this room."""
        return self._roles.get(user_id, Role.NONE)

    def role_of(self, visitor: Visitor) -> Role:
        """Return what the visitor is here: the server's owner is one everywhere."""
        return Role.OWNER if visitor.owner else self.role(visitor.user.id)

    def muted(self, user_id: str) -> Sanction | None:
        """Return the user's mute, if it is not over."""
        mute = self._mutes.get(user_id)
        return None if mute is None or _over(mute) else mute

    def muted_ms(self, user_id: str) -> int | None:
        """Return for how long yet the user is muted; None: not, or until it is lifted."""
        mute = self.muted(user_id)
        return None if mute is None or mute.until is None else max(mute.until - _now(), 1)

    def is_banned(self, user_id: str) -> bool:
        ban = self._bans.get(user_id)
        return ban is not None and not _over(ban)

    def rights(self, visitor: Visitor) -> int:
        """Return what the visitor may do here now: bits of `Right`, READ among them.

        Raises RoomNotFound at a private room for all who are no members, and Banned.
        """
        if self._usual and visitor.speaks and not visitor.owner:
            return USUAL
        role = self.role_of(visitor)
        private = is_private(self.key)
        if not self._loaded or (private and not role):
            raise RoomNotFound("There is no such room.")
        self.check_ban(visitor)
        rights = rights_of(role, self.settings, private=private)
        if not visitor.speaks or (not visitor.owner and self.muted(visitor.user.id)):
            rights &= ~Right.POST
        return rights

    def check_ban(self, visitor: Visitor) -> None:
        """Raise Banned for a visitor who has been put out, alone or with its address."""
        if not visitor.owner and self._keeps_out(visitor):
            raise Banned("You have been put out of this room.")

    def _keeps_out(self, visitor: Visitor) -> bool:
        if self.is_banned(visitor.user.id):
            return True
        # One address may be a classroom's. Who has an account there is known by it.
        until = self._networks.get(visitor.network)
        return until is not None and not visitor.account and until > _now()

    def check(self, visitor: Visitor, right: int) -> int:
        """Return the visitor's rights; raise why not where `right` is not among them."""
        if refusal := self.why_not(visitor, right):
            raise refusal
        return self.rights(visitor)

    def why_not(self, visitor: Visitor, right: int) -> ChatError | None:
        """Return why a visitor who may come in has not that right; None if it has."""
        if self.rights(visitor) & right:
            return None
        if right != Right.POST:
            return NotAllowed("Your role in this room does not allow that.")
        if not visitor.speaks:
            return LogInNeeded("You need to log in to write here.")
        if self.muted(visitor.user.id):
            return Muted("You are muted in this room.")
        if self.settings.locked:
            return RoomLocked("This room is locked: nobody can write in it now.")
        return AnnounceOnly("Only moderators write in this room.")

    def take_turn(self, visitor: Visitor) -> None:
        """Take the one message that whoever has not the right to HURRY may send for a while.

        Raises SlowMode, which says when the next one may come.
        """
        if wait := self._turns.wait(self.key, visitor.user.id, self.settings.slow_seconds):
            seconds = math.ceil(wait)
            raise SlowMode(
                "Slow mode: you can write again in {seconds} seconds.",
                retry_ms=int(wait * 1000) + 1,
                seconds=seconds,
            )


def _over(sanction: Sanction) -> bool:
    return sanction.until is not None and sanction.until <= _now()


def _now() -> int:
    return time.time_ns() // 1_000_000
