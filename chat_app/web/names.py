"""A visitor's own name."""

from aiohttp import web

from chat_app import keys
from chat_app.chat.names import room_name
from chat_app.web.forms import read_form, take_message
from chat_app.web.pages import room_url
from chat_app.web.rendering import wants_json


async def rename(request: web.Request) -> web.Response:
    """POST /me/name: takes the form field `name`; then back to the `room`, or JSON."""
    fields = await read_form(request)
    room = room_name(fields["room"]) if fields.get("room") else None
    take_message(request)
    user = await request.app[keys.USERS].rename(request[keys.CALLER].user, fields.get("name", ""))
    if wants_json(request):
        return web.json_response({"user": {"id": user.id, "name": user.name}})
    raise web.HTTPSeeOther(room_url(room) if room else "/chat/")
