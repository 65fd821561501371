"""A chat server that tells one lie: `liar.py LIE PORT`. The bench must catch it."""

import json
import sys

from aiohttp import web

LIE = sys.argv[1]
ROOMS: dict[str, list[web.WebSocketResponse]] = {}
HELD: list[str] = []


async def lie(room: str, member: web.WebSocketResponse, number: int, text: str) -> bool:
    """Tell it, to one member about one message; return whether that was it."""
    if LIE == "drops" and number == 5:
        return True
    if LIE == "doubles" and number == 5:
        await member.send_str(text)
    if LIE == "reorders" and number == 5:
        HELD.append(text)
        return True
    if LIE == "reorders" and number == 6:
        await member.send_str(text)
        await member.send_str(HELD.pop())
        return True
    if LIE == "misroutes" and number == 5:
        other = next(members for name, members in ROOMS.items() if name != room)
        await other[0].send_str(text)
    if LIE == "closes" and number == 5:
        await member.close()
        return True
    return False


async def chat(request: web.Request) -> web.WebSocketResponse:
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    room = request.match_info["room"]
    members = ROOMS.setdefault(room, [])
    members.append(ws)
    number = 0
    async for frame in ws:
        number += 1
        text = json.dumps({"message": json.loads(frame.data)["message"]})
        for member in list(members):
            # The last to come says nothing: it only hears, and others' order is theirs.
            told = member is members[-1] and ws is members[0]
            if told and await lie(room, member, number, text):
                continue
            if not member.closed:
                await member.send_str(text)
    if ws in members:
        members.remove(ws)
    return ws


app = web.Application()
app.router.add_get("/ws/chat/{room}/", chat)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[2]), print=None)
