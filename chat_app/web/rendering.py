"""How a page is made from a template."""

from collections.abc import Mapping
from pathlib import Path
from types import CodeType
from typing import Any, Final

import aiohttp_jinja2
import jinja2
from aiohttp import hdrs, web
from jinja2.bccache import Bucket
from markupsafe import Markup

from chat_app import keys
from chat_app.assets import find_folder
from chat_app.web.languages import LANGUAGES, TRANSLATIONS, language_of, other_language
from chat_app.web.rows import hue

# Templates as they are in each language: a text is looked up by no name at run time.
_ENVIRONMENTS: Final = {
    language: web.AppKey(f"ENVIRONMENT_{language}", jinja2.Environment) for language in LANGUAGES
}


class _Compiled(jinja2.BytecodeCache):
    """Templates as they are compiled, by text: they are so once, for all languages."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key, bucket.checksum] = bucket.code


_COMPILED: Final = _Compiled()


def setup_templates(app: web.Application) -> None:
    for language, key in _ENVIRONMENTS.items():
        environment = aiohttp_jinja2.setup(
            app,
            app_key=key,
            loader=jinja2.FileSystemLoader(find_folder("templates")),
            extensions=["jinja2.ext.i18n"],
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
            auto_reload=False,
            bytecode_cache=_COMPILED,
        )
        environment.install_gettext_translations(  # type: ignore[attr-defined]
            TRANSLATIONS[language]
        )
        # Jinja2's own `_` asks the context for what is the same in all of this language.
        environment.globals["_"] = TRANSLATIONS[language].gettext
        environment.globals["hue"] = hue
        environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": False}
        # Read now: a template read at its first use would hold up the loop. And what is the
        # same on every page in this language is written down here, once.
        still: dict[str, Markup] = {}
        for name in environment.list_templates():
            template = environment.get_template(name)
            if name.startswith("still/"):
                still[Path(name).stem] = Markup(template.render())  # noqa: S704 - it is HTML
        environment.globals["still"] = still


def still(app: web.Application, language: str, name: str) -> str:
    """Return templates/still/{name}.html as it is in that language."""
    return str(app[_ENVIRONMENTS[language]].globals["still"][name])  # type: ignore[index]


def page(
    request: web.Request, template: str, context: Mapping[str, Any], status: int = 200
) -> web.Response:
    """Render `template` with what every page has: language, title, assets, user."""
    app = request.app
    everywhere = {
        "language": language_of(request),
        "other_language": other_language(request),
        "site_title": app[keys.CONFIG].site.title,
        "static": app[keys.ASSETS].prefix,
        "icon": app[keys.ASSETS].icon,
        "modules": app[keys.ASSETS].modules,
        "user": request[keys.CALLER].user,
        "session": request[keys.CALLER].session,
    }
    response = aiohttp_jinja2.render_template(
        template,
        request,
        {**everywhere, **context},
        app_key=_ENVIRONMENTS[language_of(request)],
        status=status,
    )
    response.headers[hdrs.VARY] = "Accept-Language, Cookie"
    response.enable_compression()
    return response


def error_page(
    request: web.Request, status: int, explanation: str | None, headers: Mapping[str, str]
) -> web.Response:
    """Render the page of an error; its title comes from the status."""
    gettext = TRANSLATIONS[language_of(request)].gettext
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
    401: ("Please log in", "This is for people with an account."),
    403: ("Not from here", "This request came from another site and was refused."),
    404: ("There is nothing here", "This page does not exist. Rooms are at /chat/ and their name."),
    405: ("That did not work", "This page cannot be used in that way."),
    410: ("This link is over", "Please ask for another one."),
    413: ("Too large", "What was sent is larger than the server takes."),
    429: ("Too many at once", "Please wait a little and try again."),
    500: ("Something broke", "The fault is ours, and has been written down. Please try again."),
    503: ("Not now", "The server cannot do this at the moment. Please try again soon."),
}
