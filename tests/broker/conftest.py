"""Nodes that hear each other, on each engine."""

import pytest

from tests.chat.nodes import until


class Ears:
    """A listener that writes down what it hears."""

    def __init__(self, broker):
        self.broker = broker
        self.news = []
        self.control = []
        self.rooms = []
        self.joins = 0
        self.nodes = {}

    def heard(self, node, room_key, news):
        self.news.append((node, room_key, news))

    def told(self, node, news):
        self.control.append((node, news))

    def followed(self, room_keys):
        self.rooms += room_keys

    def joined(self):
        self.joins += 1

    def living(self, nodes):
        self.nodes = dict(nodes)

    async def follow(self, *room_keys):
        """Follow rooms, and wait until their news are heard."""
        self.rooms = []
        for room_key in room_keys:
            self.broker.follow(room_key)
        await until(lambda: set(room_keys) <= set(self.rooms))


@pytest.fixture
async def node(new_broker):
    """node(): the ears of another node, which is heard."""
    open_now = []

    async def node():
        ears = Ears(new_broker())
        open_now.append(ears.broker)
        ears.broker.listen(ears)
        await until(lambda: ears.joins)
        return ears

    yield node
    for broker in open_now:
        await broker.close()
