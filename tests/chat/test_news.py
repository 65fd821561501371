"""Nodes over one log: what is said, who is there and who types on one is seen on the others.

Each test runs with nodes that hear each other in memory, and by way of a real Redis.
"""

import pytest

from chat_app.broker.news import RoomNews, Signal
from chat_app.broker.redis import RedisBroker
from chat_app.chat import news as news_module
from chat_app.chat import presence
from chat_app.chat.control import Control
from chat_app.chat.news import News
from chat_app.config import Storage
from chat_app.models import User
from chat_app.store import open_store
from tests.chat.nodes import ANN, Member, drafts, open_house, say, until

BEN, CAT = User("u_ben", "Ben"), User("u_cat", "Cat")


class Listening(News):
    """News that are written down too."""

    def __init__(self, *args):
        super().__init__(*args)
        self.all_heard: list[RoomNews] = []
        self.is_heard = False
        self.all_followed: set[str] = set()

    def joined(self):
        self.is_heard = True
        super().joined()

    def followed(self, room_keys):
        self.all_followed.update(room_keys)
        super().followed(room_keys)

    def unfollow(self, room_key):
        self.all_followed.discard(room_key)
        super().unfollow(room_key)

    def heard(self, node, room_key, news):
        self.all_heard.append(news)
        super().heard(node, room_key, news)


class Node:
    """A node: a broker, rooms, and the people who sit at it."""

    def __init__(self, store, broker):
        self.broker = broker
        self.store = store
        self.control = Control(broker.broadcast)
        self.news = Listening(broker, store, self.control)
        self.heard = self.news.all_heard
        self.house = open_house(store, self.news)
        self.news.start()
        self.open = []

    async def join(self, user=None, name="lobby"):
        """Return (room, member) of somebody who comes in on this node, which hears of it."""
        room = await self.house.open(name)
        await until(lambda: self.news.is_heard and room.key in self.news.all_followed)
        member = Member()
        if user is not None:
            room.presence.enter(member, user)
        room.join(member, room.top)
        self.open.append((room, member, user))
        return room, member

    def leave(self, member):
        (row,) = (row for row in self.open if row[1] is member)
        self.open.remove(row)
        room, _, user = row
        room.leave(member)
        if user is not None:
            room.presence.leave(member, user.id)
        self.house.release(room)

    async def close(self):
        """Go away without a word, as a node that is killed does."""
        for _, member, _ in tuple(self.open):
            self.leave(member)
        await self.house.close()
        await self.news.close()
        await self.broker.close()


@pytest.fixture
async def store(tmp_path):
    store = await open_store(Storage(folder=str(tmp_path)))
    yield store
    await store.close()


@pytest.fixture
async def node(store, new_broker):
    nodes = []

    def node():
        nodes.append(Node(store, new_broker()))
        return nodes[-1]

    yield node
    for each in nodes:
        await each.close()


@pytest.fixture(autouse=True)
def pace(monkeypatch):
    """Nothing of this is awaited for seconds; and the store is not asked for news."""
    monkeypatch.setattr(presence, "PACE_SECONDS", 0.01)
    monkeypatch.setattr(news_module, "PACE_SECONDS", 0.01)
    monkeypatch.setattr(news_module, "COMPARE_SECONDS", 3600)


def present(room):
    return sorted(user.name for user in room.presence._present.values())


async def test_what_is_said_on_each_node_is_shown_on_all_in_one_order(node):
    nodes = [node() for _ in range(3)]
    seats = [await each.join() for each in nodes]
    for turn in range(20):
        for number, each in enumerate(nodes):
            await say(each.house, seats[number][0], "abc"[: 1 + turn % 3])
    total = sum(3 * (1 + turn % 3) for turn in range(20))
    await until(lambda: all(len(member.got) == total for _, member in seats))
    everything = [
        f"{event.seq}:{event.message}" for event in await nodes[0].store.events("lobby", limit=1000)
    ]
    for _, member in seats:
        assert member.got == everything


