"""Floods: each is refused with its code, and others in the room notice nothing."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession, TCPConnector, WSServerHandshakeError

PROXY = "server.trusted_proxies=127.0.0.0/8"
FLOOD = {"X-Forwarded-For": "198.51.100.1"}


@pytest.fixture
def settings(more):
    return [PROXY, *more]


@asynccontextmanager
async def others(browse, at_most=1_000_000):
    """Ann and Ben talk as long as the block lasts, from another address; then see what came."""
    ann, ben = browse(), browse()
    for browser in (ann, ben):
        browser.session.headers["X-Forwarded-For"] = "192.0.2.1"
    await ann.register("Ann")
    speaker, listener = await ann.join(), await ben.join()
    said: list[int] = []

    async def talk():
        for _ in range(at_most):
            said.append((await speaker.post(f"message {len(said)}"))["seq"])
            await speaker.messages(1)

    talking = asyncio.create_task(talk())
    yield
    while len(said) < 5:
        await asyncio.sleep(0.01)
    talking.cancel()
    # Whatever Ann was told is in the log, Ben has, in order and without a gap.
    heard: list[dict[str, Any]] = []
    while not heard or heard[-1]["seq"] < said[-1]:
        heard.append(await listener.expect("message"))
    assert [each["seq"] for each in heard] == list(range(1, len(heard) + 1))
    assert [each["seq"] for each in heard if each["user"]["name"] == "Ann"][: len(said)] == said


@pytest.mark.parametrize("more", [["limits.message_burst=10", "limits.message_rate=0.001"]])
async def test_sixty_messages_at_once(browse):
    flooder = browse()
    flooder.session.headers.update(FLOOD)
    # One bucket for all of one's sockets and forms.
    sockets = [await flooder.join() for _ in range(3)]
    codes: Counter[str] = Counter()
    async with others(browse, at_most=10):
        for number in range(60):
            frame = {"type": "post", "id": f"flood-{number:03}", "message": "flood"}
            await sockets[number % 3].send(frame)
        for socket in sockets:
            answered: set[str] = set()
            while len(answered) < 20:
                frame = await socket.next()
                if frame["type"] in ("ack", "error"):
                    answered.add(frame["id"])
                    codes[frame.get("code", "ack")] += 1
                    assert frame["type"] == "ack" or int(frame["retry_ms"]) > 0
    assert codes == {"ack": 10, "rate_limited": 50}


@pytest.mark.parametrize("more", [["limits.message_rate=0"]])
@pytest.mark.parametrize(("names", "most"), [(1, 10), (1000, 100)])
async def test_a_thousand_log_in_tries(browse, names, most, monkeypatch):
    monkeypatch.setattr("chat_app.chat.passwords.KIBIBYTES", 64)
    thief, at_once = browse(), asyncio.Semaphore(20)
    thief.session.headers.update(FLOOD)
    answers: Counter[int] = Counter()

    async def guess(number):
        name = "Ann" if names == 1 else f"name {number}"
        async with at_once:
            answer = await thief.log_in(name, f"guess {number}")
        answers[answer.status] += 1
        assert answer.status == 403 or int(answer.headers["Retry-After"]) > 0

    async with others(browse):
        await asyncio.gather(*(guess(number) for number in range(1000)))
    assert answers == {403: most, 429: 1000 - most}


@pytest.mark.parametrize("more", [["limits.message_rate=0", "limits.connections_per_address=100"]])
async def test_five_hundred_connections_from_one_address(client, browse):
    url = client.make_url("/ws/chat/lobby/")

    async def connect(session):
        try:
            return await session.ws_connect(url, headers=FLOOD)
        except WSServerHandshakeError as refused:
            assert refused.status == 429
            assert refused.headers is not None
            assert int(refused.headers["Retry-After"]) > 0
            return None

    # By itself aiohttp opens a hundred at most.
    async with ClientSession(connector=TCPConnector(limit=0)) as session:
        async with others(browse):
            sockets = await asyncio.gather(*(connect(session) for _ in range(500)))
        open_now = [socket for socket in sockets if socket is not None]
        assert len(open_now) == 100
        # Whoever goes makes room for another.
        await open_now[0].close()
        while (another := await connect(session)) is None:
            await asyncio.sleep(0.01)
        await asyncio.gather(*(socket.close() for socket in [*open_now[1:], another]))
