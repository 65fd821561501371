"""The whole URL map."""

from aiohttp import web

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
from chat_app.ws.handler import room_socket


def setup_routes(app: web.Application) -> None:
    app.router.add_get("/", pages.front)
    app.router.add_get("/chat", pages.without_slash)
    app.router.add_get("/chat/", pages.lobby)
    app.router.add_get("/chat/{room:[^/]+}", pages.without_slash)
    app.router.add_get("/chat/{room:[^/]+}/", pages.room)
    app.router.add_post("/chat/{room:[^/]+}/", pages.post_message)
    app.router.add_get("/chat/{room:[^/]+}/settings/", settings.settings)
    app.router.add_post("/chat/{room:[^/]+}/settings/", settings.settle)
    app.router.add_post("/chat/{room:[^/]+}/settings/people/", settings.act)
    app.router.add_post("/chat/{room:[^/]+}/settings/invites/", settings.invite)
    app.router.add_get("/rooms/", rooms.rooms)
    app.router.add_post("/rooms/", rooms.make_room)
    app.router.add_post("/rooms/leave/", rooms.leave_room)
    app.router.add_get("/invite/{token:[^/]+}/", invites.invitation)
    app.router.add_post("/invite/{token:[^/]+}/", invites.take_invitation)
    app.router.add_get("/chat/{room:[^/]+}/reports/", reports.reports)
    app.router.add_post("/chat/{room:[^/]+}/reports/", reports.settle_report)
    app.router.add_get("/chat/{room:[^/]+}/audit/", reports.audit)
    app.router.add_post("/me/name", names.rename)
    app.router.add_get("/texts/{language}", texts.texts)

    app.router.add_get("/account/", accounts.account)
    app.router.add_post("/account/", accounts.register)
    app.router.add_post("/account/password/", accounts.change_password)
    app.router.add_post("/account/sessions/", accounts.end_sessions)
    app.router.add_get("/login/", accounts.login)
    app.router.add_post("/login/", accounts.log_in)
    app.router.add_post("/logout/", accounts.log_out)
    app.router.add_get("/link/{token:[^/]+}/", links.link)
    app.router.add_post("/link/{token:[^/]+}/", links.use_link)

    app.router.add_get("/ws/chat/{room:[^/]+}/", room_socket)

    app.router.add_get("/static/{fingerprint}/{path:.+}", static.static)
    app.router.add_get("/sw.js", offline.worker)
    app.router.add_get("/offline/", offline.shell)
    app.router.add_get("/manifest.webmanifest", offline.manifest)
    app.router.add_get("/favicon.ico", static.favicon)
    app.router.add_get("/healthz", health.healthz)
    app.router.add_get("/readyz", health.readyz)
