"""Korean and English: which one a visitor reads or chose, and the texts in it.

English is what stands in the code; `locale/ko.po` is compiled when the program starts.
"""

from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from typing import Final

from aiohttp import hdrs, web
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from yarl import URL

from chat_app import keys
from chat_app.errors import ChatError
from chat_app.web.nowhere import leads_somewhere

LANGUAGES: Final = {"en": "English", "ko": "한국어"}
_COOKIE: Final = "language"
_SECONDS: Final = 400 * 24 * 3600  # the longest that browsers keep a cookie


def load_translations() -> dict[str, NullTranslations]:
    """Return the texts by language."""
    catalog = files("chat_app.web").joinpath("locale", "ko.po")
    compiled = BytesIO()
    with catalog.open("rb") as file:
        write_mo(compiled, read_po(file, locale="ko"))
    compiled.seek(0)
    return {"en": NullTranslations(), "ko": GNUTranslations(compiled)}


TRANSLATIONS: Final = load_translations()


def language_of(request: web.Request) -> str:
    """Return "ko" or "en": `site.language`, else what was chosen, else what the browser prefers.

    Found at the first call: what is answered without a word has no language.
    """
    if keys.LANGUAGE not in request:
        request[keys.LANGUAGE] = _find_language(request)
    return request[keys.LANGUAGE]


def _find_language(request: web.Request) -> str:
    fixed = request.app[keys.CONFIG].site.language
    if fixed != "auto":
        return fixed
    if (chosen := request.cookies.get(_COOKIE)) in LANGUAGES:
        return chosen
    return _preferred(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))


@lru_cache(maxsize=256)  # browsers of one kind and country send the same
def _preferred(accepted: str) -> str:
    wanted: list[tuple[float, str]] = []
    for part in accepted.split(",")[:20]:
        tag, _, quality = part.strip().partition(";q=")
        try:
            wanted.append((-float(quality or 1), tag.partition("-")[0].lower()))
        except ValueError:
            continue
    # Sorted by quality alone: of equals, the one named first.
    for rank, tag in sorted(wanted, key=lambda pair: pair[0]):
        if tag in LANGUAGES and rank < 0:
            return tag
    return "en"


def other_language(request: web.Request) -> dict[str, str] | None:
    """Return `code`, `name` and `url` of this page in the other language; None if one is fixed."""
    if request.app[keys.CONFIG].site.language != "auto":
        return None
    code = next(code for code in LANGUAGES if code != language_of(request))
    page = request.rel_url if leads_somewhere(request) else URL("/chat/")
    query = [("lang", code), *page.without_query_params("lang").query.items()]
    return {"code": code, "name": LANGUAGES[code], "url": str(page.with_query(query))}


def take_choice(request: web.Request) -> None:
    """Remember the language in ?lang= and come back without it. Works with scripts off."""
    if not request.rel_url.raw_query_string:
        return  # as most; the query need not be parsed
    code = request.query.get("lang")
    if code not in LANGUAGES or request.method != "GET" or not leads_somewhere(request):
        return  # "//host/?lang=ko" would lead away from here
    back = web.HTTPSeeOther(request.rel_url.without_query_params("lang"))
    back.set_cookie(
        _COOKIE,
        code,
        max_age=_SECONDS,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=request[keys.CALLER].scheme == "https",
    )
    raise back


def explain(error: ChatError, language: str) -> str:
    """Return what was wrong, in the visitor's language."""
    text = TRANSLATIONS[language].gettext(error.text)
    return text.format(**error.values) if error.values else text
