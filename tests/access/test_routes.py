"""The access matrix of HTTP: every route × who calls × whence.

A cell that lets somebody in must answer as its rule says, and write or not write; one
that does not must write nothing. In no cell does anything of somebody else's change.
"""

import itertools
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from aiohttp import WSServerHandshakeError, web

from chat_app import keys
from chat_app.routes import setup_routes
from chat_app.web.nowhere import NOWHERE
from tests.access.conftest import ORIGINS, PASSWORD, WHO, Cast, session_of


class Rule(msgspec.Struct, frozen=True):
    """What a route answers.

    `guest`: the status for a guest, where `accounts.guests` is yes, read and no. `account`:
    for an account, and for all whom `roles` does not name. `writes`: whose call changes the
    store, if it is let in.
    """

    guest: tuple[int, int, int]
    account: int
    writes: frozenset[str] = frozenset()
    roles: dict[str, int] = {}

    def status(self, taken_for: str, guests: str) -> int:
        if taken_for == "guest":
            return self.guest[("yes", "read", "no").index(guests)]
        return self.roles.get(taken_for, self.account)


OPEN = Rule((200, 200, 200), 200)
PAGE = Rule((200, 200, 303), 200)
BOTH = frozenset(WHO.values())
ACCOUNT = BOTH - {"guest"}
STRANGERS = frozenset(("guest", "account"))
OWNER = frozenset(("owner",))
GUIDES = frozenset(("owner", "moderator"))


def guides(status: int) -> dict[str, int]:
    return {"owner": status, "moderator": status}


RULES = {
    "GET /": Rule((302, 302, 303), 302),
    "GET /chat": Rule((308, 308, 303), 308),
    "GET /chat/": PAGE,
    "GET /chat/{room}": Rule((308, 308, 303), 308),
    "GET /chat/{room}/": Rule((200, 200, 303), 200, roles={"banned": 403}),
    "POST /chat/{room}/": Rule((303, 401, 401), 303, BOTH, {"banned": 403, "muted": 403}),
    "GET /chat/{room}/settings/": Rule((403, 403, 303), 403, roles=guides(200)),
    "POST /chat/{room}/settings/": Rule((403, 403, 401), 403, OWNER, {"owner": 303}),
    "POST /chat/{room}/settings/people/": Rule((403, 403, 401), 403, GUIDES, guides(303)),
    "POST /chat/{room}/settings/invites/": Rule((403, 403, 401), 403),  # it is public
    "GET /chat/{room}/reports/": Rule((403, 403, 303), 403, roles=guides(200)),
    "POST /chat/{room}/reports/": Rule((403, 403, 401), 403, GUIDES, guides(303)),
    "GET /chat/{room}/audit/": Rule((403, 403, 303), 403, roles={"owner": 200}),
    "GET /rooms/": PAGE,
    "POST /rooms/": Rule((401, 401, 401), 303, ACCOUNT),
    "POST /rooms/leave/": Rule((403, 403, 401), 403, OWNER | {"moderator"}, guides(303)),
    "GET /invite/{token}/": Rule(
        (200, 200, 303), 200, roles={**guides(303), "member": 303, "muted": 303}
    ),
    "POST /invite/{token}/": Rule((303, 401, 401), 303, STRANGERS, {"banned": 403}),
    "POST /me/name": Rule((303, 303, 401), 303, BOTH),
    "GET /texts/{language}": PAGE,
    "GET /account/": OPEN,
    "POST /account/": Rule((303, 303, 303), 303, frozenset(("guest",))),
    "POST /account/password/": Rule((401, 401, 401), 303, ACCOUNT),
    "POST /account/sessions/": Rule((401, 401, 401), 303),  # it names a session of Ann's
    "GET /login/": Rule((200, 200, 200), 303),
    "POST /login/": Rule((303, 303, 303), 303, BOTH),
    "POST /logout/": Rule((303, 303, 303), 303, ACCOUNT),
    "GET /link/{token}/": Rule((200, 200, 200), 303),
    "POST /link/{token}/": Rule((303, 303, 303), 410),  # an invitation, used by an account
    "GET /ws/chat/{room}/": Rule((101, 101, 401), 101, roles={"banned": 403}),
    "GET /static/{fingerprint}/{path}": OPEN,
    "GET /sw.js": OPEN,
    "GET /offline/": OPEN,
    "GET /manifest.webmanifest": OPEN,
    "GET /favicon.ico": OPEN,
    "GET /healthz": OPEN,
    "GET /readyz": OPEN,
}

NOBODY: frozenset[str] = frozenset()
WITHIN = frozenset(("owner", "moderator", "member", "muted"))


def hidden(no: int, inside: int, writes: frozenset[str] = frozenset(), /, **roles: int) -> Rule:
    """What a private room answers: to a stranger, that there is none."""
    shown = dict.fromkeys(WITHIN, inside) | roles
    return Rule((404, 404, no), 404, writes, shown)


# The same routes, where the room is a private one.
PRIVATE = {
    "GET /chat/{room}": RULES["GET /chat/{room}"],  # to the same with a slash, whatever it is
    "GET /chat/{room}/": hidden(303, 200),
    "POST /chat/{room}/": hidden(401, 303, WITHIN - {"muted"}, muted=403),
    "GET /chat/{room}/settings/": hidden(303, 403, NOBODY, **guides(200)),
    "POST /chat/{room}/settings/": hidden(401, 403, OWNER, owner=303),
    "POST /chat/{room}/settings/people/": hidden(401, 403, GUIDES, **guides(303)),
    "POST /chat/{room}/settings/invites/": hidden(401, 403, GUIDES, **guides(200)),
    "GET /chat/{room}/reports/": hidden(303, 403, NOBODY, **guides(200)),
    "POST /chat/{room}/reports/": hidden(401, 403, GUIDES, **guides(303)),
    "GET /chat/{room}/audit/": hidden(303, 403, owner=200),
    "GET /ws/chat/{room}/": Rule((404, 404, 401), 404, roles=dict.fromkeys(WITHIN, 101)),
}

