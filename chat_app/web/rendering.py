"""How a page is made from a template."""

from collections.abc import Mapping
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import hdrs, web
from jinja2.runtime import Context

from chat_app import keys
from chat_app.assets import find_folder
from chat_app.web.languages import TRANSLATIONS, other_language


def setup_templates(app: web.Application) -> None:
    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(find_folder("templates")),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        _gettext, _ngettext, newstyle=True
    )
    # Read now: a template read at its first use would hold up the loop.
    for name in environment.list_templates():
        environment.get_template(name)
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": False}


@jinja2.pass_context
def _gettext(context: Context, text: str) -> str:
    return TRANSLATIONS[context["language"]].gettext(text)


@jinja2.pass_context
def _ngettext(context: Context, singular: str, plural: str, count: int) -> str:
    return TRANSLATIONS[context["language"]].ngettext(singular, plural, count)


def page(
    request: web.Request, template: str, context: Mapping[str, Any], status: int = 200
) -> web.Response:
    """Render `template` with what every page has: language, title, assets, user."""
    app = request.app
    everywhere = {
        "language": request[keys.LANGUAGE],
        "other_language": other_language(request),
        "site_title": app[keys.CONFIG].site.title,
        "static": app[keys.ASSETS].prefix,
        "modules": app[keys.ASSETS].modules,
        "user": request.get(keys.USER),
    }
    response = aiohttp_jinja2.render_template(
        template, request, {**everywhere, **context}, status=status
    )
    response.headers[hdrs.VARY] = "Accept-Language, Cookie"
    response.enable_compression()
    return response


def error_page(
    request: web.Request, status: int, explanation: str | None, headers: Mapping[str, str]
) -> web.Response:
    """Render the page of an error; its title comes from the status."""
    gettext = TRANSLATIONS[request[keys.LANGUAGE]].gettext
    title, why = _TEXTS.get(status, _TEXTS[400 if status < 500 else 500])
    context = {
        "status": status,
        "title": gettext(title),
        "explanation": explanation or gettext(why),
    }
    response = page(request, "error.html", context, status)
    response.headers.update(headers)
    return response


def wants_json(request: web.Request) -> bool:
    return request.headers.get(hdrs.ACCEPT, "").startswith("application/json")


_TEXTS = {
    400: ("That did not work", "The server could not make sense of this request."),
    403: ("Not from here", "This request came from another site and was refused."),
    404: ("There is nothing here", "This page does not exist. Rooms are at /chat/ and their name."),
    405: ("That did not work", "This page cannot be used in that way."),
    413: ("Too large", "What was sent is larger than the server takes."),
    429: ("Too many at once", "Please wait a little and try again."),
    500: ("Something broke", "The fault is ours, and has been written down. Please try again."),
    503: ("Not now", "The server cannot do this at the moment. Please try again soon."),
}
