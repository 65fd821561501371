"""For operators: is it alive, and should it be sent visitors."""

from collections.abc import Mapping

from aiohttp import hdrs, web

from chat_app import keys


async def healthz(request: web.Request) -> web.Response:
    """GET /healthz: the process answers. It asks nobody: a restart would mend nothing else."""
    draining = request.app[keys.DRAIN].begun.is_set()
    return _answer(200, "draining" if draining else "ok", {})


async def readyz(request: web.Request) -> web.Response:
    """GET /readyz: 200 if visitors should be sent here, else 503; why, if not all is well.

    A server that can show rooms but not store messages is `degraded`, and still 200: to
    send visitors elsewhere, or nowhere, would take the reading from them too.
    """
    if request.app[keys.DRAIN].begun.is_set():
        return _answer(503, "draining", {"draining": "the server is going down"})
    ill = await request.app[keys.HEALTH].ill()
    reasons = {part.name: part.problem for part in ill}
    if any(part.needed for part in ill):
        return _answer(503, "unready", reasons)
    return _answer(200, "degraded" if ill else "ready", reasons)


def _answer(code: int, status: str, reasons: Mapping[str, str]) -> web.Response:
    return web.json_response(
        {"status": status, "reasons": reasons},
        status=code,
        headers={hdrs.CACHE_CONTROL: "no-store"},
    )
