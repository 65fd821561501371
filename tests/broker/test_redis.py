"""What becomes of a Redis that is gone, cut off, stopped or empty; and of nodes likewise."""

import asyncio
import signal

import pytest
from redis.asyncio import Connection

from chat_app.broker import redis as redis_module
from chat_app.broker.news import Control, Signal
from chat_app.broker.redis import RedisBroker, engine_of
from tests.broker.conftest import Ears
from tests.chat.nodes import until

SIGN = Signal("u_ann", b"")


@pytest.fixture(autouse=True)
def pace(monkeypatch):
    monkeypatch.setattr(redis_module, "AGAIN_SECONDS", 0.02)


@pytest.fixture
async def new_ears(redis):
    """new_ears(): the ears of another node, which may not be heard yet."""
    open_now = []

    def new_ears(epoch="an-epoch"):
        ears = Ears(RedisBroker(redis.url, epoch))
        open_now.append(ears.broker)
        ears.broker.listen(ears)
        return ears

    yield new_ears
    for broker in open_now:
        await broker.close()


@pytest.fixture
async def pair(new_ears):
    ann, ben = new_ears(), new_ears()
    await until(lambda: ann.joins and ben.joins)
    await ben.follow("lobby", "other")
    return ann, ben


def lines(caplog):
    return [record.getMessage() for record in caplog.records]


async def hears_again(ann, ben, rooms=("lobby", "other")):
    """Wait until both have been told that there are news again, and there are."""
    await until(lambda: ann.joins > 1 and ben.joins > 1 and set(rooms) <= set(ben.rooms))
    ben.news.clear()

    def hears():
        ann.broker.publish("lobby", Signal("u_ann", b"again"))
        return (ann.broker.name, "lobby", Signal("u_ann", b"again")) in ben.news

    await until(hears)


async def test_an_engine_that_is_gone_is_joined_when_it_is_back(redis, pair, caplog):
    ann, ben = pair
    ben.rooms.clear()
    redis.kill()
    await until(lambda: len(lines(caplog)) == 2)  # one for each node, however often they try
    ann.broker.publish("lobby", SIGN)  # lost
    ann.broker.broadcast(Control("ended", b""))
    ben.broker.unfollow("other")
    ben.broker.follow("third")
    redis.start()
    await hears_again(ann, ben, ("lobby", "third"))
    assert "other" not in ben.rooms
    assert not ben.control
    said = lines(caplog)
    assert [("cannot" in line, "again" in line) for line in said] == [(True, False)] * 2 + [
        (False, True)
    ] * 2
    assert all(f"127.0.0.1:{redis.port}" in line for line in said)


async def test_a_cut_link_is_not_silent(redis, pair):
    ann, ben = pair
    for kind in ("pubsub", "normal"):
        ann.joins, ben.joins = 1, 1
        ben.rooms.clear()
        assert int(redis.ask(f"CLIENT KILL TYPE {kind} SKIPME yes").lstrip(":")) == 2
        ann.broker.publish("lobby", SIGN)
        ben.broker.publish("lobby", SIGN)
        await hears_again(ann, ben)


async def test_a_link_that_is_lost_while_a_command_is_sent_is_no_fault_of_ours(
    pair, caplog, monkeypatch
):
    _, ben = pair
    send = Connection._send_packed_command
    lost: list[Connection] = []

    async def lose(self, command):
        if not lost and b"third" in b"".join(command):
            lost.append(self)
            await self.disconnect(nowait=True)  # as `_hear` does, which reads beside us
        await send(self, command)

    monkeypatch.setattr(Connection, "_send_packed_command", lose)
    ben.broker.follow("third")
    await until(lambda: ben.joins > 1)
    assert lost
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_link_that_the_engine_closes_while_it_is_made_is_no_fault_of_ours(
    redis, new_ears, caplog, monkeypatch
):
    send = Connection._send_packed_command
    lost: list[Connection] = []

    async def close(self, command):
        if not lost:
            lost.append(self)
            self._writer.transport.abort()
            await asyncio.sleep(0.01)  # uvloop refuses a write once its handle is closed
        await send(self, command)

    monkeypatch.setattr(Connection, "_send_packed_command", close)
    ears = new_ears()
    await until(lambda: ears.joins)
    assert lost
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_an_engine_that_cannot_be_reached_at_first_is_joined_later(redis, new_ears, caplog):
    redis.kill()
    ears = new_ears()
    await until(lambda: lines(caplog))
    assert not ears.joins
    redis.start()
    await until(lambda: ears.joins == 1)
    assert len(lines(caplog)) == 2


