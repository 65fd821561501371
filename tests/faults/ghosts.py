"""Ghosts: people of a node that died, whom the others still take to be there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar, WSMsgType
from yarl import URL

from tests.faults.talker import PATIENCE_SECONDS

ROOM = "ghosts"

_decode = msgspec.json.Decoder().decode


@asynccontextmanager
async def _joined(base: URL) -> AsyncIterator[tuple[ClientWebSocketResponse, str]]:
    """Join the room as somebody new; give the socket and who that is."""
    url = base / "ws/chat" / ROOM / ""
    async with (
        ClientSession(cookie_jar=CookieJar(unsafe=True)) as session,
        session.ws_connect(url, protocols=["chat.v1"]) as ws,
    ):
        welcome = _decode((await ws.receive()).data)
        yield ws, welcome["user"]["id"]


async def haunt(dying: URL, living: URL, kill: Callable[[], None]) -> float:
    """Kill a node that has somebody; return after how many seconds the other one knows it.

    Raises TimeoutError if it never does.
    """
    loop = asyncio.get_running_loop()
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        _joined(living) as (watching, _),
        _joined(dying) as (_, ghost),
    ):
        present: set[str] = set()
        while ghost not in present:
            await _look(watching, present)
        kill()
        died = loop.time()
        while ghost in present:
            await _look(watching, present)
        return loop.time() - died


async def _look(ws: ClientWebSocketResponse, present: set[str]) -> None:
    """Take in the next frame."""
    message = await ws.receive()
    if message.type is not WSMsgType.TEXT:
        raise ConnectionError(f"who watches was cut: {message.type.name}, {ws.close_code}")
    frame: dict[str, Any] = _decode(message.data)
    if frame["type"] == "ping":
        await ws.send_str('{"type":"pong"}')
    elif frame["type"] == "presence":
        people = {user["id"] for user in frame["users"]}
        if frame["op"] == "state":
            present.clear()
        if frame["op"] == "leave":
            present -= people
        else:
            present |= people
