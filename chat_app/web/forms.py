"""What a form brings."""

import asyncio
from typing import Final

from aiohttp import web

from chat_app.errors import Invalid

FORM_SECONDS: Final = 30.0  # for a form to come whole


async def read_form(request: web.Request) -> dict[str, str]:
    """Return the fields of a posted form; of a field that came twice, the first.

    Raises Invalid for what is not application/x-www-form-urlencoded in a charset
    that Python knows: multipart would put files on the disk.
    """
    if request.content_type != "application/x-www-form-urlencoded":
        raise Invalid("This address takes an ordinary form.")
    try:
        async with asyncio.timeout(FORM_SECONDS):
            form = await request.post()
    except TimeoutError as error:
        raise Invalid("This form took too long to come.") from error
    except (ValueError, LookupError) as error:
        raise Invalid("This address takes an ordinary form.") from error
    return {name: value for name, value in reversed(list(form.items())) if isinstance(value, str)}
