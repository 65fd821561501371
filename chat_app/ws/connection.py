"""One socket, from its handshake to its close: what it may be sent and how it ends."""

import asyncio
import logging
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from chat_app.chat.behind import DRAINED_BYTES, PATIENCE_SECONDS, Writer
from chat_app.chat.moderation import Moderation
from chat_app.chat.rights import Right, Visitor
from chat_app.chat.room import Room
from chat_app.chat.rooms import Rooms
from chat_app.chat.sessions import Sessions
from chat_app.chat.times import iso
from chat_app.config import Limits
from chat_app.errors import ChatError, Muted
from chat_app.models import Appended, Draft, Session, User
from chat_app.ws import protocol
from chat_app.ws.access import Access, names_of
from chat_app.ws.inbox import RoomSocket
from chat_app.ws.protocol import Ack, Bye, Close, Frame, Renamed
from chat_app.ws.rawsocket import raw_sockets

log = logging.getLogger(__name__)

CLOSE_SECONDS: Final = 1.0  # a peer that has stopped reading is given this long to hear why
IN_FLIGHT: Final = 64  # posts of one connection that wait for their commit at once
MALFORMED_FRAMES: Final = 5  # within MALFORMED_SECONDS, and the connection is closed
MALFORMED_SECONDS: Final = 60.0


