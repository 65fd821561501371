"""The sweep over all connections; what it does to one is in test_bare.py and test_full.py."""

import asyncio
from contextlib import suppress
from typing import Any

from chat_app.ws import heartbeat
from chat_app.ws.heartbeat import AT_ONCE, sweep_for_ever


async def test_a_sweep_over_many_lets_others_have_their_turn(monkeypatch):
    swept: list[int] = []
    monkeypatch.setattr(heartbeat, "SWEEP_SECONDS", 0)
    monkeypatch.setattr(heartbeat, "sweep", swept.append)
    connections: Any = set(range(3 * AT_ONCE + 1))
    sweeping = asyncio.create_task(sweep_for_ever(connections))
    turns = []
    while len(swept) <= 3 * AT_ONCE:
        await asyncio.sleep(0)
        turns.append(len(swept))
        connections.add(len(connections))  # they come and go meanwhile
    sweeping.cancel()
    with suppress(asyncio.CancelledError):
        await sweeping
    assert {AT_ONCE, 2 * AT_ONCE, 3 * AT_ONCE} <= set(turns)
    assert len(swept) == len(set(swept))
