"""What the room page's scripts say once they need to, and the page does not bring along."""

from aiohttp import hdrs, web

from chat_app.web.languages import LANGUAGES
from chat_app.web.rendering import still


async def texts(request: web.Request) -> web.Response:
    """GET /texts/{language}: texts by their keys, as JSON."""
    language = request.match_info["language"]
    if language not in LANGUAGES:
        raise web.HTTPNotFound
    answer = web.json_response(text=still(request.app, language, "later"))
    answer.headers[hdrs.CACHE_CONTROL] = "no-cache"
    return answer
