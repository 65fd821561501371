"""`delete` on the wire, for all kinds of clients."""

import pytest

from tests.clients import settled


@pytest.fixture
async def alice(join):
    """Alice, who has said one, two and three."""
    alice = await join("lobby", "alice")
    for text in ("one", "two", "three"):
        await alice.post(text)
    await alice.messages(3)
    return alice


async def delete(person, target, id="delete-01", answer="ack"):
    await person.send({"type": "delete", "id": id, "target": target})
    return await person.expect(answer, id=id)


async def test_a_deletion_is_acknowledged_and_shown_to_full_clients(alice, join):
    bob = await join("lobby", "bob")
    await alice.send({"type": "delete", "id": "delete-01", "target": 2})
    ack = await alice.expect("ack", id="delete-01")
    assert ack == {
        "type": "ack", "id": "delete-01", "seq": 4, "at": ack["at"], "duplicate": False
    }  # fmt: skip
    for person in (alice, bob):
        assert await person.expect("delete") == {
            "type": "delete",
            "room": "lobby",
            "seq": 4,
            "id": "delete-01",
            "user": alice.welcome["user"],
            "target": 2,
            "at": ack["at"],
        }


async def test_a_bare_client_gets_messages_and_nothing_else(alice, join):
    bare = await join("lobby", "bare", bare=True)
    await delete(alice, 2)
    await alice.post("four")
    assert (await bare.next())["message"] == "four"


async def test_history_and_resume_have_a_tombstone(alice, join):
    await delete(alice, 2)
    bob = await join("lobby", "bob", epoch=alice.welcome["epoch"], since=0)
    assert (await bob.next())["type"] == "resumed"
    resumed = [await bob.next() for _ in range(4)]
    await bob.send({"type": "history", "id": "history-1"})
    page = (await bob.expect("history"))["events"]
    assert resumed == page
    assert [(event["type"], event["seq"]) for event in page] == [
        ("message", 1),
        ("message", 2),
        ("message", 3),
        ("delete", 4),
    ]
    assert page[1] == {
        "type": "message",
        "room": "lobby",
        "seq": 2,
        "id": page[1]["id"],
        "user": alice.welcome["user"],
        "message": "",
        "at": page[1]["at"],
        "deleted": True,
    }
    assert "deleted" not in page[0]


async def test_somebody_elses_message_is_not_ones_own_to_delete(alice, join):
    bob = await join("lobby", "bob")
    refusal = await delete(bob, 2, answer="error")
    assert refusal["code"] == "not_allowed"
    await alice.nothing()


async def test_deleting_twice_is_acknowledged_twice_and_shown_once(alice):
    await delete(alice, 2)
    await alice.expect("delete")
    for id in ("delete-01", "delete-02"):
        again = await delete(alice, 2, id)
        assert (again["seq"], again["duplicate"]) == (4, True)
    await alice.nothing()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"target": 9}, "no_message"),
        ({"target": 0}, "invalid"),
        ({"target": 2**53}, "invalid"),
        ({"target": "2"}, "invalid"),
        ({}, "invalid"),
        ({"target": 2, "id": "short"}, "invalid"),
    ],
)
async def test_what_cannot_be_deleted_is_refused(alice, fields, code):
    await alice.send({"type": "delete", "id": "delete-01", **fields})
    refusal = await alice.next()
    assert (refusal["type"], refusal["code"]) == ("error", code)
    await alice.nothing()


async def test_a_bare_client_cannot_delete_by_accident(alice, join):
    """What it sends is what it says, whatever the frame's type."""
    bare = await join("lobby", "bare", bare=True)
    await bare.send({"type": "delete", "target": 1, "message": "hi"})
    assert (await alice.expect("message"))["message"] == "hi"
    await settled()
    await alice.nothing()
