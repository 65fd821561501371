"""Starlette on uvicorn: one `await ws.send_text()` after another."""

import json
import sys
from contextlib import suppress

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

ROOMS: dict[str, set[WebSocket]] = {}


async def chat(ws: WebSocket) -> None:
    await ws.accept()
    members = ROOMS.setdefault(ws.path_params["room"], set())
    members.add(ws)
    try:
        while True:
            text = json.dumps({"message": json.loads(await ws.receive_text())["message"]})
            for member in list(members):
                # One that has just gone is no reason for this one to go as well.
                with suppress(WebSocketDisconnect, RuntimeError):
                    await member.send_text(text)
    except WebSocketDisconnect:
        pass
    finally:
        members.discard(ws)


app = Starlette(routes=[WebSocketRoute("/ws/chat/{room}/", chat)])
uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", log_level="warning", backlog=1024)
