"""The websockets library, which has a function for this: `broadcast()`."""

import asyncio
import json
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

ROOMS: dict[str, set[ServerConnection]] = {}


async def chat(ws: ServerConnection) -> None:
    members = ROOMS.setdefault(ws.request.path.split("/")[3], set())
    members.add(ws)
    try:
        async for frame in ws:
            broadcast(members, json.dumps({"message": json.loads(frame)["message"]}))
    finally:
        members.discard(ws)


async def main() -> None:
    async with serve(chat, "127.0.0.1", int(sys.argv[1]), backlog=1024) as server:
        await server.serve_forever()


with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
