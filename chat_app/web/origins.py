"""Whether a request comes from our own pages, or from one that is allowed to."""

from functools import lru_cache
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from chat_app import keys
from chat_app.errors import OriginRefused

_DEFAULT_PORT = {"http": 80, "https": 443}


def check_origin(request: web.Request) -> None:
    """Refuse a socket or a POST that another site's page opened with a visitor's cookie.

    Raises OriginRefused. A socket: no Origin (not a browser), our own, or one on
    `server.allowed_origins`. A POST: Sec-Fetch-Site says so, else the same for
    Origin; with neither header, only without a cookie.
    """
    if request.method in ("GET", "HEAD", "OPTIONS"):
        upgrade = request.headers.get(hdrs.UPGRADE, "").lower() == "websocket"
        if upgrade and hdrs.ORIGIN in request.headers and not _is_ours(request):
            raise OriginRefused("This page may not talk to this server.")
    else:
        site = request.headers.get("Sec-Fetch-Site")
        if site in ("same-origin", "none"):
            return
        if hdrs.ORIGIN in request.headers:
            allowed = _is_ours(request)
        else:
            allowed = site is None and hdrs.COOKIE not in request.headers
        if not allowed:
            raise OriginRefused("This form was sent from another site.")


def _is_ours(request: web.Request) -> bool:
    origin = request.headers[hdrs.ORIGIN]
    # Only a trusted proxy knows whether the visitor came by https.
    scheme: str | None = request[keys.CALLER].scheme
    if scheme == request.scheme:
        scheme = None
    return (
        _is_of(origin, request.headers.get(hdrs.HOST, ""), scheme)
        or origin in request.app[keys.CONFIG].server.allowed_origins
    )


@lru_cache(maxsize=256)  # a site's visitors all come with its own name
def _is_of(origin: str, host: str, scheme: str | None) -> bool:
    """Tell whether an origin is that of a host, and has that scheme, if it is known."""
    try:
        theirs = urlsplit(origin)
        ours = urlsplit(f"{theirs.scheme}://{host}")
        if scheme not in (None, theirs.scheme):
            return False
        return (
            theirs.scheme in _DEFAULT_PORT
            and theirs.hostname is not None
            and (theirs.hostname, theirs.port or _DEFAULT_PORT[theirs.scheme])
            == (ours.hostname, ours.port or _DEFAULT_PORT[theirs.scheme])
        )
    except ValueError:
        return False