async def test_an_engine_that_does_not_answer_is_given_up(redis, pair, caplog, monkeypatch):
    ann, ben = pair
    ben.rooms.clear()
    redis.signal(signal.SIGSTOP)
    with monkeypatch.context() as patch:
        patch.setattr(redis_module, "RENEW_SECONDS", 0.05)
        patch.setattr(redis_module, "SILENT_SECONDS", 0.0)
        for ears in (ann, ben):
            ears.broker._wake.set()
            ears.broker._renew_at = 0.0
        await until(lambda: len(lines(caplog)) == 2)
    redis.signal(signal.SIGCONT)
    await hears_again(ann, ben)


async def test_a_lease_is_the_engines_and_runs_out(redis, new_ears, monkeypatch):
    monkeypatch.setattr(redis_module, "LEASE_SECONDS", 1.0)
    monkeypatch.setattr(redis_module, "RENEW_SECONDS", 0.1)
    ann, ben = new_ears(), new_ears()
    await until(lambda: ben.broker.name in ann.nodes)
    assert 0 < ann.nodes[ben.broker.name] <= 1.0
    await ben.broker.close()
    await until(lambda: ben.broker.name not in ann.nodes)


async def test_a_node_that_had_been_taken_for_dead_says_all_again(redis, new_ears, monkeypatch):
    monkeypatch.setattr(redis_module, "RENEW_SECONDS", 0.05)
    ann = new_ears()
    await until(lambda: ann.joins)
    before = ann.joins
    await until(lambda: redis.ask("DEL chat:an-epoch:nodes") == ":1")
    await until(lambda: ann.joins > before)


async def test_logs_that_share_an_engine_do_not_mix(new_ears):
    ann, ben = new_ears("one"), new_ears("two")
    other = new_ears("two")
    await until(lambda: ann.joins and ben.joins and other.joins)
    for ears in (ann, ben, other):
        await ears.follow("lobby")
    ann.broker.publish("lobby", SIGN)
    ann.broker.broadcast(Control("ended", b""))
    other.broker.publish("lobby", SIGN)
    await until(lambda: ben.news)
    assert [node for node, *_ in ben.news] == [other.broker.name]
    assert not ben.control
    assert ann.broker.name not in ben.nodes


async def test_what_is_of_another_version_is_a_reason_to_look(redis, pair):
    _, ben = pair
    ben.rooms.clear()
    for news in ("0123456789abcdefwhat", "short", ""):
        redis.ask(f'PUBLISH chat:an-epoch:room:lobby "{news}"')
        redis.ask(f'PUBLISH chat:an-epoch:all "{news}"')
    await until(lambda: ben.rooms == ["lobby"] * 3)
    assert not ben.news
    assert not ben.control


async def test_an_engine_that_is_too_slow_is_given_up_and_memory_is_bounded(
    redis, pair, caplog, monkeypatch
):
    monkeypatch.setattr(redis_module, "MOST_WAITING", 10)
    ann, ben = pair
    ben.rooms.clear()
    for _ in range(50):
        ann.broker.publish("lobby", SIGN)
        assert len(ann.broker._waiting) <= 10
    await until(lambda: "too slowly" in caplog.text)
    await until(lambda: ann.joins > 1)
    ann.broker.publish("lobby", Signal("u_ann", b"again"))
    await until(lambda: Signal("u_ann", b"again") in [news for *_, news in ben.news])


async def test_many_rooms_and_news_are_many_commands(pair, monkeypatch):
    monkeypatch.setattr(redis_module, "AT_ONCE", 7)
    ann, ben = pair
    rooms = [f"room {number}" for number in range(100)]
    await ben.follow(*rooms)
    for room in rooms:
        ann.broker.publish(room, SIGN)
    await until(lambda: len(ben.news) == 100)
    assert [room for _, room, _ in ben.news] == rooms


async def test_closing_before_and_while_connecting_ends_at_once(redis, new_ears):
    for turns in (0, 1, 3, 10):
        ears = new_ears()
        for _ in range(turns):
            await asyncio.sleep(0)
        await ears.broker.close()
        assert ears.broker._task.done()


def test_the_password_is_not_said():
    assert engine_of("redis://:secret@db.example:6380/1") == "db.example:6380"
    assert engine_of("rediss://user:secret@db.example") == "db.example:6379"
