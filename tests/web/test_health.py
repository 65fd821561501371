"""What operators and load balancers ask."""

import sqlite3

import pytest

from chat_app import keys
from chat_app.chat import health


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Every answer is a new one."""
    monkeypatch.setattr(health, "FRESH_SECONDS", 0)


@pytest.fixture
def ask(client):
    async def ask(path):
        answer = await client.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert not answer.cookies
        return answer.status, await answer.json()

    return ask


class Broken:
    """A connection to the log on which nothing works."""

    in_transaction = False

    def execute(self, *_):
        raise sqlite3.OperationalError("disk I/O error")


async def test_a_server_that_is_well_says_so(ask):
    assert await ask("/healthz") == (200, {"status": "ok", "reasons": {}})
    assert await ask("/readyz") == (200, {"status": "ready", "reasons": {}})


async def test_a_log_that_cannot_be_written_is_said_and_its_readers_stay(ask, app, client):
    store = app[keys.STORE]
    writer, store._writer = store._writer, Broken()
    reasons = {"store_write": "messages are refused"}
    assert await ask("/readyz") == (200, {"status": "degraded", "reasons": reasons})
    async with client.get("/chat/lobby/") as page:
        assert page.status == 200
    store._writer = writer
    assert (await ask("/readyz"))[1]["status"] == "ready"


async def test_a_log_that_cannot_be_read_needs_no_visitors(ask, app):
    store = app[keys.STORE]
    reader, store._reader = store._reader, Broken()
    status, answer = await ask("/readyz")
    assert (status, answer["status"]) == (503, "unready")
    assert "store_read" in answer["reasons"]
    assert (await ask("/healthz"))[0] == 200
    store._reader = reader
    assert (await ask("/readyz"))[0] == 200


async def test_a_server_that_goes_down_takes_no_more_visitors_and_serves_those_it_has(
    ask, app, client
):
    app[keys.DRAIN].ask()
    status, answer = await ask("/readyz")
    assert (status, answer["status"]) == (503, "draining")
    assert answer["reasons"]
    assert await ask("/healthz") == (200, {"status": "draining", "reasons": {}})
    async with client.get("/chat/lobby/") as page:
        assert page.status == 200
