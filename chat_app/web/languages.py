"""Korean and English: which one a visitor reads, and the texts in it.

English is what stands in the code; `locale/ko.po` is compiled when the program starts.
"""

from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from typing import Final

from aiohttp import hdrs, web
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from chat_app import keys
from chat_app.errors import ChatError

LANGUAGES: Final = ("en", "ko")


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
    """Return "ko" or "en": `site.language`, else what the browser prefers."""
    fixed = request.app[keys.CONFIG].site.language
    if fixed != "auto":
        return fixed
    wanted: list[tuple[float, str]] = []
    for part in request.headers.get(hdrs.ACCEPT_LANGUAGE, "").split(",")[:20]:
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


def explain(error: ChatError, language: str) -> str:
    """Return what was wrong, in the visitor's language."""
    text = TRANSLATIONS[language].gettext(error.text)
    return text.format(**error.values) if error.values else text
