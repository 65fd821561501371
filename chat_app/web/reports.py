"""What is reported in a room, for its moderators; and its audit log, for its owners."""

from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from chat_app import keys
from chat_app.chat import deletions
from chat_app.chat.names import room_key, room_name
from chat_app.chat.rights import Right
from chat_app.chat.times import clock, day, iso
from chat_app.errors import Invalid
from chat_app.models import Deed
from chat_app.web.forms import read_form
from chat_app.web.guests import visitor_of
from chat_app.web.pages import room_url, seq_of
from chat_app.web.rendering import page

PAGE_DEEDS: Final = 50


async def reports(request: web.Request) -> web.Response:
    """GET /chat/{room}/reports/: the reported messages that nobody has dealt with."""
    key, _, context = await _room(request)
    who, moderation = visitor_of(request), request.app[keys.MODERATION]
    cases = await moderation.reports.cases(who, key)
    door = await request.app[keys.MEMBERS].door(who, key)
    context |= {
        "cases": [
            {
                "seq": case.event.seq,
                "user": case.event.user,
                "message": case.event.message,
                "when": _when(case.event.at),
                "reports": [
                    {"by": one.by, "reason": one.reason, "when": _when(one.at)}
                    for one in case.reports
                ],
            }
            for case in cases
        ],
        "done": request.query.get("done"),
        "may_audit": bool(door.rights(who) & Right.MANAGE),
    }
    return page(request, "reports.html", context)


async def settle_report(request: web.Request) -> web.Response:
    """POST /chat/{room}/reports/: `delete` or `dismiss` (as `act`) the `message` with that seq."""
    app, who = request.app, visitor_of(request)
    name = room_name(request.match_info["room"])
    fields = await read_form(request)
    seq = seq_of(fields.get("message"))
    if seq is None or (act := fields.get("act")) not in ("delete", "dismiss"):
        raise Invalid("This address takes an ordinary form.")
    opened = await app[keys.MEMBERS].enter(who, name)
    try:
        opened.door.check(who, Right.MODERATE)
        if act == "delete":
            await deletions.delete(app[keys.ROOMS], opened, who.user, seq, None, moderates=True)
        else:
            await app[keys.MODERATION].reports.dismiss(who, opened.key, seq)
    finally:
        app[keys.ROOMS].release(opened)
    raise web.HTTPSeeOther(f"{room_url(name)}reports/?done={act}")


async def audit(request: web.Request) -> web.Response:
    """GET /chat/{room}/audit/: what was done in the room; ?before=ID what was done earlier."""
    key, url, context = await _room(request)
    before = seq_of(request.query.get("before"))
    deeds = await request.app[keys.MODERATION].reports.deeds(
        visitor_of(request), key, before, PAGE_DEEDS + 1
    )
    more = len(deeds) > PAGE_DEEDS
    deeds = deeds[:PAGE_DEEDS]
    context |= {
        "deeds": _shown(deeds),
        "older": f"{url}audit/?before={deeds[-1].id}" if more else None,
        "newest": f"{url}audit/" if before is not None else None,
    }
    return page(request, "audit.html", context)


async def _room(request: web.Request) -> tuple[str, str, dict[str, Any]]:
    """Return the room's key and URL, and what both pages show of it."""
    name = room_name(request.match_info["room"])
    key = room_key(name)
    # First of all: to a stranger a hidden room costs the same as none.
    await request.app[keys.MEMBERS].door(visitor_of(request), key)
    stored = await request.app[keys.STORE].room(key)
    url = room_url(name)
    return key, url, {"room": {"name": stored.name if stored else name, "url": url}}


def _shown(deeds: Sequence[Deed]) -> list[dict[str, Any]]:
    """Return the deeds as the template fills them in: who, what, whom, when."""
    shown = []
    for deed in deeds:
        until = deed.detail if deed.what in ("ban", "mute") else ""
        shown.append(
            {
                "by": deed.by,
                "what": deed.what,
                "about": deed.about,
                "detail": deed.detail,
                "words": deed.detail.split() if deed.what == "settings" else [],
                "until": _when(int(until)) if until else None,
                "when": _when(deed.at),
            }
        )
    return shown


def _when(at: int) -> dict[str, str]:
    return {"iso": iso(at), "text": f"{day(at)} {clock(at)} UTC"}
