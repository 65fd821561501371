"""What makes the pages an app that can be installed, and that opens without a network."""

import json
from typing import Final

from aiohttp import hdrs, web

from chat_app import keys
from chat_app.assets import Assets
from chat_app.web.languages import TRANSLATIONS, language_of
from chat_app.web.rendering import page

# "any" may be see-through at the corners; of a maskable one each system cuts its own shape.
_ICONS: Final = (
    ("favicon.svg", "any", "any"),
    ("icons/192.png", "192x192", "any"),
    ("icons/512.png", "512x512", "any"),
    ("icons/maskable.png", "512x512", "maskable"),
)


async def manifest(request: web.Request) -> web.Response:
    """GET /manifest.webmanifest"""
    assets = request.app[keys.ASSETS]
    title = request.app[keys.CONFIG].site.title
    content = {
        "id": "/chat/",
        "name": title,
        "short_name": title,
        "start_url": "/chat/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#fbfaf8",
        "theme_color": "#fbfaf8",
        "icons": [
            {
                "src": assets.prefix + path,
                "sizes": sizes,
                "type": assets.files[path].content_type,
                "purpose": purpose,
            }
            for path, sizes, purpose in _ICONS
        ],
    }
    return _fresh(json.dumps(content, ensure_ascii=False), "application/manifest+json")


async def worker(request: web.Request) -> web.Response:
    """GET /sw.js: static/sw.js, told which files this version of the pages has."""
    return _fresh(worker_source(request.app[keys.ASSETS]), "text/javascript")


def worker_source(assets: Assets) -> str:
    files = [assets.prefix + path for path in assets.files if path.startswith(("css/", "js/"))]
    shell = [assets.prefix + path for path in ("css/app.css", "js/offline.js")]
    first = [path for path in files if path in shell or path in assets.modules]
    later = [path for path in files if path not in first]
    source = assets.files["sw.js"].body.decode()
    filled_in = (('VERSION = ""', assets.fingerprint), ("FIRST = []", first), ("LATER = []", later))
    for empty, filled in filled_in:
        source = source.replace(empty, f"{empty.partition('=')[0]}= {json.dumps(filled)}")
    return source


async def shell(request: web.Request) -> web.Response:
    """GET /offline/: shown in place of a page that cannot be fetched. Nobody's, so it can be kept;
    in both languages, since it may have been kept before one was chosen."""
    first = language_of(request)
    languages = sorted(TRANSLATIONS, key=lambda language: language != first)
    return page(
        request,
        "offline.html",
        {"gettexts": {language: TRANSLATIONS[language].gettext for language in languages}},
    )


def _fresh(text: str, content_type: str) -> web.Response:
    headers = {hdrs.CACHE_CONTROL: "no-cache"}
    response = web.Response(text=text, content_type=content_type, charset="utf-8", headers=headers)
    response.enable_compression()
    return response
