"""An invitation into a private room, as the one who got it meets it. Works without scripts."""

import segno
from aiohttp import web
from markupsafe import Markup

from chat_app import keys
from chat_app.chat.door import Door
from chat_app.models import Role
from chat_app.web.accounts import form_page
from chat_app.web.guests import visitor_of
from chat_app.web.pages import room_url


async def invitation(request: web.Request) -> web.Response:
    """GET /invite/{token}/: where it leads to, and the form that takes it."""
    room = await request.app[keys.INVITES].look(request.match_info["token"])
    visitor = visitor_of(request)
    door: Door = await request.app[keys.ROOMS].door(room.key)
    if door.role(visitor.user.id) is not Role.NONE:
        raise web.HTTPSeeOther(room_url(room.key))
    context = {"room": room, "may_take": visitor.speaks, "here": request.rel_url.raw_path}
    return form_page(request, "invite.html", context, None)


async def take_invitation(request: web.Request) -> web.Response:
    """POST /invite/{token}/: makes the visitor a member, and goes into the room."""
    token = request.match_info["token"]
    key = await request.app[keys.INVITES].use(visitor_of(request), token)
    raise web.HTTPSeeOther(room_url(key))


def absolute(request: web.Request, token: str) -> str:
    """Return the link of an invitation, as others can open it."""
    return f"{request[keys.CALLER].scheme}://{request.host}/invite/{token}/"


def qr_code(link: str) -> Markup:
    """Return a link as a picture, in SVG, for the camera of a phone."""
    svg = segno.make_qr(link, error="m").svg_inline(border=4, omitsize=True, svgclass=None)
    return Markup(svg)  # noqa: S704 - segno's own, made of squares
