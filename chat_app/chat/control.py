"""News for all nodes, by topic: who is logged out, what somebody is called now.

Whoever changes something does on its own node what follows from it, and `tell`s; each
other node calls the one that said `on` for this topic. What is told is in the store already:
news that are lost (see chat_app.broker) must be found there some other way, too.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from chat_app.broker import news

T = TypeVar("T")


class Control:
    """The topics of one node. Without a `broadcast` there is no other."""

    def __init__(self, broadcast: Callable[[news.Control], None] | None = None) -> None:
        self._broadcast = broadcast
        self._hearing: dict[str, tuple[msgspec.msgpack.Decoder[Any], Callable[[Any], None]]] = {}
        self._missed: list[Callable[[], None]] = []

    def on(self, topic: str, kind: type[T], hear: Callable[[T], None]) -> None:
        """Have `hear` called with what other nodes tell of `topic`: a value of that type."""
        self._hearing[topic] = (msgspec.msgpack.Decoder(kind), hear)

    def on_missed(self, look: Callable[[], None]) -> None:
        """Have `look` called when news may have been missed."""
        self._missed.append(look)

    def tell(self, topic: str, value: object) -> None:
        """Tell all other nodes. Nothing waits, and nothing is heard on this one."""
        if self._broadcast is not None:
            self._broadcast(news.Control(topic, msgspec.msgpack.encode(value)))

    def heard(self, told: news.Control) -> None:
        """Take in what another node has told. What is not understood is left: it is of
        another version."""
        if (hearing := self._hearing.get(told.topic)) is not None:
            decoder, hear = hearing
            try:
                value = decoder.decode(told.data)
            except msgspec.DecodeError:
                return
            hear(value)

    def missed(self) -> None:
        """Say that news may have been missed."""
        for look in self._missed:
            look()
