"""A browser for tests of accounts: pages, forms and sockets with the same cookies."""

from typing import Any
from urllib.parse import quote

from aiohttp import ClientResponse, ClientSession, CookieJar
from yarl import URL

from tests.clients import Client

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


class Browser:
    """One person's. Redirects are answered, not followed."""

    def __init__(self, url: URL, user_agent: str = FIREFOX) -> None:
        headers = {"Sec-Fetch-Site": "same-origin", "User-Agent": user_agent}
        self.jar = CookieJar(unsafe=True)
        self.session = ClientSession(url, cookie_jar=self.jar, headers=headers)
        self.sockets: list[Client] = []

    async def get(self, path: str, **options: Any) -> ClientResponse:
        answer = await self.session.get(path, allow_redirects=False, **options)
        await answer.read()
        return answer

    async def post(self, path: str, **fields: str) -> ClientResponse:
        answer = await self.session.post(path, data=fields, allow_redirects=False)
        await answer.read()
        return answer

    async def register(self, name: str, password: str = "correct horse", **more: str) -> None:
        """Make this guest an account; it must work."""
        answer = await self.post("/account/", name=name, password=password, **more)
        assert answer.status == 303, await answer.text()

    async def log_in(self, name: str, password: str = "correct horse") -> ClientResponse:
        return await self.post("/login/", name=name, password=password)

    async def join(self, room: str = "lobby", *, bare: bool = False, query: str = "") -> Client:
        """Open a socket, with its welcome read, if it is full and got one."""
        url = URL(f"/ws/chat/{quote(room, safe='')}/{query}", encoded=True)
        ws = await self.session.ws_connect(url, protocols=() if bare else ("chat.v1",))
        client = Client(ws)
        self.sockets.append(client)  # one that nobody holds is closed
        if not bare:
            await client.greeted()
        return client

    def cookie(self, name: str) -> str | None:
        """Return the value of a cookie of the server."""
        return next((each.value for each in self.jar if each.key == name), None)

    async def close(self) -> None:
        # What is open still would warn, where it goes with a cycle of references.
        for client in self.sockets:
            await client.ws.close()
        await self.session.close()
