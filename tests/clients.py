"""Clients for tests: one person each, full or bare."""

import asyncio
import itertools
import json
from typing import Any

from aiohttp import ClientWebSocketResponse, WSMsgType

Frame = dict[str, Any]

SECONDS = 5.0  # until a frame that should come is missed
_numbers = itertools.count(1)


class Client:
    """One socket. Frames are kept in the order in which they came until asked for.

    `presence` frames come when they like and are kept apart: only `presence` returns
    them. That goes for full clients; to a bare one they are a fault and stay where they are.
    """

    def __init__(self, ws: ClientWebSocketResponse) -> None:
        self.ws = ws
        self.welcome: Frame = {}
        self._kept: list[Frame] = []
        self._presence: list[Frame] = []

    async def greeted(self) -> None:
        """Read the welcome; a socket that is closed instead has none."""
        message = await self.ws.receive(timeout=SECONDS)
        if message.type is WSMsgType.TEXT:
            self.welcome = json.loads(message.data)
            assert self.welcome["type"] == "welcome"

    async def send(self, frame: Any) -> None:
        await self.ws.send_str(frame if isinstance(frame, str) else json.dumps(frame))

    async def raw(self) -> str:
        """Return the next frame's text; nothing may have been kept before it."""
        assert not self._kept
        while True:
            text = await self._receive()
            if not self._takes(text):
                return text

    async def _receive(self) -> str:
        message = await self.ws.receive(timeout=SECONDS)
        assert message.type is WSMsgType.TEXT, f"{message.type!r}, close code {self.ws.close_code}"
        text: str = message.data
        return text

    def _takes(self, text: str) -> bool:
        """Put a frame aside if it is `presence`."""
        aside = bool(self.welcome) and text.startswith('{"type":"presence"')
        if aside:
            self._presence.append(json.loads(text))
        return aside

    async def presence(self) -> Frame:
        """Return the next `presence` frame; keep what comes before it."""
        while not self._presence:
            text = await self._receive()
            if not self._takes(text):
                self._kept.append(json.loads(text))
        return self._presence.pop(0)

    async def next(self) -> Frame:
        if self._kept:
            return self._kept.pop(0)
        frame: Frame = json.loads(await self.raw())
        return frame

    async def expect(self, type: str, **fields: Any) -> Frame:
        """Return the next frame of that type with those fields; keep what comes before it."""
        wanted = {"type": type, **fields}
        before: list[Frame] = []
        while True:
            frame = await self.next()
            if wanted.items() <= frame.items():
                self._kept = before + self._kept
                return frame
            before.append(frame)

    async def post(self, message: str, id: str | None = None) -> Frame:
        """Post and return the ack."""
        id = id or f"test-{next(_numbers):06}"
        await self.send({"type": "post", "id": id, "message": message})
        return await self.expect("ack", id=id)

    async def messages(self, count: int) -> list[Frame]:
        return [await self.expect("message") for _ in range(count)]

    async def nothing(self) -> None:
        """Assert that nothing is on its way: the answer to a request is the next frame."""
        await self.send({"type": "history", "id": "nothing-on-its-way", "limit": 1})
        assert (await self.next())["type"] == "history"

    async def close_code(self) -> int | None:
        """Read to the end; return the code with which the server closed."""
        while not self.ws.closed:
            message = await self.ws.receive(timeout=SECONDS)
            if message.type is WSMsgType.CLOSE:
                # aiohttp says 1006 where the connection had gone before its own answer.
                return int(message.data)
        return self.ws.close_code


async def settled() -> None:
    """Let everything that is ready to run do so."""
    for _ in range(500):
        await asyncio.sleep(0)
