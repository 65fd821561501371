"""An event as a row of the log: the same columns in both engines."""

from collections.abc import Sequence
from typing import Any, Final

from chat_app.models import Event, Kind, User

# The columns of an event, as `event` takes them.
EVENT: Final = "events.seq, events.id, author, events.name, message, at, kind, target"

_KINDS: Final = tuple(Kind)


def event(room_key: str, row: Sequence[Any]) -> Event:
    """Return the event of a row of the columns EVENT."""
    seq, id_, author, name, message, at, kind, target = row
    user = User(author, name)
    if not kind:
        return Event(room_key, seq, id_, user, message, at)
    return Event(room_key, seq, id_, user, "", at, _KINDS[kind], target)
