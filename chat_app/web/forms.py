"""What a form brings."""

import asyncio

from aiohttp import hdrs, web

from chat_app import keys
from chat_app.chat.limits import network_of
from chat_app.errors import Invalid

FORM_SECONDS = 30.0  # for a form to come whole


async def read_form(request: web.Request) -> dict[str, str]:
    """Return the fields of a posted form; of a field that came twice, the first.

    Raises Invalid for what is not application/x-www-form-urlencoded in UTF-8:
    multipart would put files on the disk, and Python knows charsets that take it a
    second, or that make half characters.
    """
    ordinary = request.content_type == "application/x-www-form-urlencoded"
    utf8 = (request.charset or "utf-8").lower() == "utf-8"
    if not (ordinary and utf8) or hdrs.CONTENT_ENCODING in request.headers:
        raise Invalid("This address takes an ordinary form.")
    try:
        async with asyncio.timeout(FORM_SECONDS):
            form = await request.post()
    except TimeoutError as error:
        raise Invalid("This form took too long to come.") from error
    except ValueError as error:
        raise Invalid("This address takes an ordinary form.") from error
    return {name: value for name, value in reversed(list(form.items())) if isinstance(value, str)}


def take_message(request: web.Request) -> None:
    """Take one of the messages that a visitor may send. Raises RateLimited."""
    caller = request[keys.CALLER]
    guest_from = network_of(caller.address) if caller.session is None else ""
    request.app[keys.MESSAGE_LIMIT].take(caller.user.id, guest_from)
