"""The field one writes in, from a keyboard without an input method."""

import pytest
from playwright.async_api import Page

from tests.e2e.waiting import until

FIELD = "#chat-message-input"
LINES = "document.querySelector('#chat-log').value.split('\\n').filter(line => line)"


@pytest.fixture
async def page(page: Page) -> Page:
    await page.goto("/chat/typing/")
    return page


async def sent(page: Page) -> list[str]:
    """Send "end", and return what the room got before it: one author's order is kept."""
    await page.keyboard.type("end")
    await page.keyboard.press("Enter")
    await until(page, f"{LINES}.at(-1) === 'end'")
    assert await page.locator("#pending .row").count() == 0  # nor did the server refuse any
    lines: list[str] = await page.evaluate(LINES)
    return lines[:-1]


async def test_shift_enter_makes_a_new_line(page: Page):
    await page.keyboard.type("one")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("two")
    assert await page.input_value(FIELD) == "one\ntwo"
    await page.keyboard.press("Control+a")
    assert await sent(page) == []


async def test_ctrl_enter_sends_once(page: Page):
    await page.keyboard.type("hello")
    await page.keyboard.press("Control+Enter")
    assert await page.input_value(FIELD) == ""
    assert await sent(page) == ["hello"]


async def test_a_further_enter_on_the_emptied_field_sends_nothing(page: Page):
    await page.keyboard.type("hello")
    for _ in range(3):
        await page.keyboard.press("Enter")
    assert await page.input_value(FIELD) == ""
    assert await sent(page) == ["hello"]


async def test_the_button_sends_and_the_field_keeps_the_focus(page: Page):
    await page.keyboard.type("hello")
    await page.click("#chat-message-submit")
    assert await sent(page) == ["hello"]
