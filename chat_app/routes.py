"""The whole URL map."""

from aiohttp import web

from chat_app.web import health, names, offline, pages, static
from chat_app.ws.handler import room_socket


def setup_routes(app: web.Application) -> None:
    app.router.add_get("/", pages.front)
    app.router.add_get("/chat", pages.without_slash)
    app.router.add_get("/chat/", pages.lobby)
    app.router.add_get("/chat/{room:[^/]+}", pages.without_slash)
    app.router.add_get("/chat/{room:[^/]+}/", pages.room)
    app.router.add_post("/chat/{room:[^/]+}/", pages.post_message)
    app.router.add_post("/me/name", names.rename)

    app.router.add_get("/ws/chat/{room:[^/]+}/", room_socket)

    app.router.add_get("/static/{fingerprint}/{path:.+}", static.static)
    app.router.add_get("/sw.js", offline.worker)
    app.router.add_get("/offline/", offline.shell)
    app.router.add_get("/manifest.webmanifest", offline.manifest)
    app.router.add_get("/favicon.ico", static.favicon)
    app.router.add_get("/healthz", health.healthz)
    app.router.add_get("/readyz", health.readyz)
