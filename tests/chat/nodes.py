"""Nodes for tests: `Rooms` of their own over one log, and members without a socket."""

import asyncio
from collections.abc import Callable

from chat_app.chat import messages
from chat_app.chat.news import News
from chat_app.chat.room import Room
from chat_app.chat.rooms import Rooms
from chat_app.errors import ChatError
from chat_app.models import Appended, Draft, User
from chat_app.store import Store
from tests.clients import SECONDS

ANN = User("u_ann", "Ann")


class Member:
    """A full member that takes everything."""

    hears = True
    network = "127.0.0.1"

    def __init__(self) -> None:
        self.got: list[str] = []
        self.signals: list[str] = []
        self.renewed = 0

    def write(self, frames: bytes) -> int:
        self.got += frames.decode().split()
        return len(frames)

    @property
    def writer(self) -> Callable[[bytes], int]:
        return self.write

    def signal(self, frame: bytes) -> None:
        self.signals.append(frame.decode())

    def backlog(self) -> int:
        return 0

    def cut(self, error: Exception | None) -> None:
        raise AssertionError(error)

    def put_out(self, refusal: ChatError) -> None:
        raise AssertionError(refusal)

    def renew(self) -> None:
        self.renewed += 1


def open_house(store: Store, news: News | None = None) -> Rooms:
    """Return a node whose frames can be read: "7:hi" for an event, "join ['Ann'] of 2"."""
    return Rooms(
        store,
        lambda event: f"{event.seq}:{event.message}\n".encode(),
        lambda op, users, count: f"{op} {[user.name for user in users]} of {count}".encode(),
        news,
    )


def drafts(texts: str, author: User = ANN, room: str = "lobby") -> list[Draft]:
    """Return a draft for each letter."""
    return [messages.draft(room, room, author, text, None, most_chars=0) for text in texts]


async def say(house: Rooms, room: Room, texts: str) -> list[Appended]:
    """Post the letters in one turn; return their outcomes."""
    waiting: list[asyncio.Future[Appended | ChatError]] = []

    def done(draft: Draft, outcome: Appended | ChatError) -> None:
        waiting[ids[draft.id]].set_result(outcome)

    posted = drafts(texts, room=room.key)
    ids = {draft.id: number for number, draft in enumerate(posted)}
    waiting += [asyncio.get_running_loop().create_future() for _ in posted]
    for draft in posted:
        house.post(room, draft, done)
    outcomes = await asyncio.gather(*waiting)
    assert all(isinstance(outcome, Appended) for outcome in outcomes)
    return [outcome for outcome in outcomes if isinstance(outcome, Appended)]


async def until(condition: Callable[[], object], seconds: float = SECONDS) -> None:
    """Wait until `condition` is true; a test that waits in vain fails."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)
