"""The pages on one loop: how an answer is written down knows of none, and there are many."""

import asyncio
from collections.abc import Callable

import uvloop


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that serves where the platform has it; tests/ws and tests/chat run on both."""
    return {"uvloop": uvloop.new_event_loop}
