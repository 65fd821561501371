"""Who is calling. A guest is a signed cookie, given without being asked for.

The cookie holds the user's id, the time and a signature, nothing else: names are
in the store, and nothing is written there before the first post or rename.
"""

import secrets
from contextlib import suppress
from typing import Final

from aiohttp import hdrs, web
from itsdangerous import BadSignature

from chat_app import keys
from chat_app.chat.names import guest

_SECONDS: Final = 400 * 24 * 3600  # the longest that browsers keep a cookie
_RENEWED: Final = 30 * 24 * 3600  # a visitor who comes back within that year stays known


async def identify(request: web.Request) -> None:
    """Set USER, NEW_GUEST, and COOKIE_DUE where the answer must carry a cookie."""
    signer = request.app[keys.SIGNER]
    user_id, due = "", True
    if signed := request.cookies.get(_name(request)):
        with suppress(BadSignature, UnicodeError):
            value, signed_at = signer.unsign(signed, return_timestamp=True)
            user_id = value.decode()
            due = (signer.get_timestamp() - signed_at.timestamp()) > _RENEWED
    request[keys.COOKIE_DUE] = due
    request[keys.NEW_GUEST] = not user_id
    if user_id:
        request[keys.USER] = await request.app[keys.USERS].user(user_id)
    else:
        request[keys.USER] = guest(f"u_{secrets.token_hex(8)}")


def set_cookie(request: web.Request, response: web.StreamResponse) -> None:
    """Give the visitor the cookie that `identify` found to be due.

    For the signal `on_response_prepare`, which a socket's 101 passes too.
    """
    name, value = _name(request), request.app[keys.SIGNER].sign(request[keys.USER].id).decode()
    secure = "; Secure" if request[keys.SCHEME] == "https" else ""
    # By then aiohttp has made headers of the cookies that it knows.
    response.headers.add(
        hdrs.SET_COOKIE,
        f"{name}={value}; HttpOnly; Max-Age={_SECONDS}; Path=/; SameSite=Lax{secure}",
    )


def _name(request: web.Request) -> str:
    # The prefix has the browser see to it that no other host or path sets it.
    return "__Host-guest" if request[keys.SCHEME] == "https" else "guest"
