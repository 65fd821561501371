"""What tests ask of a room's page, and say of it: the words that they share."""

import re
from collections.abc import Awaitable, Callable

from playwright.async_api import BrowserContext, Locator, Page

NewContext = Callable[..., Awaitable[BrowserContext]]

PASSWORD = "correct horse"
# Selectors.
FIELD, SEND = "#chat-message-input", "#chat-message-submit"
# Expressions: what was said, a line for each message; whether the page's script has begun.
VALUE = "document.querySelector('#chat-log').value"
LIVE = "document.querySelector('#chat-log[data-live]')"
# What was said, line by line; what waits; who is in the list; who types.
LINES = "document.querySelector('#chat-log').value.split('\\n').filter(line => line)"
WAITING = "[...document.querySelectorAll('#pending .row .body')].map(body => body.textContent)"
NAMES = "[...document.querySelectorAll('#members-list .name')].map(name => name.textContent)"
TYPING = "document.querySelector('#typing').textContent"


async def say(page: Page, *texts: str) -> None:
    for text in texts:
        await page.keyboard.type(text)
        await page.keyboard.press("Enter")


async def tap(target: Locator) -> None:
    """Touch it. Firefox, as playwright drives it, has fingers that do nothing: it clicks."""
    browser = target.page.context.browser
    assert browser
    await (target.tap() if browser.browser_type.name == "chromium" else target.click())


def forget_lost_connections(problems: list[str]) -> None:
    lost = re.compile("WebSocket connection|establish a connection|connection to .* interrupted")
    problems[:] = [each for each in problems if not lost.search(each)]
