"""What every broker promises: the contract of `chat_app.broker.Broker`."""

from chat_app.broker import open_broker
from chat_app.broker.news import Committed, Control, People, Signal
from chat_app.config import Broker
from chat_app.models import Appended, Event, User
from tests.chat.nodes import until

ANN = User("u_ann", "Ann 안녕")


def event(seq, room="lobby"):
    return Event(room, seq, f"id-{seq:06}", ANN, f"{seq} 😀\n", 1_000)


def new(*events):
    return [Appended(each, False) for each in events]


async def test_nodes_that_follow_a_room_hear_its_news_and_the_teller_does_not(node):
    ann, ben, carol = await node(), await node(), await node()
    for ears in (ann, ben):
        await ears.follow("lobby")
    await carol.follow("other")
    told = [Signal("u_ann", b"\x81\x00"), People(2, [ANN], ["u_ben"], whole=True, asking=True)]
    for news in told:
        ann.broker.publish("lobby", news)
    await until(lambda: len(ben.news) == 2)
    assert [(node, room) for node, room, _ in ben.news] == [(ann.broker.name, "lobby")] * 2
    assert [type(news) for *_, news in ben.news] == [Signal, People]
    people = ben.news[1][2]
    assert (people.count, list(people.joined), list(people.left)) == (2, [ANN], ["u_ben"])
    assert people.whole and people.asking
    carol.broker.publish("lobby", Signal("u_ann", b"from outside"))
    await until(lambda: len(ann.news) == 1)
    assert not carol.news


async def test_what_was_committed_is_told_by_room_and_in_order(node):
    ann, ben, carol = await node(), await node(), await node()
    await ben.follow("lobby", "회의 😀")
    await carol.follow("회의 😀")
    batch = [event(seq, room) for seq in range(1, 101) for room in ("lobby", "회의 😀", "none")]
    ann.broker.committed(new(*batch[:150]))
    ann.broker.committed(new(*batch[150:]))

    def heard(ears, room):
        return [each for _, key, news in ears.news if key == room for each in news.events]

    await until(lambda: len(heard(ben, "lobby") + heard(ben, "회의 😀")) == 200)
    await until(lambda: len(heard(carol, "회의 😀")) == 100)
    for ears, room in ((ben, "lobby"), (ben, "회의 😀"), (carol, "회의 😀")):
        assert heard(ears, room) == [event(seq, room) for seq in range(1, 101)]
    assert not heard(carol, "lobby")
    assert all(isinstance(news, Committed) for *_, news in ben.news)


async def test_duplicates_are_no_news(node):
    ann, ben = await node(), await node()
    await ben.follow("lobby")
    ann.broker.committed([Appended(event(1), True)])
    ann.broker.committed([Appended(event(1), True), Appended(event(2), False)])
    await until(lambda: ben.news)
    assert ben.news == [(ann.broker.name, "lobby", Committed([event(2)]))]


async def test_a_room_that_is_followed_no_more_is_not_heard(node):
    ann, ben = await node(), await node()
    await ben.follow("lobby", "other")
    ben.broker.unfollow("lobby")
    await ben.follow("third")  # after that
    for room in ("lobby", "other"):
        ann.broker.publish(room, Signal("u_ann", b""))
    await until(lambda: ben.news)
    assert [room for _, room, _ in ben.news] == ["other"]


async def test_one_that_follows_again_is_told_from_when_on(node):
    ann, ben = await node(), await node()
    await ben.follow("lobby")
    ben.broker.unfollow("lobby")
    await ben.follow("lobby")
    ann.broker.publish("lobby", Signal("u_ann", b""))
    await until(lambda: ben.news)
    assert len(ben.news) == 1


async def test_control_news_reach_all_other_nodes(node):
    ann, ben, carol = await node(), await node(), await node()
    ann.broker.broadcast(Control("ended", b"\x00\xff"))
    await until(lambda: ben.control and carol.control)
    assert ben.control == carol.control == [(ann.broker.name, Control("ended", b"\x00\xff"))]
    assert not ann.control


async def test_each_node_knows_which_others_are_alive(node):
    ann = await node()
    ben = await node()
    await until(lambda: ann.broker.name in ben.nodes)
    assert ben.nodes.keys() == {ann.broker.name}
    assert ben.nodes[ann.broker.name] > 0


async def test_one_process_is_alone_and_does_nothing():
    broker = open_broker(Broker(), "an-epoch")
    assert broker.alone
    broker.follow("lobby")
    broker.committed(new(event(1)))
    broker.publish("lobby", Signal("u_ann", b""))
    broker.broadcast(Control("ended", b""))
    broker.unfollow("lobby")
    await broker.close()


async def test_the_url_says_which():
    broker = open_broker(Broker(url="redis://127.0.0.1:1"), "an-epoch")
    assert not broker.alone
    await broker.close()
