"""Who is calling. A guest is a signed cookie, given without being asked for.

The cookie holds the user's id, the time and a signature, nothing else: names are
in the store, and nothing is written there before the first post or rename.
"""

import secrets
from typing import Final

from aiohttp import hdrs, web
from itsdangerous import BadSignature, TimestampSigner

from chat_app import keys

_SECONDS: Final = 400 * 24 * 3600  # the longest that browsers keep a cookie
_RENEWED: Final = 30 * 24 * 3600  # a visitor who comes back within that year stays known


async def identify(request: web.Request) -> None:
    """Set USER, NEW_GUEST, and COOKIE_DUE where the answer must carry a cookie."""
    signer = _signer(request)
    due, new = True, False
    try:
        signed = request.cookies.get(_name(request), "")
        value, signed_at = signer.unsign(signed, return_timestamp=True)
        user_id = value.decode()
        due = (signer.get_timestamp() - signed_at.timestamp()) > _RENEWED
    except (BadSignature, UnicodeError):
        user_id, new = f"u_{secrets.token_hex(8)}", True
    request[keys.USER] = await request.app[keys.USERS].user(user_id)
    request[keys.COOKIE_DUE] = due
    request[keys.NEW_GUEST] = new


def set_cookie(request: web.Request, response: web.StreamResponse) -> None:
    """Give the visitor the cookie that `identify` found to be due.

    For the signal `on_response_prepare`, which a socket's 101 passes too.
    """
    response.set_cookie(
        _name(request),
        _signer(request).sign(request[keys.USER].id).decode(),
        max_age=_SECONDS,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=request[keys.SCHEME] == "https",
    )
    # By then aiohttp has made headers of the cookies that it knew.
    cookie = response.cookies[_name(request)].OutputString()
    response.headers.add(hdrs.SET_COOKIE, cookie)


def _name(request: web.Request) -> str:
    # The prefix has the browser see to it that no other host or path sets it.
    return "__Host-guest" if request[keys.SCHEME] == "https" else "guest"


def _signer(request: web.Request) -> TimestampSigner:
    return TimestampSigner(request.app[keys.COOKIE_SECRET], salt="guest")