async def test_what_is_said_is_heard_of_and_not_read(node, store, monkeypatch):
    ann, ben = node(), node()
    (room, _), (other, member) = await ann.join(), await ben.join()
    await say(ann.house, room, "a")
    await until(lambda: member.got == ["1:a"])

    async def never(*args, **kwargs):
        raise AssertionError("read")

    monkeypatch.setattr(store, "events", never)
    for letter in "bcdef":
        await say(ann.house, room, letter)
    await until(lambda: len(member.got) == 6)
    assert other.top == 6


async def test_what_was_not_heard_of_is_found_by_comparing_the_tops(node, monkeypatch):
    monkeypatch.setattr(news_module, "COMPARE_SECONDS", 0.01)
    ann, ben = node(), node()
    (room, _), (_, member), (_, quiet) = (
        await ann.join(),
        await ben.join(),
        await ben.join(name="quiet"),
    )
    ann.news.committed = lambda outcome: None
    await say(ann.house, room, "abc")
    await until(lambda: member.got == ["1:a", "2:b", "3:c"])
    assert not quiet.got


async def test_what_came_before_a_room_was_followed_is_found_at_once(node, store):
    ann = node()
    room, member = await ann.join()
    await until(lambda: not ann.news._unsure and room.key in ann.news._rooms)
    await store.append(drafts("ab"))
    ann.news.followed(["lobby", "another"])
    await until(lambda: member.got == ["1:a", "2:b"])


async def test_a_node_without_members_of_a_room_does_no_work_for_it(node, store):
    ann, ben, idle = node(), node(), node()
    (room, _), (_, member) = await ann.join(ANN), await ben.join()
    _, elsewhere = await idle.join(CAT, "elsewhere")
    for _ in range(30):
        await say(ann.house, room, "abc")
    await until(lambda: len(member.got) == 90)
    await say(ben.house, (await ben.join(name="elsewhere"))[0], "z")
    await until(lambda: elsewhere.got == ["1:z"])  # after all else
    rooms = {event.room_key for each in idle.heard for event in getattr(each, "events", ())}
    assert rooms == {"elsewhere"}
    assert len(idle.heard) <= 3  # that, and who is there
    assert len(ben.heard) > 10


async def test_a_room_that_is_left_is_followed_no_more(node):
    ann, ben = node(), node()
    (room, _), (_, member) = await ann.join(), await ben.join()
    await say(ann.house, room, "a")
    await until(lambda: member.got)
    ben.leave(member)
    _, elsewhere = await ben.join(name="elsewhere")
    await say(ann.house, room, "b")
    await say(ann.house, (await ann.join(name="elsewhere"))[0], "z")
    await until(lambda: elsewhere.got)
    heard = [event.message for each in ben.heard for event in getattr(each, "events", ())]
    assert heard == ["a", "z"]
    _, member = await ben.join()
    await say(ann.house, room, "c")
    await until(lambda: member.got == ["3:c"])


async def test_the_first_message_names_the_room_on_all_nodes(node):
    ann, ben = node(), node()
    (shouted, _), (room, member) = await ann.join(name="LOBBY"), await ben.join()
    shouted.name = "LOBBY"
    (draft,) = drafts("a")
    (first,) = await ann.store.append([type(draft)("lobby", "LOBBY", *_rest(draft))])
    ann.news.committed([first])
    await until(lambda: member.got and room.name == "LOBBY")


def _rest(draft):
    return draft.id, draft.author, draft.message, draft.at


async def test_who_is_there_is_seen_on_all_nodes(node):
    ann, ben = node(), node()
    (here, anns), (there, bens) = await ann.join(ANN), await ben.join(BEN)
    await until(lambda: present(here) == present(there) == ["Ann", "Ben"])
    await until(lambda: "join ['Ben'] of 2" in anns.signals + bens.signals)
    there.presence.rename(User("u_ben", "Benjamin"))
    await until(lambda: present(here) == ["Ann", "Benjamin"])
    carol = node()
    late, _ = await carol.join()
    await until(lambda: present(late) == ["Ann", "Benjamin"])


