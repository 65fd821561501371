"""Calls beside the loop: in order, with what they raise, and past those who do not wait."""

import asyncio
import threading

import pytest

from chat_app.store.beside import Beside
from tests.clients import SECONDS


@pytest.fixture
async def beside():
    beside = Beside("beside")
    yield beside
    beside.end()


async def test_calls_are_made_one_after_the_other_in_one_thread_beside_the_loop(beside):
    made: list[tuple[int, str]] = []
    go_on = threading.Event()

    def call(number):
        assert go_on.wait(SECONDS)
        made.append((number, threading.current_thread().name))

    calls = [beside.run(call, number) for number in range(3)]
    await asyncio.sleep(0.01)
    assert not any(done.done() for done in calls)
    go_on.set()
    assert await asyncio.gather(*calls) == [None] * 3
    assert made == [(0, "beside"), (1, "beside"), (2, "beside")]


async def test_what_a_call_raises_comes_to_who_awaits_it_and_stops_nothing(beside):
    failing = beside.run(int, "x")
    going_on = beside.run(int, "1")
    async with asyncio.timeout(SECONDS):
        with pytest.raises(ValueError, match="'x'"):
            await failing
        await going_on


async def test_a_call_that_nobody_waits_for_any_more_is_made(beside):
    complaints: list[object] = []
    made: list[int] = []
    go_on = threading.Event()
    asyncio.get_running_loop().set_exception_handler(lambda loop, told: complaints.append(told))
    for call, given in (go_on.wait, SECONDS), (made.append, 1), (int, "x"):
        beside.run(call, given).cancel()
    go_on.set()
    await beside.run(int)
    assert made == [1]
    assert complaints == []


async def test_it_ends_when_all_calls_have_been_made():
    threads: list[threading.Thread] = []
    made: list[int] = []
    beside = Beside("beside")
    beside.run(lambda: threads.append(threading.current_thread()))
    last = beside.run(made.append, 1)
    beside.end()
    await last
    await asyncio.to_thread(threads[0].join, SECONDS)
    assert made
    assert not threads[0].is_alive()


def test_a_loop_that_has_closed_meanwhile_is_nothing_to_complain_of(monkeypatch):
    complaints: list[object] = []
    threads: list[threading.Thread] = []
    go_on = threading.Event()
    monkeypatch.setattr(threading, "excepthook", complaints.append)

    async def leave():
        beside = Beside("beside")
        await beside.run(lambda: threads.append(threading.current_thread()))
        beside.run(go_on.wait, SECONDS)
        beside.end()

    asyncio.run(leave())
    go_on.set()
    threads[0].join(SECONDS)
    assert not threads[0].is_alive()
    assert complaints == []
