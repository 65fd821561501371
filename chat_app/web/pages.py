"""The lobby and the room, as pages. They work with scripts off too."""

import asyncio
import time
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from chat_app import keys
from chat_app.chat import messages
from chat_app.chat.names import room_key, room_name
from chat_app.chat.rights import Right, is_private
from chat_app.errors import ChatError, Invalid, LogInNeeded, RoomNameRefused
from chat_app.models import Appended, Room
from chat_app.web.forms import read_form, take_message
from chat_app.web.guests import visitor_of
from chat_app.web.languages import explain, language_of
from chat_app.web.rendering import page
from chat_app.web.rows import rows

PAGE_EVENTS: Final = 50


async def front(request: web.Request) -> web.Response:
    """GET /"""
    raise web.HTTPFound("/chat/")


async def without_slash(request: web.Request) -> web.Response:
    """GET /chat and /chat/{room}: the same with a slash."""
    query = f"?{request.query_string}" if request.query_string else ""
    raise web.HTTPPermanentRedirect(f"{request.rel_url.raw_path}/{query}")


async def lobby(request: web.Request) -> web.Response:
    """GET /chat/, and what its form asks for without scripts: /chat/?room=NAME"""
    typed = request.query.get("room")
    if typed is None:
        return page(request, "lobby.html", {"name": "", "notice": None})
    try:
        name = room_name(typed)
    except RoomNameRefused as error:
        notice = explain(error, language_of(request))
        return page(request, "lobby.html", {"name": typed, "notice": notice}, error.status)
    raise web.HTTPSeeOther(room_url(name))


async def room(request: web.Request) -> web.Response:
    """GET /chat/{room}/: its newest events, or with ?before=SEQ those before one."""
    return await _room_page(request)


async def post_message(request: web.Request) -> web.Response:
    """POST /chat/{room}/: says the form field `message`, then shows the room."""
    app = request.app
    name, who = room_name(request.match_info["room"]), visitor_of(request)
    fields = await read_form(request)
    text, id = fields.get("message", "").replace("\r\n", "\n"), fields.get("id")
    opened = await app[keys.MEMBERS].enter(who, name)
    try:
        rights = opened.door.check(who, Right.POST)
        most_chars = app[keys.CONFIG].limits.message_chars
        draft = messages.draft(
            opened.key, name, who.user, messages.typed(text), id, most_chars=most_chars
        )
        take_message(request)
        if not rights & Right.HURRY:
            opened.door.take_turn(who)
        app[keys.ROOMS].admit(opened, who)
        done: asyncio.Future[Appended | ChatError] = asyncio.Future()
        app[keys.ROOMS].post(opened, draft, lambda _, outcome: done.set_result(outcome))
        if isinstance(outcome := await asyncio.shield(done), ChatError):
            raise outcome
    except ChatError as error:
        return await _room_page(request, error=error, draft=text)
    finally:
        app[keys.ROOMS].release(opened)
    raise web.HTTPSeeOther(room_url(opened.key if is_private(opened.key) else name))


async def _room_page(
    request: web.Request, *, error: ChatError | None = None, draft: str = ""
) -> web.Response:
    app = request.app
    name, who = room_name(request.match_info["room"]), visitor_of(request)
    key = room_key(name)
    before = seq_of(request.query.get("before"))
    door = await app[keys.MEMBERS].door(who, key)
    rights, no_post = door.rights(who), door.why_not(who, Right.POST)
    stored = await app[keys.STORE].room(key)
    events = await app[keys.STORE].events(key, before=before, limit=PAGE_EVENTS)
    shown = stored.name if stored else name
    address = address_of(stored) if stored else name
    url = room_url(address)
    context: dict[str, Any] = {
        "room": {
            "key": key,
            "name": shown,
            "address": address,
            "private": is_private(key),
            "url": url,
            "socket": f"/ws{url}",
        },
        "epoch": app[keys.STORE].epoch,
        # Of the page, not of the store: the socket resumes from what is shown.
        "top": events[-1].seq if events and before is None else (stored.top if stored else 0),
        "rows": list(rows(events, request[keys.CALLER].user.id)),
        "first": events[0].seq if events else 0,
        "last": events[-1].seq if events else 0,
        "older": f"{url}?before={events[0].seq}" if events and events[0].seq > 1 else None,
        "newest": url if stored and events and events[-1].seq < stored.top else None,
        "draft": draft,
        "notice": explain(error, language_of(request)) if error else None,
        "post_id": messages.new_id(time.time_ns() // 1_000_000),
        "limits": app[keys.CONFIG].limits,
        "may": ["moderate"] if rights & Right.MODERATE else [],
        "may_moderate": bool(rights & Right.MODERATE) and stored is not None,
        "no_post": explain(no_post, language_of(request)) if no_post else None,
        "may_log_in": isinstance(no_post, LogInNeeded),
    }
    return page(request, "room.html", context, error.status if error else 200)


def address_of(room: Room) -> str:
    """Return what stands for the room in a URL: its name or, of a private one, its key."""
    return room.key if is_private(room.key) else room.name


def room_url(address: str) -> str:
    return f"/chat/{quote(address, safe='~')}/"


def seq_of(text: str | None) -> int | None:
    """Return the number in an address or a form, if there is one. Raises Invalid."""
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise Invalid("The address has a number in it that is none.")
    return int(text)
