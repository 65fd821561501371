"""A page that is told by its test what else goes on in the room."""

import asyncio
import json
from typing import Any

from playwright.async_api import Page, WebSocketRoute

from tests.e2e.room import VALUE
from tests.e2e.waiting import until


class Stage:
    """Between a page and the socket: presence and typing are what the test says."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.welcomed = asyncio.Event()

    async def connect(self, page: WebSocketRoute) -> None:
        self._page = page
        server = page.connect_to_server()

        def down(message: str | bytes) -> None:
            type = json.loads(message)["type"]
            if type not in ("presence", "typing"):
                page.send(message)
            if type == "welcome":
                self.welcomed.set()

        def up(message: str | bytes) -> None:
            self.sent.append(json.loads(message)["type"])
            if self.sent[-1] != "typing":
                server.send(message)

        server.on_message(down)
        page.on_message(up)

    def presence(self, op: str, *users: dict[str, str], count: int) -> None:
        self.tell({"type": "presence", "op": op, "users": users, "count": count})

    def typing(self, *names: str) -> None:
        for name in names:
            user = {"id": f"u_{name}", "name": name}
            self.tell({"type": "typing", "user": user, "ttl": 5})

    def says(self, seq: int, name: str, text: str) -> None:
        user, at = {"id": f"u_{name}", "name": name}, "2026-11-22T13:00:00.000Z"
        message = {"seq": seq, "id": f"m{seq}", "user": user, "message": text, "at": at}
        self.tell({"type": "message", "room": "stage", **message})

    def tell(self, frame: dict[str, Any]) -> None:
        self._page.send(json.dumps(frame))


async def enter(page: Page, room: str = "members") -> Stage:
    stage = Stage()
    await page.route_web_socket("**/ws/**", stage.connect)
    await page.goto(f"/chat/{room}/")
    await page.keyboard.type("hello")
    await page.keyboard.press("Enter")
    await until(page, f"{VALUE} === 'hello\\n'")
    return stage
