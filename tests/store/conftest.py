"""The stores: what their contract says is tested on every engine."""

import asyncio
from collections.abc import Callable

import pytest
import uvloop

from chat_app.config import Storage
from chat_app.store import open_store


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """One loop: three engines on both would take minutes, and differ in nothing but these."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(params=["sqlite", "sqlite-process", "postgresql"])
def storage(request, tmp_path):
    folder, engine = str(tmp_path / "data"), request.param
    if engine == "postgresql":
        # The server of the tests does not wait for its disk.
        url = request.getfixturevalue("postgres").schema()
        return Storage(folder=folder, url=url, durability="process")
    return Storage(folder=folder, durability="process" if engine == "sqlite-process" else "full")


@pytest.fixture
async def store(storage):
    store = await open_store(storage)
    yield store
    await store.close()