# Where one is led who cannot have what was asked for.
LED_TO = "/login/?next="

# What a form brings; a value may need the cast.
FORMS: dict[str, dict[str, str]] = {
    "POST /chat/{room}/": {"message": "hi"},
    "POST /chat/{room}/settings/": {"slow_seconds": "{number}"},
    "POST /chat/{room}/settings/people/": {"act": "mute", "user": "{target}"},
    "POST /chat/{room}/settings/invites/": {"days": "1", "uses": "1"},
    "POST /chat/{room}/reports/": {"act": "delete", "message": "{seq}"},
    "POST /rooms/": {"name": "Name {number}"},
    "POST /rooms/leave/": {"room": "{room}"},
    "POST /me/name": {"name": "Name {number}"},
    "POST /account/": {"name": "Name {number}", "password": PASSWORD},
    "POST /account/password/": {"current": PASSWORD, "password": PASSWORD},
    "POST /account/sessions/": {"session": "{session}"},
    "POST /login/": {"name": "{ben}", "password": PASSWORD},
}


def routes() -> list[str]:
    app = web.Application()
    setup_routes(app)
    return [
        f"{route.method} {route.resource.canonical.replace(':[^/]+', '').replace(':.+', '')}"
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD" and route.name != NOWHERE
    ]


def test_every_route_has_a_rule():
    assert sorted(routes()) == sorted(RULES)
    assert {route for route in RULES if "{room}" in route} == set(PRIVATE)


async def filled(text: str, room: str, cast: Cast) -> str:
    """Return a path or a field with what it names: most of it is made for this."""
    app, values = cast.app, {"room": room, "path": "css/app.css", "language": "ko"}
    if "{token}" in text:
        invites = text.startswith("/invite/")
        values["token"] = await cast.invitation() if invites else app[keys.LINKS].make("invite")
    if "{target}" in text:
        values["target"] = (await cast.known_guest(f"Target {cast.number()}")).id
    if "{seq}" in text:
        values["seq"] = str(await cast.say(room))
    values["fingerprint"] = app[keys.ASSETS].fingerprint
    values["number"] = str(cast.number())
    values["session"] = session_of(cast).id
    values["ben"] = cast.ben.user.name
    return text.format(**values)


async def prepare(cast: Cast, route: str, room: str) -> tuple[str, dict[str, str]]:
    """Return the URL and the form of a call."""
    template = route.partition(" ")[2]
    url = cast.own_origin + quote(await filled(template, room, cast), safe="/~")
    fields = FORMS.get(route, {}).items()
    return url, {name: await filled(value, room, cast) for name, value in fields}


async def call(
    cast: Cast, route: str, url: str, form: dict[str, str], headers: dict[str, str]
) -> tuple[int, str]:
    """Return the status, and where it leads to."""
    if route.startswith("GET /ws/"):
        try:
            async with cast.browser.ws_connect(url, headers=headers):
                return 101, ""
        except WSServerHandshakeError as refused:
            return refused.status, ""
    method = route.partition(" ")[0]
    options: dict[str, Any] = {"data": form} if method == "POST" else {}
    answer = await cast.browser.request(
        method, url, headers=headers, allow_redirects=False, **options
    )
    await answer.read()
    return answer.status, answer.headers.get("Location", "")


def expected(route: str, rule: Rule, who: str, origin: str, guests: str) -> int:
    method, socket = route.partition(" ")[0], route.startswith("GET /ws/")
    if origin in ("wrong", "null") and (method == "POST" or socket):
        return 403
    if origin == "absent" and method == "POST" and who != "no cookie":
        return 403  # nothing says that it is not another site with this visitor's cookie
    return rule.status(WHO[who], guests)


async def wrong_cells(cast: Cast, route: str, rule: Rule, room: str, guests: str) -> list[str]:
    """Try all cells of a route; return what was wrong."""
    wrong = []
    # Whence does not depend on what guests may do.
    origins = [pair for pair in ORIGINS.items() if guests == "yes" or pair[0] == "right"]
    for (who, taken_for), (origin, value) in itertools.product(WHO.items(), origins):
        cell = f"{route} by {who}, {origin} Origin, room {room}, guests={guests}"
        cookie = await cast.cookie(who)
        headers = {"Cookie": cookie} if cookie else {}
        if value is not None:
            headers["Origin"] = value or cast.own_origin
        url, form = await prepare(cast, route, room)
        with cast.watched() as written:
            status, led_to = await call(cast, route, url, form, headers)
        wanted = expected(route, rule, who, origin, guests)
        if status != wanted:
            wrong.append(f"{cell}: {status}, not {wanted}")
        let_in = wanted < 400 and taken_for in rule.writes
        if bool(written) != let_in:
            wrong.append(f"{cell}: {written or 'nothing'} was written")
        if cast.of_others(written):
            wrong.append(f"{cell}: something of another's was changed")
        shut = status == 303 and taken_for == "guest" and rule.guest[0] != 303
        if shut and not led_to.startswith(LED_TO):
            wrong.append(f"{cell}: led to {led_to}")
    return wrong


@pytest.mark.parametrize("guests", ["yes", "read", "no"])
async def test_nobody_gets_in_who_should_not(cast, guests):
    wrong = []
    for route, rule in RULES.items():
        wrong += await wrong_cells(cast, route, rule, "lobby", guests)
    for route, rule in PRIVATE.items():
        wrong += await wrong_cells(cast, route, rule, cast.private, guests)
    assert not wrong, "\n".join(wrong)