class Connection:
    """A member of one room, on one socket.

    `full` clients speak chat.v1; bare ones get messages and nothing else. Whatever is
    sent goes to the transport at once, as whole frames: there is no queue here, and
    nothing waits. What the kernel does not take is the transport's backlog, and the
    room or the handler looks at it before giving more. Past the transport goes only what a
    room shows to many, and only while there is no backlog: see `writer`.
    """

    __slots__ = (
        "__weakref__", "_in_flight", "_malformed", "_open", "_raw", "_sessions",
        "_transport", "_was_shown", "_ws", "closing", "full", "guest_from", "id", "is_read",
        "limits", "may_have_early", "moderation", "owes", "quiet", "rights", "room",
        "rooms", "session", "spelling", "start", "unanswered", "user", "visitor",
    )  # fmt: skip

    def __init__(
        self,
        ws: RoomSocket,
        transport: asyncio.Transport,
        user: User,
        *,
        full: bool,
    ) -> None:
        self.id = secrets.token_hex(6) if full else ""  # the others are not told
        self.user = user
        self.guest_from = ""  # the `network_of` a guest
        self.full = full
        self.session: Session | None = None
        self.rights = 0  # bits of `Right`: what it may do without another look
        self.is_read = True
        self.unanswered = 0  # sweeps since a ping after which nothing was read
        self.quiet = 0  # sweeps since the last ping
        self._ws = ws
        self._transport = transport
        self._in_flight = 0
        self.owes = False  # it may have to wait: ask `must_wait`, and otherwise not
        self._open = True
        self._raw: socket.socket | None = None  # while its room shows it what is said
        self._was_shown = False
        self._malformed: tuple[float, ...] = ()  # when, in seconds; the newest
        self.closing: asyncio.Task[None] | None = None  # what closes it, from then on

    def identify(self, sessions: Sessions, session: Session | None, visitor: Visitor) -> None:
        """Say by which login it came, if by one, and as whom the room's door sees it."""
        self._sessions = sessions
        self.session = session
        self.visitor = visitor
        self.guest_from = "" if visitor.account else visitor.network
        sessions.watch(self._key, self.ended)
        self.renew()

    @property
    def network(self) -> str:
        return self.visitor.network

    def renew(self) -> None:
        """Take up what its user may do in the room now; close it where that is nothing."""
        before = self.rights
        try:
            self.rights = self.room.door.rights(self.visitor)
        except ChatError as refusal:
            self.rights = 0
            self.put_out(refusal)
        else:
            # Said again where one may not write: why may be another reason than before.
            if before and (self.rights != before or not self.rights & Right.POST):
                self.send(self.access)

    @property
    def access(self) -> Access:
        """What its user is in the room, and may do there."""
        door = self.room.door
        refusal = door.why_not(self.visitor, Right.POST)
        return Access(
            door.role_of(self.visitor).name.lower(),
            names_of(self.rights),
            refusal.code if refusal else None,
            door.muted_ms(self.user.id) if isinstance(refusal, Muted) else None,
        )

    def check(self, right: int) -> None:
        """Look again whether its user has a right, which may have come with time.

        Raises the ChatError that says why not.
        """
        self.rights = self.room.door.check(self.visitor, right)

    def put_out(self, refusal: ChatError) -> None:
        self.close(Close(refusal.close), refusal.code)

    @property
    def _key(self) -> str:
        return self.user.id if self.session is None else self.session.id

    @property
    def moderates(self) -> bool:
        """Whether its user may take away what others said."""
        return bool(self.rights & Right.MODERATE)

    def forget(self) -> None:
        """Undo `identify`."""
        self._sessions.unwatch(self._key, self.ended)

    async def is_still(self) -> bool:
        """Tell whether the login that it came by still lasts; if not, close it."""
        if self.session is None or await self._sessions.again(self.session) is not None:
            return True
        self.ended()
        return False

    def ended(self) -> None:
        """Close it: its login has ended. A guest that has an account now comes back with it."""
        if self.session is None:
            self.close(Close.CHANGED, "you have an account now")
        else:
            self.close(Close.LOGGED_OUT, "logged out")

    def enter(
        self, rooms: Rooms, moderation: Moderation, room: Room, spelling: str, limits: Limits
    ) -> None:
        """Say where it is, for the commands; joining the room is `Room.join`.

        `spelling` is the room's name as this client wrote it: it counts if the
        client is the first to speak.
        """
        self.rooms = rooms
        self.moderation = moderation
        self.spelling = spelling
        self.room = room
        self.limits = limits
        self._ws.on_close = self.mute
        # Every event after this seq has been sent, or will be without being asked for.
        self.start = room.top
        self.may_have_early = True

    def write(self, frames: bytes) -> int:
        if self._open and not self._transport.is_closing():
            self._transport.write(frames)
            if self._transport.get_write_buffer_size():
                self.owes = True
                self.room.redirect(self)  # nothing may overtake what is held back
        return len(frames)

    @property
    def writer(self) -> Writer:
        if not self._open or self._transport.is_closing() or self.backlog():
            return self.write  # the rest of a frame may be waiting, or be lost
        if self._raw is not None:
            return self._raw.send
        return self.write if self._was_shown else self._write_first

    def _write_first(self, frames: bytes) -> int:
        """Write, and see whether what follows may go past the transport: to who is in a room
        where nobody speaks, a second descriptor is worth nothing."""
        self._was_shown = True
        self._raw = raw_sockets.open(self._transport)
        written = self.write(frames)
        self.room.redirect(self)
        return written

    def mute(self) -> None:
        """Leave the room and write nothing any more: nothing may follow a close frame, and
        the transport stays open for its answer."""
        self._open = False
        self.leave()

    def leave(self) -> None:
        """Leave the room; what is written from now on is an answer."""
        self.room.leave(self)
        if self._raw is not None:
            raw_sockets.close(self._raw)
            self._raw = None

    def send(self, frame: Frame) -> None:
        """Send a frame of chat.v1; a bare client, which would print it, gets none."""
        if self.full:
            self.write(protocol.encode(frame))

    @property
    def hears(self) -> bool:
        return self.full

    def signal(self, frame: bytes) -> None:
        if self.full:
            self.write(frame)

    def backlog(self) -> int:
        return self._transport.get_write_buffer_size()

    async def drained(self) -> None:
        """Wait until it may be served again: it reads what it was sent, and its posts are in.

        While this waits nothing is read from it, so it cannot grow what it owes. It is
        cut when it has read nothing at all for PATIENCE_SECONDS.
        """
        progress_at, before = time.monotonic(), self.backlog()
        with self.unread():
            while self.must_wait and not self.closing:
                await asyncio.sleep(0.01)
                backlog = self.backlog()
                if backlog < before or backlog <= DRAINED_BYTES:
                    progress_at = time.monotonic()
                elif time.monotonic() - progress_at > PATIENCE_SECONDS:
                    self.cut(None)
                before = backlog

    @contextmanager
    def unread(self) -> Iterator[None]:
        """Say that nothing is read from it for a while, so that no answer is expected."""
        self.is_read = False
        try:
            yield
        finally:
            self.is_read, self.unanswered = True, 0

    @property
    def must_wait(self) -> bool:
        """Whether too much of what it was sent, or said, is still on its way."""
        if not self.owes:
            return False
        many, backlog = self._in_flight >= IN_FLIGHT, self.backlog()
        self.owes = many or backlog > 0
        return many or backlog > DRAINED_BYTES

    def post(self, draft: Draft) -> None:
        """Have a message of this client committed and shown, and answered then."""
        self._in_flight += 1
        if self._in_flight >= IN_FLIGHT:
            self.owes = True
        self.rooms.post(self.room, draft, self._done)

    def _done(self, draft: Draft, outcome: Appended | ChatError) -> None:
        self._in_flight -= 1
        if not self.full:
            return
        if isinstance(outcome, ChatError):
            self.send(protocol.error(outcome, draft.id))
        else:
            event = outcome.event
            self.send(Ack(event.id, event.seq, iso(event.at), outcome.duplicate))

    def renamed(self, user: User) -> None:
        self.user = user
        self.visitor = msgspec.structs.replace(self.visitor, user=user)
        self.room.presence.rename(user)
        self.send(Renamed(user))

    def malformed(self, refusal: ChatError, id: str | None = None) -> None:
        """Answer a frame that is none; too many of them close the connection."""
        self.send(protocol.error(refusal, id))
        now = time.monotonic()
        self._malformed = (*self._malformed, now)[-MALFORMED_FRAMES:]
        full = len(self._malformed) == MALFORMED_FRAMES
        if full and now - self._malformed[0] < MALFORMED_SECONDS:
            self.close(Close.MALFORMED)

    def cut(self, error: Exception | None) -> None:
        if error is None:
            log.warning("closing slow connection user=%s backlog=%d", self.user.id, self.backlog())
            self.close(Close.TOO_SLOW)
        else:
            self.close(Close.NOT_NOW if isinstance(error, ChatError) else Close.FAULT)

    def close(self, code: Close, reason: str = "") -> asyncio.Task[None]:
        """Close the socket, at the latest after CLOSE_SECONDS; return the task that does."""
        if self.closing is None:
            self.closing = asyncio.create_task(self._close(code, reason), name="close")
        return self.closing

    def goodbye(self, answered: asyncio.Event, retry_ms: tuple[int, int]) -> asyncio.Task[None]:
        """Serve it no more; once all is `answered`, tell it when to come back, and close it."""
        if self.closing is None:
            self.closing = asyncio.create_task(self._goodbye(answered, retry_ms), name="goodbye")
        return self.closing

    async def _goodbye(self, answered: asyncio.Event, retry_ms: tuple[int, int]) -> None:
        await answered.wait()
        self.send(Bye(Close.RESTART, retry_ms))
        await self._close(Close.RESTART, "")

    async def closed(self) -> None:
        """Wait for a close that is under way: returning from the handler would be another."""
        if self.closing is not None:
            await self.closing

    async def _close(self, code: Close, reason: str) -> None:
        # A peer that stopped reading cannot be told so: close() waits for room in
        # its buffer. Offer the close frame for a second, then cut the wire.
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._ws.close(code=code, message=reason.encode())
        except (TimeoutError, ConnectionError):
            pass
        finally:
            self._transport.abort()
