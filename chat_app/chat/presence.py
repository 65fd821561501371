"""Who is in a room now: people, not sockets, and told without shouting.

A user is present from the first of its sockets until GRACE_SECONDS after the last, so
that a reload is neither a leave nor a join. Changes are gathered and told at a pace, as
the difference between who is here and what was told last: who came and went in between
is not heard of. Nothing here lies in the path of a message.

    enter, rename ─► _present ─┐
    leave ─ grace ─► (removed) ┴─ _tell, at most once in PACE_SECONDS ─┬─ join, leave: all
    arrived ───────► _newcomers ───────────────────────────────────────┴─ state: newcomers

`_present` has the people of other nodes too: `elsewhere` brings and takes them (see
chat/elsewhere.py), and those who `watch` hear who comes and goes on this one.
"""

import asyncio
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Final, Literal, Protocol

from chat_app.chat.behind import Member
from chat_app.models import User

GRACE_SECONDS: Final = 10.0  # after a user's last socket, in which it may come back unnoticed
QUICK_SECONDS: Final = 0.05  # from the first change after quiet until it is told
PACE_SECONDS: Final = 1.0  # from one frame to the next
MOST_NAMED: Final = 200  # users in a frame; a room of more is a crowd
CROWD_NAMED: Final = 10  # users in a `join` or `leave` of a crowd, which goes to each of it

Op = Literal["state", "join", "leave"]
Encode = Callable[[Op, Sequence[User], int], bytes]
Later = Callable[..., asyncio.TimerHandle]


class Signal(Protocol):
    """`Room.signal`."""

    def __call__(
        self,
        frame: bytes,
        *,
        to: AbstractSet[Member] | None = None,
        but: AbstractSet[Member] = frozenset(),
    ) -> None: ...


def _nobody(
    frame: bytes, *, to: AbstractSet[Member] | None = None, but: AbstractSet[Member] = frozenset()
) -> None:
    """A `Signal` to nobody."""


