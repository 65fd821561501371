"""What every broker promises, whatever engine is behind it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from chat_app.broker.news import Control, RoomNews
from chat_app.models import Appended


class Listener(Protocol):
    """Who hears the news. Its methods are called by the event loop and may not raise."""

    def heard(self, node: str, room_key: str, news: RoomNews) -> None:
        """News of a room that is followed, from another node."""

    def told(self, node: str, news: Control) -> None:
        """News for all nodes, from another node."""

    def followed(self, room_keys: Collection[str]) -> None:
        """From now on there are news of these rooms; earlier ones may have been missed."""

    def joined(self) -> None:
        """From now on there are news for all nodes, and others hear this one's: of both,
        earlier ones may have been missed."""

    def living(self, nodes: Mapping[str, float]) -> None:
        """Other nodes are alive for so many seconds more, at least; 0: it is not any more.

        Nothing is said of those that are not among them."""


class Broker(Protocol):
    """Carries news between the nodes that share a log. Nothing here waits.

    News may be lost, without a sign, and are never doubled; those of one node about one
    room come in order. A node does not hear its own. While the engine cannot be reached
    everything is lost; `Listener.joined` and `followed` are called when it can be again.
    """

    @property
    def name(self) -> str:
        """What other nodes hear this one's news under."""

    @property
    def alone(self) -> bool:
        """Whether there can be no other node."""

    def listen(self, listener: Listener) -> None:
        """Begin. To be called once, in the loop."""

    def follow(self, room_key: str) -> None:
        """Have news of this room heard. `Listener.followed` says from when on."""

    def unfollow(self, room_key: str) -> None:
        """Have them heard no more."""

    def committed(self, outcome: Sequence[Appended]) -> None:
        """Tell the nodes that follow these rooms what was appended to the log.

        In the path of every batch: it is noted, and told after this turn of the loop.
        """

    def publish(self, room_key: str, news: RoomNews) -> None:
        """Tell the nodes that follow a room."""

    def broadcast(self, news: Control) -> None:
        """Tell all nodes."""

    async def close(self) -> None:
        """Stop. Other nodes go on believing this one alive until its lease has run out."""
