"""aiohttp as its documentation has it: `await ws.send_str()` to one member after another."""

import json
import sys

import uvloop
from aiohttp import web

ROOMS: dict[str, set[web.WebSocketResponse]] = {}


async def chat(request: web.Request) -> web.WebSocketResponse:
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    members = ROOMS.setdefault(request.match_info["room"], set())
    members.add(ws)
    try:
        async for frame in ws:
            if frame.type is web.WSMsgType.TEXT:
                text = json.dumps({"message": json.loads(frame.data)["message"]})
                for member in list(members):
                    await member.send_str(text)
    finally:
        members.discard(ws)
    return ws


app = web.Application()
app.router.add_get("/ws/chat/{room}/", chat)
web.run_app(
    app,
    host="127.0.0.1",
    port=int(sys.argv[1]),
    backlog=1024,
    loop=uvloop.new_event_loop(),
    access_log=None,
    print=None,
)
