"""For operators: is it alive, and should it be sent visitors."""

from aiohttp import web

from chat_app import keys


async def healthz(request: web.Request) -> web.Response:
    """GET /healthz: the process answers."""
    return web.Response(text="ok\n")


async def readyz(request: web.Request) -> web.Response:
    """GET /readyz: the log can be read, so visitors can be served."""
    await request.app[keys.STORE].room("")
    return web.Response(text="ready\n")
