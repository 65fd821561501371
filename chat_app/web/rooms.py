"""One's own rooms: those that one has a role in, and a new private one."""

from typing import Any

from aiohttp import web

from chat_app import keys
from chat_app.chat.rights import is_private
from chat_app.errors import ChatError
from chat_app.models import Role
from chat_app.web.accounts import form_page
from chat_app.web.forms import read_form
from chat_app.web.guests import visitor_of
from chat_app.web.pages import room_url


async def rooms(request: web.Request) -> web.Response:
    """GET /rooms/"""
    return await _page(request, "", None)


async def make_room(request: web.Request) -> web.Response:
    """POST /rooms/: makes a private room with this `name`, and goes there."""
    fields = await read_form(request)
    name = fields.get("name", "")
    try:
        key = await request.app[keys.MEMBERS].make_room(visitor_of(request), name)
    except ChatError as error:
        return await _page(request, name, error)
    raise web.HTTPSeeOther(room_url(key))


async def leave_room(request: web.Request) -> web.Response:
    """POST /rooms/leave/: takes one's own role in the `room` with this key away."""
    fields = await read_form(request)
    visitor = visitor_of(request)
    try:
        key = fields.get("room", "")
        await request.app[keys.MEMBERS].set_role(visitor, key, visitor.user.id, Role.NONE)
    except ChatError as error:
        return await _page(request, "", error)
    raise web.HTTPSeeOther("/rooms/")


async def _page(request: web.Request, name: str, error: ChatError | None) -> web.Response:
    mine = await request.app[keys.STORE].members.rooms(request[keys.CALLER].user.id)
    context: dict[str, Any] = {
        "name": name,
        "rooms": [
            {
                "key": room.key,
                "name": room.name,
                "url": room_url(room.key if is_private(room.key) else room.name),
                "private": is_private(room.key),
                "role": role.name.lower(),
            }
            for room, role in mine
        ],
    }
    return form_page(request, "rooms.html", context, error)
