"""Who is calling. A guest is a signed cookie, given without being asked for.

The cookie holds the user's id, the time and a signature, nothing else: names are
in the store, and nothing is written there before the first post or rename.

An account is a random token in another cookie, made anew at each login; the store knows
its hash, and whether it has been ended. Where there is one the guest's cookie counts for
nothing, and one whose guest has an account since counts for nothing anywhere.
"""

import hmac
import os
from binascii import b2a_base64
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from aiohttp import hdrs, web
from itsdangerous import BadSignature, TimestampSigner
from itsdangerous.encoding import base64_encode, int_to_bytes, want_bytes

from chat_app import keys
from chat_app.chat.names import guest
from chat_app.models import Account, Caller, User
from chat_app.web.browsers import browser_of

_SECONDS: Final = 400 * 24 * 3600  # the longest that browsers keep a cookie
_RENEWED: Final = 30 * 24 * 3600  # a visitor who comes back within that year stays known

_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
_NO_COOKIES: Final[Mapping[str, str]] = {}


class GuestSigner(TimestampSigner):
    """Signs the guests' cookies, and signs as itsdangerous does.

    That derives its key, makes an HMAC of it and says the time anew for each cookie, which takes
    three times as long as to copy an HMAC that has taken in the key, and to say the time once.
    """

    def __init__(self, secret: str | bytes) -> None:
        super().__init__(secret, salt="guest")
        self._keyed = hmac.new(self.derive_key(), digestmod="sha1")
        self._stamp = (0, b"")  # the second, and the text of it

    def sign(self, value: str | bytes) -> bytes:
        now = self.get_timestamp()
        if now != self._stamp[0]:
            self._stamp = now, base64_encode(int_to_bytes(now))
        stamped = b"%b.%b" % (want_bytes(value), self._stamp[1])
        return b"%b.%b" % (stamped, self._signature(stamped))

    def get_signature(self, value: str | bytes) -> bytes:
        return self._signature(want_bytes(value))

    def _signature(self, value: bytes) -> bytes:
        mac = self._keyed.copy()
        mac.update(value)
        return b2a_base64(mac.digest(), newline=False).translate(_URL_SAFE).rstrip(b"=")

    def verify_signature(self, value: str | bytes, sig: str | bytes) -> bool:
        return hmac.compare_digest(self.get_signature(value), want_bytes(sig))


async def identify(request: web.Request) -> None:
    """Set the caller's user and session, and what of its cookies the answer changes."""
    caller = request[keys.CALLER]
    # aiohttp keeps what it has parsed, though there was nothing, as long as a socket lasts.
    cookies = request.cookies if hdrs.COOKIE in request.headers else _NO_COOKIES
    if token := cookies.get(_name(caller, "session")):
        if session := await request.app[keys.SESSIONS].find(token):
            caller.session, caller.user = session, session.user
            return
        caller.session_ended = True
    user, due = None, True
    if signed := cookies.get(_name(caller, "guest")):
        user, due = await _find_guest(request, signed)
    # Both at last: where the store cannot be read now, there is nobody whom to give a cookie.
    caller.user, caller.cookie_due = user or guest(f"u_{os.urandom(8).hex()}"), due


async def _find_guest(request: web.Request, signed: str) -> tuple[User | None, bool]:
    """Return the guest of a cookie, if it is one of ours, and whether it needs another one."""
    signer = request.app[keys.SIGNER]
    with suppress(BadSignature, UnicodeError):
        value, signed_at = signer.unsign(signed, return_timestamp=True)
        user = await request.app[keys.USERS].guest(value.decode())
        return user, user is None or signer.get_timestamp() - signed_at.timestamp() > _RENEWED
    return None, True


def set_cookies(request: web.Request, response: web.StreamResponse) -> None:
    """Give and take the cookies that `identify` found to be due.

    For the signal `on_response_prepare`, which a socket's 101 passes too.
    """
    try:
        caller = request[keys.CALLER]
    except KeyError:  # aiohttp refused it before anybody was asked
        return
    if caller.cookie_due:
        value = request.app[keys.SIGNER].sign(caller.user.id).decode()
        _set(caller, response, "guest", value)
    if caller.session_ended:
        _drop(caller, response, "session")


async def begin_session(request: web.Request, response: web.Response, account: Account) -> None:
    """Log the visitor in: a new token, whatever it came with, and the end of that session.

    Raises WrongPassword if the account has another password by now.
    """
    sessions, caller = request.app[keys.SESSIONS], request[keys.CALLER]
    before = caller.session
    browser = browser_of(request.headers.get(hdrs.USER_AGENT, ""))
    token = await sessions.start(account, browser)
    if before is not None:
        await sessions.end(before.user, [before.id])
    _set(caller, response, "session", token)
    caller.session_ended = False
    if caller.user.id == account.user.id and before is None:
        # It was this guest: the cookie counts for nothing now.
        caller.cookie_due = False
        _drop(caller, response, "guest")


async def end_session(request: web.Request, response: web.Response) -> None:
    """Log the visitor out."""
    caller = request[keys.CALLER]
    if (session := caller.session) is not None:
        await request.app[keys.SESSIONS].end(session.user, [session.id])
    caller.session_ended = False
    _drop(caller, response, "session")


def _set(caller: Caller, response: web.StreamResponse, cookie: str, value: str) -> None:
    age = _SECONDS if value else 0
    secure = "; Secure" if caller.scheme == "https" else ""
    # A header of our own: when the answer is prepared, aiohttp has made those that it knows.
    response.headers.add(
        hdrs.SET_COOKIE,
        f"{_name(caller, cookie)}={value}; HttpOnly; Max-Age={age}; Path=/; SameSite=Lax{secure}",
    )
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")  # it is this visitor's alone


def _drop(caller: Caller, response: web.StreamResponse, cookie: str) -> None:
    _set(caller, response, cookie, "")


def _name(caller: Caller, cookie: str) -> str:
    # The prefix has the browser see to it that no other host or path sets it.
    return f"__Host-{cookie}" if caller.scheme == "https" else cookie