async def test_one_who_is_on_two_nodes_is_one_and_is_gone_with_the_second(node, monkeypatch):
    monkeypatch.setattr(presence, "GRACE_SECONDS", 0)
    ann, ben = node(), node()
    (here, _), (there, tab) = await ann.join(ANN), await ben.join(BEN)
    _, other = await ann.join(BEN)
    await ben.join(CAT)
    await until(lambda: present(here) == present(there) == ["Ann", "Ben", "Cat"])
    ben.leave(tab)
    await ben.join(User("u_dan", "Dan"))
    await until(lambda: present(here) == ["Ann", "Ben", "Cat", "Dan"] == present(there))
    ann.leave(other)
    await until(lambda: present(here) == present(there) == ["Ann", "Cat", "Dan"])


async def test_one_who_reloads_is_not_gone_on_other_nodes(node):
    ann, ben = node(), node()
    (here, anns), (_, tab) = await ann.join(ANN), await ben.join(BEN)
    await until(lambda: present(here) == ["Ann", "Ben"])
    ben.leave(tab)  # the only one there: its room is closed, and opened again
    await ben.join(BEN)
    await ben.join(CAT)
    await until(lambda: present(here) == ["Ann", "Ben", "Cat"])
    assert not [frame for frame in anns.signals if frame.startswith("leave")]
    ben.news._left["lobby"][0].cancel()
    ben.news._let_go("lobby")
    await ben.join(User("u_dan", "Dan"))
    await until(lambda: present(here) == ["Ann", "Ben", "Cat", "Dan"])
    assert not [frame for frame in anns.signals if frame.startswith("leave")]


async def test_one_who_does_not_come_back_is_gone_though_others_came(node):
    ann, ben = node(), node()
    (here, _), (_, tab) = await ann.join(ANN), await ben.join(BEN)
    await until(lambda: present(here) == ["Ann", "Ben"])
    ben.leave(tab)
    await ben.join(CAT)
    await until(lambda: present(here) == ["Ann", "Ben", "Cat"])
    ben.news._left["lobby"][0].cancel()
    ben.news._let_go("lobby")
    await until(lambda: present(here) == ["Ann", "Cat"])


async def test_who_left_as_the_last_on_a_node_is_gone(node, monkeypatch):
    monkeypatch.setattr(news_module, "GRACE_SECONDS", 0)
    ann, ben = node(), node()
    (here, anns), (_, tab) = await ann.join(ANN), await ben.join(BEN)
    await until(lambda: present(here) == ["Ann", "Ben"])
    await until(lambda: "Ben" in "".join(anns.signals))
    ben.leave(tab)
    await until(lambda: present(here) == ["Ann"])
    await until(lambda: "leave ['Ben'] of 1" in anns.signals)


async def test_whoever_missed_something_notices_and_asks(node):
    ann, ben = node(), node()
    (here, _), (there, _) = await ann.join(ANN), await ben.join(BEN)
    await until(lambda: present(here) == ["Ann", "Ben"] == present(there))
    publish, ben.broker.publish = ben.broker.publish, lambda *news: None
    await ben.join(CAT)
    told = ben.news._rooms["lobby"][1]
    await until(lambda: "u_cat" in told._told)
    ben.broker.publish = publish
    await ben.join(User("u_dan", "Dan"))
    await until(lambda: present(here) == ["Ann", "Ben", "Cat", "Dan"])


async def test_people_of_a_node_that_came_back_and_did_not_speak_of_them_are_gone(
    node, monkeypatch
):
    monkeypatch.setattr(news_module, "ANSWER_SECONDS", 0.2)
    ann, ben = node(), node()
    (here, _), (_, tab) = await ann.join(ANN), await ben.join(BEN)
    await ben.join(CAT, "elsewhere")
    elsewhere, _ = await ann.join(name="elsewhere")
    await until(lambda: present(here) == ["Ann", "Ben"] and present(elsewhere) == ["Cat"])
    ben.leave(tab)
    ben.news._left.pop("lobby")[0].cancel()  # its last words are lost with its connection
    ben.news.joined()
    await until(lambda: present(here) == ["Ann"])
    assert present(elsewhere) == ["Cat"]


