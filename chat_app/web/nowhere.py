"""Paths that lead nowhere."""

from typing import Final, NoReturn

from aiohttp import web

NOWHERE: Final = "nowhere"  # the name of the route for whatever no other one is for


async def nowhere(request: web.Request) -> NoReturn:
    """Every other path: raises HTTPNotFound, or HTTPMethodNotAllowed where another method is
    served, as aiohttp does by itself; but that goes past `around`."""
    served: set[str] = set()
    for resource in request.app.router.resources():
        match, methods = await resource.resolve(request)
        if match is None:
            served |= methods
    if served:
        raise web.HTTPMethodNotAllowed(request.method, served)
    raise web.HTTPNotFound


def leads_somewhere(request: web.Request) -> bool:
    return request.match_info.route.name != NOWHERE
