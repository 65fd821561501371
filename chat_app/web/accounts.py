"""Accounts as pages: making one, logging in and out, the password, the sessions.

All of it works with scripts off.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import hdrs, web

from chat_app import keys
from chat_app.chat.names import guest
from chat_app.chat.passwords import FEWEST_CHARS, MOST_CHARS
from chat_app.errors import ChatError, LogInNeeded
from chat_app.models import Link, Session
from chat_app.web.forms import read_form
from chat_app.web.guests import next_of
from chat_app.web.identity import begin_session, end_session
from chat_app.web.languages import explain, language_of
from chat_app.web.rendering import page, wants_json


async def account(request: web.Request) -> web.Response:
    """GET /account/: one's own account, or making one."""
    return await account_page(request, {"done": request.query.get("done")})


async def register(request: web.Request) -> web.Response:
    """POST /account/: makes this guest an account of `name` and `password`.

    With the token of a one-time `link` where registration is not open; then goes to `next`.
    """
    fields = await read_form(request)
    link, token = None, fields.get("link")
    accounts, caller = request.app[keys.ACCOUNTS], request[keys.CALLER]
    try:
        link = await accounts.open_link(token) if token else None
        if caller.session is not None:
            raise web.HTTPSeeOther("/account/")
        made = await accounts.register(
            caller.user,
            fields.get("name", ""),
            fields.get("password", ""),
            address=caller.address,
            link=link,
        )
    except ChatError as error:
        return await account_page(request, fields, error=error, link=link, token=token)
    back = web.HTTPSeeOther(next_of(fields.get("next")))
    await begin_session(request, back, made)
    raise back


async def change_password(request: web.Request) -> web.Response:
    """POST /account/password/: takes `current` and `password`; ends all other sessions."""
    session, fields = _session(request), await read_form(request)
    try:
        changed = await request.app[keys.ACCOUNTS].change_password(
            session.user,
            fields.get("current", ""),
            fields.get("password", ""),
            address=request[keys.CALLER].address,
        )
    except ChatError as error:
        return await account_page(request, {}, error=error, about="password")
    back = web.HTTPSeeOther("/account/?done=password")
    await begin_session(request, back, changed)
    raise back


async def end_sessions(request: web.Request) -> web.Response:
    """POST /account/sessions/: ends the one named by `session`, or with `others` all others."""
    session, fields = _session(request), await read_form(request)
    sessions = request.app[keys.SESSIONS]
    if "others" in fields:
        await sessions.end_others(session)
    elif (chosen := fields.get("session")) and chosen != session.id:
        await sessions.end(session.user, [chosen])
    raise web.HTTPSeeOther("/account/?done=ended")


async def login(request: web.Request) -> web.Response:
    """GET /login/: then it goes to ?next="""
    if request[keys.CALLER].session is not None:
        raise web.HTTPSeeOther(next_of(request.query.get("next")))
    return _login_page(request, request.query)


async def log_in(request: web.Request) -> web.Response:
    """POST /login/: takes `name` and `password`, then goes to `next`."""
    fields = await read_form(request)
    try:
        account = await request.app[keys.ACCOUNTS].log_in(
            fields.get("name", ""), fields.get("password", ""), address=request[keys.CALLER].address
        )
        back = web.HTTPSeeOther(next_of(fields.get("next")))
        await begin_session(request, back, account)
    except ChatError as error:
        return _login_page(request, fields, error)
    raise back


async def log_out(request: web.Request) -> web.Response:
    """POST /logout/: ends this session, and closes its sockets."""
    back = web.HTTPSeeOther("/login/?done=out")
    await end_session(request, back)
    raise back


def _session(request: web.Request) -> Session:
    if (session := request[keys.CALLER].session) is None:
        raise LogInNeeded("You need to log in.")
    return session


async def account_page(
    request: web.Request,
    fields: Mapping[str, Any],
    *,
    error: ChatError | None = None,
    about: str = "account",
    link: Link | None = None,
    token: str | None = None,
) -> web.Response:
    """Render the page of one's account or, for a guest, of making one.

    `fields` are what was typed before; `about`: which form an error is about.
    """
    caller = request[keys.CALLER]
    session, user = caller.session, caller.user
    sessions = await request.app[keys.SESSIONS].all(session.user) if session else []
    chosen = user.name if user != guest(user.id) else ""
    context = {
        "done": fields.get("done"),
        "name": fields.get("name", chosen),
        "next": next_of(fields.get("next") or request.query.get("next")),
        "may_register": request.app[keys.ACCOUNTS].may_register(link),
        "link": link,
        "token": token,
        "about": about,
        "sessions": [
            {
                "id": each.id,
                "browser": each.browser,
                "seen": datetime.fromtimestamp(each.seen_at / 1000, UTC),
                "started": datetime.fromtimestamp(each.started_at / 1000, UTC),
                "own": session is not None and each.id == session.id,
            }
            for each in sessions
        ],
    }
    return form_page(request, "account.html", context, error)


def _login_page(
    request: web.Request, fields: Mapping[str, str], error: ChatError | None = None
) -> web.Response:
    context = {
        "name": fields.get("name", ""),
        "next": next_of(fields.get("next")),
        "done": fields.get("done"),
        "may_register": request.app[keys.ACCOUNTS].may_register(None),
    }
    return form_page(request, "login.html", context, error)


def form_page(
    request: web.Request, template: str, context: Mapping[str, Any], error: ChatError | None
) -> web.Response:
    """Render a form, with what was wrong with it before. Raises `error` where JSON is wanted."""
    if error is not None and wants_json(request):
        raise error
    notice = explain(error, language_of(request)) if error else None
    limits = {"fewest": FEWEST_CHARS, "most": MOST_CHARS}
    response = page(
        request,
        template,
        {"notice": notice, "password": limits, **context},
        error.status if error else 200,
    )
    if error is not None and error.retry_ms is not None:
        response.headers[hdrs.RETRY_AFTER] = str(-(-error.retry_ms // 1000))
    return response
