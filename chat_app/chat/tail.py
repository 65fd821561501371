"""The frames of a room: the newest in a ring, older ones out of the store."""

from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final

from chat_app.models import Event
from chat_app.store import Store

RING_BYTES: Final = 256 * 1024  # newest frames kept per room that is open, at most
# Of these for each member: what they spare who is behind, reading the store, grows with the number
# of members, and what they cost, memory, with the number of rooms.
MEMBER_BYTES: Final = 8 * 1024
SLICE_EVENTS: Final = 100  # read from the store at once for members that are behind
SLICES: Final = 12  # kept while members are behind; who resumes needs 11 at most


class Unspoken(bytes):
    """The frame of an event that is no message: not for those who know of messages alone."""

    __slots__ = ()


def spoken(frames: Iterable[bytes]) -> bytes:
    """Return the messages among these frames, joined."""
    return b"".join(frame for frame in frames if type(frame) is bytes)


class Tail:
    """Every event of a room as a frame, encoded once as long as it is in the ring.

    `top` is the seq of the room's newest committed event that has been taken in, and
    `shown` that of the newest which those who are up to date have been written. A deleted
    message is not among the frames any more once its deletion has been taken in;
    `deletions` counts these.
    """

    __slots__ = (
        "_encode", "_most", "_ring", "_ring_bytes", "_room_key", "_slices", "_store", "deletions",
        "shown", "top",
    )  # fmt: skip

    def __init__(self, room_key: str, store: Store, encode: Callable[[Event], bytes]) -> None:
        self.top = 0
        self.shown = 0
        self._room_key = room_key
        self._store = store
        self._encode = encode
        self._ring: deque[bytes] = deque()
        self._ring_bytes = 0
        self._slices: dict[int, list[bytes]] = {}
        self.deletions = 0
        self.keep_for(0)

    def keep_for(self, members: int) -> None:
        """Keep, from the next event on, as much as is worth it for so many."""
        self._most = min(RING_BYTES, MEMBER_BYTES * max(members, 1))

    def append(self, event: Event) -> bytes:
        """Take in the event after the top; return its frame."""
        frame = self._encode(event)
        if event.kind:
            frame = Unspoken(frame)
            self._forget(event.target)
        self.top = event.seq
        self._ring.append(frame)
        self._ring_bytes += len(frame)
        while self._ring_bytes > self._most and len(self._ring) > 1:
            self._ring_bytes -= len(self._ring.popleft())
        return frame

    async def after(self, cursor: int) -> list[bytes]:
        """Return the frames of the next events after `cursor`, which is below the top:
        at least one. Raises StoreUnavailable."""
        skip = cursor - (self.top - len(self._ring))
        if skip >= 0:
            return list(islice(self._ring, skip, skip + SLICE_EVENTS))
        # Slices are aligned: a storm of members who come back with all kinds of cursors
        # reads and encodes each of them once.
        start = cursor - cursor % SLICE_EVENTS
        frames = self._slices.get(start, [])
        if start + len(frames) <= cursor:
            frames = self._slices[start] = await self._read(start)
            if len(self._slices) > SLICES:
                del self._slices[next(iter(self._slices))]
        return frames[cursor - start :]

    async def _read(self, start: int) -> list[bytes]:
        while True:
            deletions = self.deletions
            # Not beyond the top: what is committed and not yet taken in will be flushed.
            limit = min(SLICE_EVENTS, self.top - start)
            events = await self._store.events(self._room_key, after=start, limit=limit)
            if deletions == self.deletions:  # else it may have been read before one of them
                return [
                    Unspoken(self._encode(event)) if event.kind else self._encode(event)
                    for event in events
                ]

    def _forget(self, seq: int) -> None:
        """Forget the frame of `seq`, and all before it: they are read from the store, where
        that text is no more."""
        self.deletions += 1
        self._slices.clear()
        for _ in range(min(seq - (self.top - len(self._ring)), len(self._ring))):
            self._ring_bytes -= len(self._ring.popleft())

    def forget_slices(self) -> None:
        """Drop what was read from the store: nobody is behind any more."""
        self._slices.clear()
