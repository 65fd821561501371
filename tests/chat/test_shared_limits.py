"""Limits over several nodes: decided on each, and counted on all."""

import pytest

from chat_app.chat.control import Control
from chat_app.chat.limits import MessageRate
from chat_app.chat.shared_limits import SharedLimits


class Node:
    """A node with a limit of ten at once and one a second, and a clock of its own."""

    def __init__(self, others):
        self.now = 0.0
        self.rate = MessageRate(1, 10, lambda: self.now)
        self.others = others
        self.control = Control(self.broadcast)
        self.limits = SharedLimits(self.control)
        self.limits.share("messages", self.rate)

    def broadcast(self, news):
        for node in self.others(self):
            node.control.heard(news)

    def send(self, count):
        """Return how many of `count` messages were let through."""
        return sum(not self.rate.wait("u_ann") for _ in range(count))


@pytest.fixture
def nodes():
    nodes: list[Node] = []
    nodes += [Node(lambda one: [node for node in nodes if node is not one]) for _ in range(3)]
    return nodes


def test_what_was_taken_on_one_node_is_gone_on_all(nodes):
    assert nodes[0].send(20) == 10
    nodes[0].limits.tell()
    assert [node.send(1) for node in nodes] == [0, 0, 0]
    assert not nodes[1].rate.wait("u_ben")


def test_over_time_the_rate_is_that_of_one_node(nodes):
    sent = 0
    for second in range(100):
        for node in nodes:
            node.now = float(second)
            sent += node.send(5)
        for node in nodes:
            node.limits.tell()
    assert sent <= 3 * 10 + 100


def test_what_is_given_back_is_given_back_everywhere(nodes):
    nodes[0].send(10)
    nodes[0].limits.tell()
    nodes[0].rate.give_back("u_ann")
    nodes[0].limits.tell()
    assert [node.send(2) for node in nodes] == [1, 1, 1]


def test_nothing_is_told_when_nothing_was_taken(nodes):
    told: list[object] = []
    nodes[0].control._broadcast = told.append
    nodes[0].limits.tell()
    nodes[0].send(1)
    nodes[0].limits.tell()
    nodes[0].limits.tell()
    assert len(told) == 1


def test_a_limit_that_is_off_stays_off():
    rate = MessageRate(0, 10)
    rate.used_elsewhere({"u_ann": 100})
    assert not rate.wait("u_ann")


def test_alone_nothing_is_kept():
    rate = MessageRate(1, 10)
    rate.wait("u_ann")
    assert rate.used() == {}
