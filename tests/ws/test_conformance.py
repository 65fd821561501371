"""Autobahn's cases, by kosoku, against the socket's own settings and reading loop.

They want an echo: the rooms' handler with one line in the place of the commands.
"""

import asyncio
from functools import partial
from unittest.mock import create_autospec

from aiohttp import WSMsgType, web
from kosoku import FailureError, run_fuzzingclient

from chat_app.chat.room import Room
from chat_app.config import Limits
from chat_app.models import User
from chat_app.ws import protocol
from chat_app.ws.connection import Connection
from chat_app.ws.handler import new_socket
from chat_app.ws.protocol import Close
from chat_app.ws.reader import Reader

# aiohttp answers a close frame with the code 1005 by 1005 instead of 1002.
OF_AIOHTTP = {"7.9.5"}


async def echo(request: web.Request) -> web.WebSocketResponse:
    ws = new_socket(Limits(frame_bytes=0))
    await ws.prepare(request)
    assert request.transport is not None
    conn = Connection(ws, request.transport, User("u_echo", "Echo"), full=True)
    ws.on_close = partial(setattr, conn, "_open", False)  # `mute`, where there is no room
    conn.room = create_autospec(Room, instance=True)

    def serve(conn: Connection, kind: WSMsgType, data: bytes) -> None:
        try:
            if kind is WSMsgType.TEXT:
                data.decode()
        except UnicodeDecodeError:
            conn.close(Close.NOT_UTF8)
        else:
            conn.write(protocol.framed(0x80 | kind, data))

    await Reader(conn, serve).read(ws)
    await conn.closed()
    return ws


async def test_no_case_fails_but_those_that_are_aiohttps_own(aiohttp_server):
    app = web.Application()
    app.router.add_get("/", echo)
    server = await aiohttp_server(app)
    url = f"ws://{server.host}:{server.port}/"
    # 12 and 13 are compression, which is off.
    run = run_fuzzingclient(url, exclude_cases=["12.*", "13.*"], concurrency=8)
    try:
        results = await asyncio.ensure_future(run)
    except FailureError as failure:
        results = failure.results
    failed = {result.case_id for result in results if not result.passed}
    assert len(results) > 200
    assert failed <= OF_AIOHTTP
