"""The people of a room, as its settings page lists them."""

import time
from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import web

from chat_app import keys
from chat_app.chat.door import Door
from chat_app.chat.rights import Visitor
from chat_app.errors import NotAllowed, UserNotFound
from chat_app.models import Role, User

MOST: Final = 200  # listed; of the others the name must be typed
_RECENT: Final = 100  # events whose authors are listed though they have gone


async def people(request: web.Request, door: Door, visitor: Visitor) -> list[dict[str, Any]]:
    """Return who has a role in the room, is in it, or spoke last: the highest role first."""
    app = request.app
    users: dict[str, User] = {}
    for event in await app[keys.STORE].events(door.key, limit=_RECENT):
        users[event.user.id] = event.user
    present = app[keys.ROOMS].present(door.key)
    here = {user.id: user for user in present.users()} if present is not None else {}
    members = {each.user.id: each.user for each in await app[keys.STORE].members.of(door.key)}
    own = Role.OWNER + 1 if visitor.owner else door.role(visitor.user.id)
    listed: list[dict[str, Any]] = [
        {
            "user": user,
            "role": door.role(user.id).name.lower(),
            "rank": door.role(user.id),
            "here": user.id in here,
            "muted": door.muted(user.id) is not None,
            "own": user.id == visitor.user.id,
            "below": user.id != visitor.user.id and door.role(user.id) < own,
        }
        for user in (users | here | members).values()
        if not door.is_banned(user.id)
    ]
    listed.sort(key=lambda one: (-one["rank"], not one["here"], one["user"].name.casefold()))
    return listed[:MOST]


async def standing(
    request: web.Request, door: Door, visitor: Visitor, user_id: str
) -> dict[str, Any]:
    """Return what somebody is in the room. `below`: the visitor can do something about it."""
    account = await request.app[keys.STORE].accounts.account_of(user_id)
    try:
        await request.app[keys.MEMBERS].target(visitor, door, user_id)
    except (NotAllowed, UserNotFound):
        below = False
    else:
        below = True
    return {
        "role": door.role(user_id).name.lower(),
        "muted": door.muted(user_id) is not None,
        "account": account is not None,
        "below": below,
    }


async def sanctions(request: web.Request, door: Door) -> list[dict[str, Any]]:
    """Return the room's bans and mutes that are not over, the newest first."""
    now = time.time_ns() // 1_000_000
    return [
        {
            "kind": each.kind,
            "user": each.user,
            "by": each.by,
            "until": when(each.until) if each.until is not None else None,
            "address": each.network_until > now,
        }
        for each in await request.app[keys.STORE].members.sanctions(door.key)
        if each.until is None or each.until > now
    ]


def when(at: int) -> datetime:
    """Return a time in milliseconds since 1970 as the templates like it."""
    return datetime.fromtimestamp(at / 1000, UTC)