async def test_people_of_a_node_whose_lease_is_gone_are_hidden(node, monkeypatch):
    ann, ben = node(), node()
    (here, anns), (_, _) = await ann.join(ANN), await ben.join(BEN)
    await until(lambda: present(here) == ["Ann", "Ben"] and ann.news._leases)
    await until(lambda: "Ben" in "".join(anns.signals))
    # Ben's node says no more, what it has said is heard, and nobody else tells of leases.
    publish, ben.broker.publish = ben.broker.publish, lambda *news: None
    publish("lobby", Signal("u_cat", b"the last word"))
    await until(lambda: "the last word" in anns.signals)
    living, ann.news.living = ann.news.living, lambda nodes: None
    living({ben.broker.name: 0.0})
    assert present(here) == ["Ann"]
    assert ann.news._expired == {ben.broker.name}  # and nobody is asked to come back
    await until(lambda: "leave ['Ben'] of 1" in anns.signals)
    ben.broker.publish = publish
    living({ben.broker.name: 14.0})  # it was this node that had been stopped
    await until(lambda: present(here) == ["Ann", "Ben"])


async def test_typing_is_seen_on_other_nodes_but_not_by_oneself(node):
    ann, ben = node(), node()
    (here, anns), (_, bens) = await ann.join(ANN), await ben.join(BEN)
    _, tab = await ben.join(ANN)
    await until(lambda: present(here) == ["Ann", "Ben"])
    ann.news.signal("lobby", ANN.id, b"Ann types")
    ann.news.signal("nowhere", ANN.id, b"Ann types")
    await until(lambda: "Ann types" in bens.signals)
    for _ in range(3):
        ann.news.signal("lobby", ANN.id, b"Ann types")
    ann.news.signal("lobby", CAT.id, b"Cat types")
    await until(lambda: "Cat types" in bens.signals)
    assert bens.signals.count("Ann types") == 1
    assert "Ann types" not in tab.signals
    assert "Cat types" in tab.signals
    assert "Ann types" not in anns.signals


async def test_without_the_engine_messages_come_out_of_the_store_and_all_heals(
    store, redis, monkeypatch
):
    monkeypatch.setattr(news_module, "COMPARE_SECONDS", 0.05)
    nodes = [Node(store, RedisBroker(redis.url, "an-epoch")) for _ in range(2)]
    ann, ben = nodes
    (here, anns), (there, bens) = await ann.join(ANN), await ben.join(BEN)
    await until(lambda: present(here) == ["Ann", "Ben"] == present(there))
    redis.kill()
    await say(ann.house, here, "ab")
    assert anns.got == ["1:a", "2:b"]  # at once
    await say(ben.house, there, "c")
    await until(lambda: anns.got == bens.got == ["1:a", "2:b", "3:c"])
    ben.leave(bens)
    _, late = await _unheard(ben, CAT)
    redis.start()
    await until(lambda: "Cat" in present(here))
    await say(ann.house, here, "d")
    await until(lambda: anns.got[-1] == late.got[-1] == "4:d")
    for node in nodes:
        await node.close()


async def _unheard(node, user):
    """As `Node.join`, of a node that hears nothing."""
    room, member = await node.house.open("lobby"), Member()
    room.presence.enter(member, user)
    room.join(member, 0)
    node.open.append((room, member, user))
    return room, member


async def test_a_door_that_changes_on_one_node_is_read_again_on_all(node):
    ann, ben = node(), node()
    (_, _), (_, bens) = await ann.join(ANN), await ben.join(BEN)
    await until(lambda: bens.renewed == 0 and not ben.house._tasks)
    await ann.house.renew("lobby")
    await until(lambda: bens.renewed == 1)
    await ben.house.renew("lobby")  # and no node answers another for ever
    await until(lambda: ann.open[0][1].renewed == 2)
    assert bens.renewed == 2
