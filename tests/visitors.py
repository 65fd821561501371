"""People in the rooms of a server in a process of its own: they come, take a name, and talk."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

from aiohttp import ClientSession, CookieJar

from tests.clients import Client

OURS = {"Sec-Fetch-Site": "same-origin"}


@asynccontextmanager
async def visitor(url: str, room: str, name: str | None = None) -> AsyncIterator[Client]:
    """Join the room of the server at `url` for as long as the block lasts, under that name."""
    path = f"/chat/{quote(room, safe='')}/"
    async with ClientSession(url, cookie_jar=CookieJar(unsafe=True)) as session:
        async with session.get(path) as answer:
            assert answer.status == 200
        if name is not None:
            form = {"name": name, "room": room}
            async with session.post("/me/name", data=form, headers=OURS) as answer:
                assert answer.status == 200
        async with session.ws_connect(f"/ws{path}", protocols=("chat.v1",)) as ws:
            client = Client(ws)
            await client.greeted()
            yield client
