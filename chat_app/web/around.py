"""What happens to every request: who, from where; and how it ends."""

import logging
from functools import partial
from http import HTTPStatus

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from chat_app import keys
from chat_app.errors import ChatError
from chat_app.models import Caller
from chat_app.web.addresses import address_of
from chat_app.web.guests import check_guest
from chat_app.web.identity import identify, set_cookies
from chat_app.web.languages import explain, language_of, take_choice
from chat_app.web.origins import check_origin
from chat_app.web.rendering import error_page, wants_json

log = logging.getLogger(__name__)

# Paths that are the same for everybody: no cookie, no page of ours for an error.
NOBODY = (
    "/static/",
    "/favicon.ico",
    "/manifest.webmanifest",
    "/sw.js",
    "/offline/",
    "/healthz",
    "/readyz",
)

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:;"
    " connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types app"
)


def around(handler: Handler) -> Handler:
    """Return the handler with what is around each: know from where a request comes, and who
    calls; answer every refusal and fault with a page of our own, or with JSON to who wants it.

    No middleware: to find out anew for each request which are around its handler, and in which
    app, takes aiohttp a thirtieth of a handshake.
    """
    return partial(_around, handler)


async def _around(handler: Handler, request: web.Request) -> web.StreamResponse:
    proxies = request.app[keys.CONFIG].server.trusted_proxies
    request[keys.CALLER] = Caller(*address_of(request, proxies))
    try:
        if not request.path.startswith(NOBODY):
            await _know_visitor(request)
        return await handler(request)
    except ChatError as error:
        text = explain(error, language_of(request))
        headers: dict[str, str] = {}
        if error.retry_ms is not None:
            headers[hdrs.RETRY_AFTER] = str(-(-error.retry_ms // 1000))
        if wants_json(request):
            answer = {"code": error.code, "message": text}
            return web.json_response(answer, status=error.status, headers=headers)
        return error_page(request, error.status, text, headers)
    except web.HTTPException as error:
        if error.status < 400 or request.path.startswith(NOBODY):
            raise
        headers = {name: error.headers[name] for name in (hdrs.ALLOW,) if name in error.headers}
        return error_page(request, error.status, None, headers)
    except (web.RequestPayloadError, ConnectionError):
        # A body that is not what was said, or a visitor who has gone, who will not get
        # this: no faults of ours. Raised on, aiohttp would write them down.
        return error_page(request, HTTPStatus.BAD_REQUEST, None, {})
    except Exception:
        log.exception("%s %s failed", request.method, request.match_info.route.resource)
        return error_page(request, HTTPStatus.INTERNAL_SERVER_ERROR, None, {})


async def _know_visitor(request: web.Request) -> None:
    """Know who calls, and that it is from a page of ours."""
    take_choice(request)
    check_origin(request)
    await identify(request)
    check_guest(request)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Put on every answer, the socket's 101 too, what must be on all of them."""
    headers = response.headers
    headers[hdrs.SERVER] = "chat"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"  # no-referrer makes Origin "null" in our own forms
    # Not by `content_type`: each socket would keep what that reads for as long as it lasts.
    if headers.get(hdrs.CONTENT_TYPE, "").startswith("text/html"):
        headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
    set_cookies(request, response)
