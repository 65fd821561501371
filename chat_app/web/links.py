"""One-time links: looking at one changes nothing, so that a preview does not use it up."""

from aiohttp import web

from chat_app import keys
from chat_app.errors import ChatError, LinkRefused
from chat_app.models import Link
from chat_app.web.accounts import account_page, form_page
from chat_app.web.forms import read_form
from chat_app.web.identity import begin_session


async def link(request: web.Request) -> web.Response:
    """GET /link/{token}/: what it is for, and the form that uses it."""
    token = request.match_info["token"]
    opened = await request.app[keys.ACCOUNTS].open_link(token)
    if opened.kind != "reset" and request[keys.CALLER].session is None:
        return await account_page(request, {}, link=opened, token=token)
    return await _page(request, opened, None)


async def use_link(request: web.Request) -> web.Response:
    """POST /link/{token}/: sets `password` by a "reset" link, or makes this account an owner."""
    fields = await read_form(request)
    accounts = request.app[keys.ACCOUNTS]
    opened = await accounts.open_link(request.match_info["token"])
    back = web.HTTPSeeOther("/account/?done=password")
    if opened.kind == "reset":
        try:
            account = await accounts.reset_password(opened, fields.get("password", ""))
        except LinkRefused:
            raise
        except ChatError as error:
            return await _page(request, opened, error)
        await begin_session(request, back, account)
    elif request[keys.CALLER].session is not None:
        await accounts.become_owner(request[keys.CALLER].user, opened)
        back = web.HTTPSeeOther("/account/?done=owner")
    else:
        back = web.HTTPSeeOther(request.rel_url)
    raise back


async def _page(request: web.Request, opened: Link, error: ChatError | None) -> web.Response:
    if opened.kind == "invite":
        raise web.HTTPSeeOther("/account/")
    name = request[keys.CALLER].user.name
    if opened.kind == "reset":
        name = (await request.app[keys.ACCOUNTS].subject(opened)).user.name
    return form_page(request, "link.html", {"link": opened, "name": name}, error)
