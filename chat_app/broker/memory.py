"""One process: nobody is to be told anything, and nothing is done for it.

Brokers that share an `Exchange` are nodes that hear each other, all in one process.
"""

import asyncio
import math
from collections.abc import Sequence

from chat_app.broker.news import Control, RoomNews, by_room
from chat_app.broker.protocol import Listener
from chat_app.models import Appended


class Exchange:
    """The nodes of one process."""

    def __init__(self) -> None:
        self.nodes: dict[str, MemoryBroker] = {}

    def living(self, **closed: float) -> None:
        """Tell each node which others there are, and of one that is `closed`."""
        for node in tuple(self.nodes.values()):
            others = self.nodes.keys() - {node.name}
            node.hear_living(dict.fromkeys(others, math.inf) | closed)


class MemoryBroker:
    """A `Broker` without an engine."""

    def __init__(self, exchange: Exchange | None = None, name: str = "") -> None:
        self.name = name
        self._exchange = exchange
        self._listener: Listener | None = None
        self._followed: set[str] = set()

    @property
    def alone(self) -> bool:
        return self._exchange is None

    def listen(self, listener: Listener) -> None:
        self._listener = listener
        if self._exchange is not None:
            self._exchange.nodes[self.name] = self
            asyncio.get_running_loop().call_soon(listener.joined)
            self._exchange.living()

    def follow(self, room_key: str) -> None:
        self._followed.add(room_key)
        if self._exchange is not None and self._listener is not None:
            asyncio.get_running_loop().call_soon(self._listener.followed, (room_key,))

    def unfollow(self, room_key: str) -> None:
        self._followed.discard(room_key)

    def committed(self, outcome: Sequence[Appended]) -> None:
        if self._exchange is not None:
            for room_key, news in by_room(outcome).items():
                self.publish(room_key, news)

    def publish(self, room_key: str, news: RoomNews) -> None:
        for node in self._others():
            node.hear(self.name, room_key, news)

    def broadcast(self, news: Control) -> None:
        for node in self._others():
            node.hear_told(self.name, news)

    def hear(self, node: str, room_key: str, news: RoomNews) -> None:
        """Take in what another node has published."""
        if room_key in self._followed and self._listener is not None:
            asyncio.get_running_loop().call_soon(self._listener.heard, node, room_key, news)

    def hear_told(self, node: str, news: Control) -> None:
        """Take in what another node has broadcast."""
        if self._listener is not None:
            asyncio.get_running_loop().call_soon(self._listener.told, node, news)

    def hear_living(self, nodes: dict[str, float]) -> None:
        """Take in which other nodes are alive."""
        if self._listener is not None:
            asyncio.get_running_loop().call_soon(self._listener.living, nodes)

    async def close(self) -> None:
        if self._exchange is not None and self._listener is not None:
            self._listener = None
            del self._exchange.nodes[self.name]
            self._exchange.living(**{self.name: 0.0})

    def _others(self) -> "tuple[MemoryBroker, ...]":
        nodes = self._exchange.nodes if self._exchange is not None else {}
        return tuple(node for node in nodes.values() if node is not self)