class Presence:
    """The people in one room, and the frames by which its members know of them.

    `encode` gets an op, at most MOST_NAMED users, and how many are present. `later` is
    the running loop's `call_later`, or a test's.
    """

    __slots__ = (
        "_away", "_changed", "_encode", "_hearing", "_last", "_later", "_leaving", "_members",
        "_newcomers", "_noted", "_present", "_signal", "_timer", "_told",
    )  # fmt: skip

    def __init__(self, signal: Signal, encode: Encode, later: Later | None = None) -> None:
        self._signal = signal
        self._encode = encode
        self._later: Later = later or asyncio.get_running_loop().call_later
        self._members: dict[str, tuple[Member, ...]] = {}  # mostly of one, and so smallest
        self._present: dict[str, User] = {}  # those in their grace too, and of other nodes
        self._away: dict[str, User] = {}  # those on other nodes
        self._noted: Callable[[str], None] | None = None
        self._leaving: dict[str, asyncio.TimerHandle] = {}
        self._told: dict[str, User] = {}
        self._changed: dict[str, None] = {}  # ids, in order: where _told may not be _present
        self._newcomers: set[Member] = set()
        self._hearing = 0  # members that are told; while there is none, nothing is kept for them
        self._last: Op = "leave"
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._present)

    def members(self, user_id: str) -> AbstractSet[Member]:
        """Return the sockets of one user in this room."""
        return frozenset(self._members.get(user_id, ()))

    def everyone(self) -> list[Member]:
        """Return all sockets in this room."""
        return [member for members in self._members.values() for member in members]

    def users(self) -> list[User]:
        """Return the people who are here, in the order in which they came."""
        return list(self._present.values())

    def enter(self, member: Member, user: User) -> None:
        """Count a socket of `user`, full or bare, up to date or not."""
        if member.hears:
            if not self._hearing:
                self._told = dict(self._present)
                self._changed.clear()
            self._hearing += 1
        self._members[user.id] = (*self._members.get(user.id, ()), member)
        if (leaving := self._leaving.pop(user.id, None)) is not None:
            leaving.cancel()
        self._show(user)
        if self._noted is not None:
            self._noted(user.id)

    def leave(self, member: Member, user_id: str) -> None:
        """Take back what `enter` counted, if it did."""
        self._newcomers.discard(member)
        members = self._members.get(user_id, ())
        if member in members:
            self._hearing -= member.hears
            self._members[user_id] = tuple(one for one in members if one is not member)
            if not self._members[user_id]:
                del self._members[user_id]
                self._leaving[user_id] = self._later(GRACE_SECONDS, self._gone, user_id)

    def rename(self, user: User) -> None:
        """Show the new name of somebody who is here."""
        if user.id in self._present:
            self._show(user)
            if self._noted is not None:
                self._noted(user.id)

    def watch(self, noted: Callable[[str], None]) -> None:
        """Have `noted` called with the id of each user who comes to this node, is gone from
        it, or has another name."""
        self._noted = noted

    def here(self, user_id: str) -> User | None:
        """Return the user if it is on this node, or was a moment ago."""
        is_here = user_id in self._members or user_id in self._leaving
        return self._present[user_id] if is_here else None

    def all_here(self) -> dict[str, User]:
        """Return all who are on this node, or were a moment ago, by id."""
        return {id: self._present[id] for id in (*self._members, *self._leaving)}

    def elsewhere(self, user_id: str, user: User | None) -> None:
        """Show a user who is on another node, or None: on no other any more."""
        is_here = self.here(user_id) is not None
        if user is not None:
            self._away[user_id] = user
            if not is_here:
                self._show(user)
        elif self._away.pop(user_id, None) is not None and not is_here:
            del self._present[user_id]
            self._change(user_id)

    def arrived(self, member: Member) -> None:
        """Tell a member that has just become up to date who is here, with the next frame."""
        if member.hears:
            self._newcomers.add(member)
            self._soon()

    def close(self) -> None:
        """Stop all timers, and let go of the room: nobody is left to be told anything."""
        for timer in (self._timer, *self._leaving.values()):
            if timer is not None:
                timer.cancel()
        self._timer = None
        self._leaving.clear()
        self._signal = _nobody

    def _show(self, user: User) -> None:
        if self._present.get(user.id) != user:
            self._present[user.id] = user
            self._change(user.id)

    def _gone(self, user_id: str) -> None:
        del self._leaving[user_id]
        if (away := self._away.get(user_id)) is None:
            del self._present[user_id]
            self._change(user_id)
        else:
            self._show(away)
        if self._noted is not None:
            self._noted(user_id)

    def _change(self, user_id: str) -> None:
        if self._hearing:
            self._changed[user_id] = None
            self._soon()
        else:
            self._told.clear()
            self._changed.clear()

    def _soon(self) -> None:
        if self._timer is None:
            self._timer = self._later(QUICK_SECONDS, self._tell)

    def _tell(self) -> None:
        """Send at most one frame to each member; then wait, since more may be coming."""
        self._timer = None
        if not (self._changed or self._newcomers):
            return
        newcomers, self._newcomers = self._newcomers, set()
        op, users = self._news()
        if op == "state":
            self._signal(self._state())
        else:
            if users:
                self._signal(self._encode(op, users, len(self._present)), but=newcomers)
            if newcomers:
                self._signal(self._state(), to=newcomers)
        self._timer = self._later(PACE_SECONDS, self._tell)

    def _state(self) -> bytes:
        users = list(islice(self._present.values(), MOST_NAMED))
        return self._encode("state", users, len(self._present))

    def _news(self) -> tuple[Op, list[User]]:
        """Return what those who were told before are told now, and take it as told.

        Joins and leaves take turns where there are both.
        """
        present, told = self._present, self._told
        if len(told) > MOST_NAMED >= len(present):
            # Nobody knows all the others of a crowd. Now there is room for all of them.
            self._told = dict(present)
            self._changed.clear()
            return "state", []
        joined = [id for id in self._changed if id in present and told.get(id) != present[id]]
        left = [id for id in self._changed if id in told and id not in present]
        if left and (self._last == "join" or not joined):
            self._last, users = "leave", [told.pop(id) for id in left]
            self._changed = dict.fromkeys(joined)
        else:
            self._last, users = "join", [present[id] for id in joined]
            told.update((user.id, user) for user in users)
            self._changed = dict.fromkeys(left)
        return self._last, users[: MOST_NAMED if len(present) <= MOST_NAMED else CROWD_NAMED]
