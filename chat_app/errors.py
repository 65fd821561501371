"""Everything that can be refused, each with its code, HTTP status and close code.

`ChatError` is an answer to a person: it never ends the program and its text may
be shown to whoever caused it. `StartError` is an answer to the operator: one
line on stderr and exit status 2.
"""

from typing import ClassVar


class StartError(Exception):
    """The operator can mend this; `str(error)` is the one line that says how."""


class ChatError(Exception):
    """A request that is refused, and why.

    `code` names the reason on the wire, `status` is the HTTP status, `close` the
    WebSocket close code of a refused handshake, `retry_ms` how long to wait
    before the same request can succeed (None: never as it is). `text` is what pages
    translate, with `values` to be filled in afterwards; `message` is both in English.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    close: ClassVar[int] = 4500

    def __init__(self, text: str, *, retry_ms: int | None = None, **values: object) -> None:
        self.text = text
        self.values = values
        self.message = text.format(**values) if values else text
        self.retry_ms = retry_ms
        super().__init__(self.message)


class Malformed(ChatError):
    """Not a frame of the protocol at all; the fifth within a minute closes the connection."""

    code = "malformed"


class Invalid(ChatError):
    """A known command with a field that is missing, of another type or out of range."""

    code = "invalid"


class RoomNameRefused(ChatError):
    code, status, close = "room_name", 400, 4504


class RoomNotFound(ChatError):
    """A private room that is not there, or hidden from this user: the two must look alike."""

    code, status, close = "room_not_found", 404, 4504


class Banned(ChatError):
    """Put out of this room."""

    code, status, close = "banned", 403, 4503


class Muted(ChatError):
    code, status = "muted", 403


class RoomLocked(ChatError):
    code, status = "locked", 403


class AnnounceOnly(ChatError):
    """Only moderators write in this room."""

    code, status = "announce_only", 403


class SlowMode(ChatError):
    """Too soon after one's last message in this room."""

    code, status = "slow_mode", 429


class NotAllowed(ChatError):
    """What one's role in the room does not allow, or not towards that person."""

    code, status = "not_allowed", 403


class OwnerNeeded(ChatError):
    """A private room's last owner cannot go."""

    code, status = "owner_needed", 409


class UserNotFound(ChatError):
    """Nobody of that name, or id, is known here."""

    code, status = "user_not_found", 404


class UserNameRefused(ChatError):
    code = "user_name"


class NameTaken(ChatError):
    """An account has this name, or one that looks like it."""

    code, status = "name_taken", 409


class PasswordRefused(ChatError):
    """It cannot be a password: too short, too long, or the name itself."""

    code = "password"


class WrongPassword(ChatError):
    """Name and password do not belong together. No such name and a wrong password look alike."""

    code, status = "credentials", 403


class RegistrationClosed(ChatError):
    code, status = "registration", 403


class LinkRefused(ChatError):
    """A one-time link that is forged, too old, or used."""

    code, status = "link", 410


class LogInNeeded(ChatError):
    """What guests may not do here."""

    code, status, close = "log_in", 401, 4501


class TooManyTries(ChatError):
    code, status = "too_many_tries", 429


class MessageNotFound(ChatError):
    code, status = "no_message", 404


class MessageEmpty(ChatError):
    code = "empty"


class CommandRefused(ChatError):
    """A person typed a command where there are none."""

    code = "command"


class MessageTooLong(ChatError):
    code = "too_long"


class RateLimited(ChatError):
    code, status = "rate_limited", 429


class TooManyRooms(ChatError):
    """Rooms are made by their first message; this one would make one too many."""

    code, status = "too_many_rooms", 429


class TooManyConnections(ChatError):
    code, status = "too_many_connections", 429


class OriginRefused(ChatError):
    """Another site speaks with this visitor's cookie."""

    code, status = "origin", 403


class StoreUnavailable(ChatError):
    """The log cannot be written or read now; what was sent was not accepted."""

    code, status, close = "unavailable", 503, 1013
