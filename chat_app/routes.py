"""The whole URL map."""

from aiohttp import web
from aiohttp.typedefs import Handler

from chat_app.web import (
    accounts,
    health,
    invites,
    links,
    names,
    offline,
    pages,
    reports,
    rooms,
    settings,
    static,
    texts,
)
from chat_app.web.around import around
from chat_app.web.nowhere import NOWHERE, nowhere
from chat_app.ws.handler import room_socket


def setup_routes(app: web.Application) -> None:
    def get(path: str, handler: Handler) -> None:
        app.router.add_get(path, around(handler))

    def post(path: str, handler: Handler) -> None:
        app.router.add_post(path, around(handler))

    get("/", pages.front)
    get("/chat", pages.without_slash)
    get("/chat/", pages.lobby)
    get("/chat/{room:[^/]+}", pages.without_slash)
    get("/chat/{room:[^/]+}/", pages.room)
    post("/chat/{room:[^/]+}/", pages.post_message)
    get("/chat/{room:[^/]+}/settings/", settings.settings)
    post("/chat/{room:[^/]+}/settings/", settings.settle)
    post("/chat/{room:[^/]+}/settings/people/", settings.act)
    post("/chat/{room:[^/]+}/settings/invites/", settings.invite)
    get("/rooms/", rooms.rooms)
    post("/rooms/", rooms.make_room)
    post("/rooms/leave/", rooms.leave_room)
    get("/invite/{token:[^/]+}/", invites.invitation)
    post("/invite/{token:[^/]+}/", invites.take_invitation)
    get("/chat/{room:[^/]+}/reports/", reports.reports)
    post("/chat/{room:[^/]+}/reports/", reports.settle_report)
    get("/chat/{room:[^/]+}/audit/", reports.audit)
    post("/me/name", names.rename)
    get("/texts/{language}", texts.texts)

    get("/account/", accounts.account)
    post("/account/", accounts.register)
    post("/account/password/", accounts.change_password)
    post("/account/sessions/", accounts.end_sessions)
    get("/login/", accounts.login)
    post("/login/", accounts.log_in)
    post("/logout/", accounts.log_out)
    get("/link/{token:[^/]+}/", links.link)
    post("/link/{token:[^/]+}/", links.use_link)

    get("/ws/chat/{room:[^/]+}/", room_socket)

    get("/static/{fingerprint}/{path:.+}", static.static)
    get("/sw.js", offline.worker)
    get("/offline/", offline.shell)
    get("/manifest.webmanifest", offline.manifest)
    get("/favicon.ico", static.favicon)
    get("/healthz", health.healthz)
    get("/readyz", health.readyz)

    app.router.add_route("*", "/{path:.*}", around(nowhere), name=NOWHERE)
