"""What processes tell each other: frozen, and the same for every engine.

A field that is added needs a default, so that nodes of two versions understand each other
while one after the other is restarted.
"""

from collections.abc import Iterable, Sequence

import msgspec

from chat_app.models import Appended, Event, User


class _News(msgspec.Struct, frozen=True, gc=False, array_like=True):
    pass


class Committed(_News, frozen=True, tag="c"):
    """Events that are in the log, of one room, in order."""

    events: Sequence[Event]


class Signal(_News, frozen=True, tag="s"):
    """A frame that is no event, for all in a room but the user that it is about."""

    user_id: str
    frame: bytes


class People(_News, frozen=True, tag="p"):
    """Who has come to a room on the node that says so, and who has gone.

    `count`: how many are there now. `whole`: `joined` are all of them. `asking`: other
    nodes are to say who is there on theirs.
    """

    count: int
    joined: Sequence[User] = ()
    left: Sequence[str] = ()
    whole: bool = False
    asking: bool = False


class Control(_News, frozen=True, tag="k"):
    """News for all nodes, of a topic that says what `data` is: see chat/control.py."""

    topic: str
    data: bytes


RoomNews = Committed | Signal | People


def by_room(outcome: Iterable[Appended]) -> dict[str, Committed]:
    """Return what is new of an outcome as the news of each room."""
    rooms: dict[str, list[Event]] = {}
    for appended in outcome:
        if not appended.duplicate:
            rooms.setdefault(appended.event.room_key, []).append(appended.event)
    return {room_key: Committed(events) for room_key, events in rooms.items()}
