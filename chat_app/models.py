"""What is spoken of everywhere: rooms, users, drafts, events. Frozen, no I/O.

They hold texts, numbers and each other, never a cycle: the collector need not look at them.
"""

from enum import IntEnum
from typing import Final, Literal

import msgspec


class User(msgspec.Struct, frozen=True, gc=False):
    """An author. `id` is "u_" and 16 hex digits, for ever; `name` may change."""

    id: str
    name: str


class Account(msgspec.Struct, frozen=True, gc=False):
    """A user who has a password, in argon2's own notation. An `owner` runs this server."""

    user: User
    password: str
    owner: bool


class Session(msgspec.Struct, frozen=True, gc=False):
    """A login of an account, on one browser.

    `id` is the SHA-256, in hex, of the token that the browser has: whoever reads the store
    cannot log in. Times are in milliseconds since 1970, UTC.
    """

    id: str
    user: User
    owner: bool
    browser: str
    started_at: int
    seen_at: int


class Caller(msgspec.Struct, gc=False):
    """Who sent a request: one object, since every handshake pays for each.

    `address` and `scheme` are the visitor's own, as far as trusted proxies tell them. No
    `session`: a guest, or nobody yet, whose user has no id. The answer sets the guest's cookie
    where that is due, and takes back the cookie of a session that has ended.
    """

    address: str
    scheme: str
    user: User = User("", "")
    session: Session | None = None
    cookie_due: bool = False
    session_ended: bool = False


class Link(msgspec.Struct, frozen=True, gc=False):
    """A one-time link. `until` is in milliseconds since 1970, UTC.

    `subject` is the user that a "reset" is for, and `stamp` what has changed when that
    user's password has.
    """

    id: str
    kind: str
    until: int
    subject: str = ""
    stamp: str = ""


class RoomSettings(msgspec.Struct, frozen=True, gc=False):
    """How a room is used. `announce`: only moderators write; `locked`: nobody does;
    `slow_seconds`: between two messages of one user (0: off)."""

    announce: bool = False
    locked: bool = False
    slow_seconds: int = 0


class Room(msgspec.Struct, frozen=True, gc=False):
    """A room that has at least one event, or was made to be private.

    `key` is what two spellings of one name have in common, `name` the spelling of
    whoever spoke first, `top` the seq of the newest event. `guarded`: somebody has a
    role in it, or a sanction.
    """

    key: str
    name: str
    top: int
    settings: RoomSettings = RoomSettings()
    guarded: bool = False


class Role(IntEnum):
    """What somebody is in a room; a higher one can do all that a lower one can."""

    NONE = 0
    MEMBER = 1
    MODERATOR = 2
    OWNER = 3


class Membership(msgspec.Struct, frozen=True, gc=False):
    """The lasting tie of a user and a room."""

    user: User
    role: Role


class Sanction(msgspec.Struct, frozen=True, gc=False):
    """A user's ban from a room, or mute in it. Times are in milliseconds since 1970, UTC.

    `until` None: until it is lifted. A ban with a `network` (an IPv4 address or IPv6 /64)
    is also one of all guests from there, until `network_until`.
    """

    kind: Literal["ban", "mute"]
    user: User
    until: int | None
    by: User
    at: int
    network: str = ""
    network_until: int = 0


class Invite(msgspec.Struct, frozen=True, gc=False):
    """A link that makes whoever takes it a member of a private room.

    `id` is the SHA-256, in hex, of the token in the link; `uses`: how many it has left.
    Times are in milliseconds since 1970, UTC.
    """

    id: str
    room_key: str
    by: User
    made_at: int
    until: int
    uses: int


class Report(msgspec.Struct, frozen=True, gc=False):
    """That somebody wants the moderators to look at the message with that `seq`.

    Its `reason` may be empty. `at` is in milliseconds since 1970, UTC.
    """

    seq: int
    by: User
    reason: str
    at: int


class Deed(msgspec.Struct, frozen=True, gc=False):
    """What a moderator or an owner did in a room, for its audit log.

    `about` is whom it was done to, and `detail` of delete and dismiss the message's seq, of
    mute and ban until when (milliseconds since 1970, UTC; "": until it is lifted), of lift
    what was lifted, of role the new one, of settings what they are now. `at` as everywhere;
    `id` counts up, 0 until it is kept.
    """

    by: User
    what: Literal["delete", "dismiss", "kick", "mute", "ban", "lift", "role", "settings"]
    at: int
    about: User | None = None
    detail: str = ""
    id: int = 0


class Kind(IntEnum):
    """What an entry of a log is. A message is 0, so that it can be told by its truth."""

    MESSAGE = 0
    TOMBSTONE = 1
    """A message that was deleted: who said it and when stays, its text is gone."""
    DELETION = 2
    """That a message was deleted."""


OWN: Final = "~"  # what an id of the server's own begins with, and none that a client chooses


class Draft(msgspec.Struct, frozen=True, gc=False):
    """An event that has no number yet.

    `id` is chosen by the client (8-64 of A-Z a-z 0-9 _ -) and is unique together
    with author and room: a second draft with the same three is the same message. One of
    the server's own (`OWN`) is in one draft only, so nobody need ask whether it was there.
    `at` is the server's clock in milliseconds since 1970, UTC. `target` is 0 for a message,
    and for a deletion the seq of the message that it is to take away.
    """

    room_key: str
    room_name: str
    id: str
    author: User
    message: str
    at: int
    target: int = 0


class Event(msgspec.Struct, frozen=True, gc=False):
    """An entry in a room's log. `seq` counts 1, 2, 3, … within its room, without a gap.

    `user` bears the name that the author had when it was said. `at` is in
    milliseconds since 1970, UTC; order is by `seq`, never by `at`.

    A deletion and its tombstone have no `message`, and each has the other's seq as its
    `target`. What was a message becomes a tombstone in place; nothing else ever changes.
    """

    room_key: str
    seq: int
    id: str
    user: User
    message: str
    at: int
    kind: Kind = Kind.MESSAGE
    target: int = 0


class Appended(msgspec.Struct, frozen=True, gc=False):
    """What became of a draft: its event, or the event that it repeats."""

    event: Event
    duplicate: bool
