"""A room's settings: who writes, who is what, who was put out, who is invited.

All of it works with scripts off. What may be done is decided at the room's door; here it
is only asked for.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from chat_app import keys
from chat_app.chat.lookalikes import small
from chat_app.chat.names import room_key, room_name
from chat_app.chat.rights import Right, Visitor
from chat_app.errors import ChatError, Invalid, RoomNotFound, UserNotFound
from chat_app.models import Role, RoomSettings
from chat_app.web.accounts import form_page
from chat_app.web.forms import read_form
from chat_app.web.guests import visitor_of
from chat_app.web.invites import absolute, qr_code
from chat_app.web.pages import address_of, room_url
from chat_app.web.people import people, sanctions, standing, when

SLOW_SECONDS: Final = (0, 5, 10, 30, 60, 300, 900, 3600)
DURATIONS: Final = (600, 3600, 86400, 604800, 2592000)  # of a ban or a mute, in seconds
USES: Final = (1, 5, 25, 100)
DAYS: Final = (1, 7, 30)

Act = Callable[[web.Request, Visitor, str, str, Mapping[str, str]], Awaitable[object]]


async def settings(request: web.Request) -> web.Response:
    """GET /chat/{room}/settings/; with ?person=ID what that person is in the room, as JSON."""
    if (user_id := request.query.get("person")) is not None:
        visitor = visitor_of(request)
        door = await request.app[keys.MEMBERS].door(visitor, _key(request))
        door.check(visitor, Right.MODERATE)
        return web.json_response(await standing(request, door, visitor, user_id))
    return await _page(request, {"done": request.query.get("done")})


async def settle(request: web.Request) -> web.Response:
    """POST /chat/{room}/settings/: `announce`, `locked`, `slow_seconds`."""
    fields = await read_form(request)
    chosen = RoomSettings("announce" in fields, "locked" in fields, _number(fields, "slow_seconds"))
    try:
        await request.app[keys.MEMBERS].settle(visitor_of(request), _key(request), chosen)
    except ChatError as error:
        return await _page(request, {}, error)
    raise web.HTTPSeeOther(f"{request.rel_url.raw_path}?done=saved")


async def act(request: web.Request) -> web.Response:
    """POST /chat/{room}/settings/people/: does `act` to the `user` with this id, or the account
    of this `name`; for so many `seconds`, with its `address`."""
    fields = await read_form(request)
    key = _key(request)
    try:
        do = _ACTS.get(fields.get("act", ""))
        if do is None:
            raise Invalid("The form has a field in it that is none.")
        user_id = fields.get("user") or await _id_of(request, fields.get("name", ""))
        await do(request, visitor_of(request), key, user_id, fields)
    except ChatError as error:
        return await _page(request, {}, error)
    raise web.HTTPSeeOther("../?done=person")


async def _id_of(request: web.Request, name: str) -> str:
    account = await request.app[keys.STORE].accounts.account(small(name[:200]))
    if account is None:
        raise UserNotFound("Nobody of that name is known here.")
    return account.user.id


async def _kick(
    request: web.Request, visitor: Visitor, key: str, user_id: str, _: Mapping[str, str]
) -> None:
    await request.app[keys.MODERATION].kick(visitor, key, user_id)


async def _mute(
    request: web.Request, visitor: Visitor, key: str, user_id: str, fields: Mapping[str, str]
) -> None:
    await request.app[keys.MODERATION].mute(visitor, key, user_id, _ms(fields))


async def _ban(
    request: web.Request, visitor: Visitor, key: str, user_id: str, fields: Mapping[str, str]
) -> None:
    address = "address" in fields
    await request.app[keys.MODERATION].ban(visitor, key, user_id, _ms(fields), address=address)


async def _unmute(
    request: web.Request, visitor: Visitor, key: str, user_id: str, _: Mapping[str, str]
) -> None:
    await request.app[keys.MODERATION].lift(visitor, key, user_id, "mute")


async def _unban(
    request: web.Request, visitor: Visitor, key: str, user_id: str, _: Mapping[str, str]
) -> None:
    await request.app[keys.MODERATION].lift(visitor, key, user_id, "ban")


def _give(role: Role) -> Act:
    async def give(
        request: web.Request, visitor: Visitor, key: str, user_id: str, _: Mapping[str, str]
    ) -> None:
        await request.app[keys.MEMBERS].set_role(visitor, key, user_id, role)

    return give


_ACTS: Final[dict[str, Act]] = {
    "kick": _kick,
    "mute": _mute,
    "ban": _ban,
    "unmute": _unmute,
    "unban": _unban,
    **{role.name.lower(): _give(role) for role in Role},
}


async def invite(request: web.Request) -> web.Response:
    """POST /chat/{room}/settings/invites/: revokes the one with the id `revoke`, or makes one,
    for so many `days` and `uses`, and shows it: this once, since only its hash is kept."""
    fields = await read_form(request)
    invites, visitor, key = request.app[keys.INVITES], visitor_of(request), _key(request)
    try:
        if revoked := fields.get("revoke"):
            await invites.revoke(visitor, key, revoked)
            raise web.HTTPSeeOther("../?done=revoked")
        ms = _number(fields, "days") * 86_400_000
        token = await invites.make(visitor, key, ms=ms, uses=_number(fields, "uses"))
    except ChatError as error:
        return await _page(request, {}, error)
    return await _page(request, {"done": "invited"}, token=token)


async def _page(
    request: web.Request,
    fields: Mapping[str, str | None],
    error: ChatError | None = None,
    *,
    token: str | None = None,
) -> web.Response:
    app, visitor, key = request.app, visitor_of(request), _key(request)
    door = await app[keys.MEMBERS].door(visitor, key)
    rights = door.check(visitor, Right.MODERATE)
    room = await app[keys.STORE].room(key)
    if room is None:
        raise RoomNotFound("There is no such room.")
    link = absolute(request, token) if token else None
    invites = await app[keys.INVITES].all(visitor, key) if rights & Right.INVITE else []
    context = {
        "room": room,
        "url": room_url(address_of(room)),
        "role": door.role_of(visitor).name.lower(),
        "manages": bool(rights & Right.MANAGE),
        "invites": [
            {"id": each.id, "by": each.by, "uses": each.uses, "until": when(each.until)}
            for each in invites
        ],
        "may_invite": bool(rights & Right.INVITE),
        "people": await people(request, door, visitor),
        "sanctions": await sanctions(request, door),
        "choices": {"slow": SLOW_SECONDS, "for": DURATIONS, "uses": USES, "days": DAYS},
        "done": fields.get("done"),
        "link": link,
        "qr": qr_code(link) if link else None,
    }
    return form_page(request, "settings.html", context, error)


def _key(request: web.Request) -> str:
    return room_key(room_name(request.match_info["room"]))


def _ms(fields: Mapping[str, str]) -> int | None:
    return _number(fields, "seconds") * 1000 if fields.get("seconds") else None


def _number(fields: Mapping[str, str], name: str) -> int:
    text = fields.get(name, "")
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise Invalid("The form has a field in it that is none.")
    return int(text)
