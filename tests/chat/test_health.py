"""Parts that are asked how they are."""

import asyncio

import pytest

from chat_app.chat import health
from chat_app.chat.health import Health, Part
from chat_app.errors import StoreUnavailable


class Engine:
    """Something that visitors need: how often it was asked, and what it answers."""

    def __init__(self):
        self.asked = 0
        self.error = None
        self.free = asyncio.Event()
        self.free.set()

    async def check(self):
        self.asked += 1
        await self.free.wait()
        if self.error is not None:
            raise self.error


@pytest.fixture
def engine():
    return Engine()


@pytest.fixture
def part(engine):
    return Part("engine", "nothing moves", engine.check, needed=True)


@pytest.mark.parametrize("error", [StoreUnavailable("no"), ZeroDivisionError()])
async def test_a_part_is_ill_while_its_check_fails(engine, part, error, monkeypatch):
    monkeypatch.setattr(health, "FRESH_SECONDS", 0)
    both = Health(part, Part("other", "", Engine().check, needed=False))
    assert await both.ill() == []
    engine.error = error
    assert await both.ill() == [part]
    engine.error = None
    assert await both.ill() == []


async def test_many_who_ask_are_one_question(engine, part, monkeypatch):
    monkeypatch.setattr(health, "FRESH_SECONDS", 3600)
    assert await asyncio.gather(*(part.is_well() for _ in range(10))) == [True] * 10
    engine.error = StoreUnavailable("no")
    assert await part.is_well()
    assert engine.asked == 1


async def test_a_part_that_does_not_answer_is_ill_and_asked_no_more(engine, part, monkeypatch):
    monkeypatch.setattr(health, "FRESH_SECONDS", 0)
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.01)
    engine.free.clear()
    assert not await part.is_well()
    assert not await part.is_well()
    assert engine.asked == 1
    engine.free.set()
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 60)
    assert await part.is_well()
