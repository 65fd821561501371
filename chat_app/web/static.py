"""The static files, from memory, to be kept for ever."""

from aiohttp import hdrs, web

from chat_app import keys
from chat_app.assets import Asset


async def static(request: web.Request) -> web.Response:
    """GET /static/{fingerprint}/{path}"""
    assets = request.app[keys.ASSETS]
    asset = assets.files.get(request.match_info["path"])
    # The name says what is in it: another version's files are not to be had here.
    if asset is None or request.match_info["fingerprint"] != assets.fingerprint:
        raise web.HTTPNotFound
    return _answer(request, asset, "public, max-age=31536000, immutable")


async def favicon(request: web.Request) -> web.Response:
    """GET /favicon.ico: asked for by browsers on pages that name no icon."""
    return _answer(request, request.app[keys.ASSETS].files["favicon.svg"], "max-age=86400")


def _answer(request: web.Request, asset: Asset, cache: str) -> web.Response:
    headers = {
        hdrs.CONTENT_TYPE: asset.content_type,
        hdrs.CACHE_CONTROL: cache,
        hdrs.VARY: hdrs.ACCEPT_ENCODING,
    }
    body = asset.body
    if "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
        headers[hdrs.CONTENT_ENCODING] = "gzip"
        body = asset.gzipped
    return web.Response(body=body, headers=headers)
