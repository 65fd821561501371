"""What a guest finds closed: asked to log in first."""

from typing import Final
from urllib.parse import quote

from aiohttp import hdrs, web

from chat_app import keys
from chat_app.chat.rights import Visitor
from chat_app.errors import LogInNeeded
from chat_app.web.nowhere import leads_somewhere

# Where one logs in, or becomes somebody who can. The socket says no in its own way.
_OPEN: Final = ("/login/", "/logout/", "/account/", "/link/", "/ws/")


def check_guest(request: web.Request) -> None:
    """Lead a guest to the login where guests may not even read; raise LogInNeeded where
    there is no leading."""
    if request.path.startswith(_OPEN):
        return
    try:
        request.app[keys.ACCOUNTS].check_reading(request[keys.CALLER].session)
    except LogInNeeded:
        if request.method == hdrs.METH_GET and leads_somewhere(request):
            raise web.HTTPSeeOther(login_url(request.rel_url.raw_path_qs)) from None
        raise


def visitor_of(request: web.Request) -> Visitor:
    """Return who calls, as the doors of the rooms see it."""
    caller = request[keys.CALLER]
    return request.app[keys.ACCOUNTS].visitor(caller.user, caller.session, caller.address)


def login_url(next_: str) -> str:
    return f"/login/?next={quote(next_, safe='/')}"


def next_of(text: str | None) -> str:
    """Return where to go on: a path of ours, else the lobby."""
    # "//host/", "/\host/" and "/\t/host/" are addresses of other hosts to a browser.
    if text and text.startswith("/") and not text.startswith("//") and text.isprintable():
        return "/chat/" if "\\" in text else text
    return "/chat/"
