"""Taking back what was said: a deletion is an event, and leaves a tombstone."""

import asyncio
import time

from chat_app.chat.messages import is_id, new_id
from chat_app.chat.room import Room
from chat_app.chat.rooms import Rooms
from chat_app.errors import ChatError, Invalid, MessageNotFound, NotAllowed
from chat_app.models import Appended, Draft, Event, Kind, User


def may_delete(user: User, event: Event, *, moderates: bool) -> bool:
    """Tell whether that user may take the message away: its author, or who moderates."""
    return moderates or event.user.id == user.id


async def delete(
    rooms: Rooms, room: Room, user: User, target: int, id: str | None, *, moderates: bool
) -> Appended:
    """Have the message with the seq `target` deleted, and that shown to the room.

    Returns the deletion; the first one, as a duplicate, where the message is deleted
    already. `room` must stay open meanwhile. Raises MessageNotFound, NotAllowed, Invalid
    for an `id` that breaks the rule in `Draft` or is another event's, StoreUnavailable.
    """
    if id is not None and not is_id(id):
        raise Invalid("An id has 8 to 64 characters of A-Z a-z 0-9 _ and -.")
    event = await find_message(room, target)
    if not may_delete(user, event, moderates=moderates):
        raise NotAllowed("Only its author and the room's moderators may delete a message.")
    at = time.time_ns() // 1_000_000
    draft = Draft(room.key, room.name, id or new_id(at), user, "", at, target)
    done: asyncio.Future[Appended | ChatError] = asyncio.get_running_loop().create_future()
    rooms.post(room, draft, lambda _, outcome: done.set_result(outcome))
    # Shielded: it is committed even if whoever asked is gone before.
    outcome = await asyncio.shield(done)
    if isinstance(outcome, ChatError):
        raise outcome
    if outcome.event.target != target:
        raise Invalid("This id is another event's.")
    return outcome


async def find_message(room: Room, seq: int) -> Event:
    """Return the message with that seq, deleted or not. Raises MessageNotFound."""
    for event in await room.history(seq + 1, 1):
        if event.seq == seq and event.kind is not Kind.DELETION:
            return event
    raise MessageNotFound("There is no such message.")
