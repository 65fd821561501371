"""How much of one connection is served before it has taken, or was given, what it is owed."""

import asyncio

import pytest

from chat_app import keys
from chat_app.chat.behind import DRAINED_BYTES
from chat_app.ws.connection import IN_FLIGHT
from tests.clients import settled


@pytest.fixture
async def alice(join):
    return await join("lobby", "alice")


@pytest.fixture
async def of_alice(app, alice):
    """The server's end of her socket."""
    (conn,) = app[keys.CONNECTIONS]
    return conn


@pytest.fixture
def commits(app, monkeypatch):
    """An event, until which nothing is committed."""
    store, go_on = app[keys.STORE], asyncio.Event()
    append = store.append

    async def held(drafts):
        await go_on.wait()
        return await append(drafts)

    monkeypatch.setattr(store, "append", held)
    yield go_on
    go_on.set()


async def test_so_many_posts_wait_for_their_commit_and_no_more(alice, of_alice, commits):
    for round in "ab":  # it must wait anew each time, not only at first
        commits.clear()
        posts = [f"number-{round}-{number:04}" for number in range(IN_FLIGHT + 20)]
        for id in posts:
            await alice.send({"type": "post", "id": id, "message": "hi"})
        await settled()
        assert of_alice.room.posting == IN_FLIGHT
        commits.set()
        assert [(await alice.expect("ack"))["id"] for _ in posts] == posts


async def test_who_does_not_read_is_asked_no_more(alice, of_alice):
    for number in range(20):
        await alice.post("x" * 4000, id=f"number-{number:04}")
    await alice.messages(20)
    transport = alice.ws._conn.transport
    for _ in range(2):  # it must wait anew each time, not only at first
        transport.pause_reading()
        pages = [f"page-{number:04}" for number in range(400)]  # 32 MB, more than a socket holds
        for id in pages:
            await alice.send({"type": "history", "id": id, "limit": 20})
        await settled()
        assert DRAINED_BYTES < of_alice.backlog() < DRAINED_BYTES + 100_000  # one page beyond it
        assert not of_alice.is_read
        transport.resume_reading()
        assert [(await alice.expect("history"))["id"] for _ in pages] == pages
