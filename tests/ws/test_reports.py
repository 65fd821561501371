"""`report` on the wire."""

import itertools

import pytest

from chat_app import keys
from chat_app.chat.reports import MOST_REASON_CHARS

_ids = itertools.count()


async def report(person, target, **more):
    """Send a report; return what answers it: "done", or the error's code."""
    id = f"report-{next(_ids):04}"
    await person.send({"type": "report", "id": id, "target": target, **more})
    while (frame := await person.next()).get("id") != id:
        pass
    return frame.get("code", frame["type"])


@pytest.fixture
async def bob(join):
    """Bob, in a room in which Alice has said one thing."""
    alice = await join("lobby", "alice")
    await alice.post("rude")
    return await join("lobby", "bob")


async def test_a_report_is_kept_and_nobody_else_hears_of_it(bob, join, app):
    alice = await join("lobby", "alice")
    assert await report(bob, 1) == "done"
    assert await report(bob, 1, reason=" it is \x07rude\n") == "done"
    (kept,) = await app[keys.STORE].audit.reports("lobby", 9)
    assert (kept.seq, kept.by.id, kept.reason) == (1, bob.welcome["user"]["id"], "it is rude")
    await alice.nothing()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"target": 2}, "no_message"),
        ({"target": 0}, "invalid"),
        ({"target": 1, "reason": 7}, "invalid"),
        ({"target": 1, "reason": "x" * (MOST_REASON_CHARS + 1)}, "too_long"),
        ({"target": 1, "reason": "\0"}, "malformed"),
    ],
)
async def test_what_cannot_be_reported_is_refused(bob, app, fields, code):
    assert await report(bob, **fields) == code
    assert await app[keys.STORE].audit.reports("lobby", 9) == []


async def test_what_is_deleted_cannot_be_reported_any_more(bob, join, app):
    alice = await join("lobby", "alice")
    await alice.send({"type": "delete", "id": "delete-01", "target": 1})
    await alice.expect("ack")
    assert await report(bob, 1) == "no_message"
