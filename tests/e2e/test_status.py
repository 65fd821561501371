"""What the page says of its connection."""

import json

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from tests.e2e.waiting import until

SAYS = "text => document.querySelector('#status-text').textContent.includes(text)"
RETRY = "#status-retry"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (4500, "do not understand each other"),
        (4501, "not logged in"),
        (4503, "put out of this room"),
        (4504, "no such room"),
        (4999, "connection was closed"),
    ],
)
async def test_who_is_refused_for_good_is_told_why_and_does_not_come_back(
    page: Page, code: int, text: str
):
    tries = []

    async def refuse(socket: WebSocketRoute) -> None:
        tries.append(socket)
        await socket.close(code=code)

    await page.route_web_socket("**/ws/**", refuse)
    await page.goto("/chat/refused/")
    await until(page, SAYS, text)
    await page.evaluate("dispatchEvent(new Event('online'))")
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert await page.is_hidden(RETRY)
    assert await page.get_attribute("#status", "role") == "status"
    # Only being put out may interrupt who listens to something else.
    live = await page.get_attribute("#status", "aria-live")
    assert live == ("assertive" if code == 4503 else None)
    assert len(tries) == 1


async def test_a_lost_connection_is_told_and_tried_at_once_when_asked(page: Page):
    tries = []

    async def overloaded(socket: WebSocketRoute) -> None:
        tries.append(socket)
        if len(tries) == 1:
            await socket.close(code=1013)  # half a minute at least, so nothing else tries again
        else:
            socket.send(
                json.dumps({"type": "welcome", "user": {"id": "u", "name": "u"}, "ping": 25})
            )

    await page.route_web_socket("**/ws/**", overloaded)
    await page.goto("/chat/lost/")
    await until(page, SAYS, "No connection")
    await page.keyboard.type("the focus stays")
    await page.click(RETRY)
    await until(page, SAYS, "Connected again")
    await expect(page.locator("#chat-message-input")).to_have_value("the focus stays")
    assert len(tries) == 2
