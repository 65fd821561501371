"""News for all nodes: a log-out, a new name."""

import asyncio
from functools import partial
from typing import Any

import pytest

from chat_app.broker.news import Control as ControlNews
from chat_app.chat import sessions as sessions_module
from chat_app.chat.control import Control
from chat_app.chat.members import Members
from chat_app.chat.moderation import Moderation
from chat_app.chat.news import News
from chat_app.chat.rights import Visitor
from chat_app.chat.sessions import Sessions
from chat_app.chat.users import Users
from chat_app.config import Storage
from chat_app.errors import Banned, ChatError
from chat_app.models import Account, User
from chat_app.store import open_store
from tests.chat.nodes import ANN, Member, open_house, until


@pytest.fixture
async def store(tmp_path):
    store = await open_store(Storage(folder=str(tmp_path)))
    yield store
    await store.close()


@pytest.fixture
async def control(store, new_broker):
    """control(): that of another node, which hears the others."""
    open_now: list[Any] = []

    async def control():
        broker = new_broker()
        control = Control(broker.broadcast)
        joined: list[bool] = []
        control.on_missed(lambda: joined.append(True))
        news = News(broker, store, control)
        open_now.append((news, broker))
        news.start()
        await until(lambda: joined)
        return control

    yield control
    for news, broker in open_now:
        await news.close()
        await broker.close()


async def test_a_topic_is_heard_on_other_nodes_as_what_it_is(control):
    ann, ben = await control(), await control()
    heard: list[Any] = []
    for name, node in (("ann", ann), ("ben", ben)):
        node.on("users", list[User], lambda users, name=name: heard.append((name, users)))
    ann.tell("nobody listens", 1)
    ann.tell("users", [ANN])
    await until(lambda: heard)
    assert heard == [("ben", [ANN])]


async def test_what_is_not_understood_is_left(control):
    ben = await control()
    heard: list[Any] = []
    ben.on("users", list[User], heard.append)
    ben.heard(ControlNews("users", b"\xc1"))
    ben.heard(ControlNews("users", b"\x01"))
    assert not heard


async def test_a_session_that_ends_on_one_node_ends_on_all(control, store):
    here, there = [Sessions(store.accounts, await control()) for _ in range(2)]
    account = Account(ANN, "hash", False)
    await store.accounts.make(account, ["ann"], None)
    tokens = [await here.start(account, "Firefox") for _ in range(2)]
    first, second = [await there.find(token) for token in tokens]
    assert first is not None
    assert second is not None
    ended: list[Any] = []
    for node in (here, there):
        for session in (first, second):
            node.watch(session.id, partial(ended.append, (node, session.id)))
    await here.end(ANN, [first.id])
    await until(lambda: len(ended) == 2)
    assert ended == [(here, first.id), (there, first.id)]
    there.end_guest(User("u_guest", "Guest"))
    late: list[bool] = []
    await until(lambda: "u_guest" in here._ended)
    here.watch("u_guest", lambda: late.append(True))
    assert late


async def test_an_end_that_was_missed_is_found_when_news_come_again(store, monkeypatch):
    monkeypatch.setattr(sessions_module, "SWEEP_SECONDS", 3600)
    control = Control()
    here, there = Sessions(store.accounts), Sessions(store.accounts, control)
    account = Account(ANN, "hash", False)
    await store.accounts.make(account, ["ann"], None)
    session = await there.find(await here.start(account, "Firefox"))
    assert session is not None
    ended: list[Any] = []
    there.watch(session.id, lambda: ended.append(True))
    await here.end(ANN, [session.id])
    sweep = asyncio.create_task(there.sweep_for_ever())
    control.missed()
    await until(lambda: ended)
    sweep.cancel()


async def test_a_new_name_is_known_on_all_nodes(control, store):
    here, there = [Users(store.accounts, await control()) for _ in range(2)]
    renamed: list[User] = []
    there.watch(ANN.id, renamed.append)
    anna = await here.rename(ANN, "Anna")
    await until(lambda: renamed)
    assert renamed == [anna]
    assert there.newest(ANN) == anna


async def test_who_is_kicked_on_one_node_is_put_out_on_all(control, store):
    class Kicked(Member):
        def put_out(self, refusal: ChatError) -> None:
            out.append(refusal)

    out: list[ChatError] = []
    acts, open_now = [], []
    for _ in range(2):
        house = open_house(store)
        acts.append(Moderation(store, house, Members(store, house), await control()))
        member = Kicked()
        room = await house.open("lobby")
        room.presence.enter(member, ANN)
        open_now.append((house, room, member))
    owner = Visitor(User("u_owner", "Owner"), account=True, owner=True)
    await acts[0].kick(owner, "lobby", ANN.id)
    await until(lambda: len(out) == 2)
    assert all(isinstance(refusal, Banned) for refusal in out)
    for house, room, member in open_now:
        room.presence.leave(member, ANN.id)
        house.release(room)
        await house.close()
