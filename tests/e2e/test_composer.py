"""The field one writes in, from a keyboard without an input method."""

from collections.abc import Awaitable, Callable

from playwright.async_api import BrowserContext, Page, expect

from tests.e2e.loop import fixture
from tests.e2e.room import FIELD, tap
from tests.e2e.waiting import until

LINES = "document.querySelector('#chat-log').value.split('\\n').filter(line => line)"


@fixture
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
    await expect(page.locator(FIELD)).to_have_value("one\ntwo")
    await page.keyboard.press("Control+a")
    assert await sent(page) == []


async def test_ctrl_enter_and_cmd_enter_send_once(page: Page):
    for key in ("Control", "Meta"):
        await page.keyboard.type(key)
        await page.keyboard.press(f"{key}+Enter")
        await expect(page.locator(FIELD)).to_have_value("")
    assert await sent(page) == ["Control", "Meta"]


async def test_a_further_enter_on_the_emptied_field_sends_nothing(page: Page):
    await page.keyboard.type("hello")
    for _ in range(3):
        await page.keyboard.press("Enter")
    await expect(page.locator(FIELD)).to_have_value("")
    assert await sent(page) == ["hello"]


async def test_the_button_sends_and_the_field_keeps_the_focus(page: Page):
    await page.keyboard.type("hello")
    await page.click("#chat-message-submit")
    assert await sent(page) == ["hello"]


async def test_the_field_grows_with_its_text_to_two_fifths_of_the_page(page: Page):
    height = f"document.querySelector('{FIELD}').offsetHeight"
    size = f"parseFloat(getComputedStyle(document.querySelector('{FIELD}')).fontSize)"
    assert await page.evaluate(size) >= 16  # below that, a phone zooms in
    heights = []
    for lines in (1, 3, 100):
        await page.fill(FIELD, "\n".join(["line"] * lines))
        heights.append(await page.evaluate(height))
    assert heights == sorted(set(heights))
    assert heights[-1] <= 0.4 * await page.evaluate("innerHeight") + 1


async def test_on_a_touch_screen_enter_makes_a_new_line_and_the_button_sends(
    new_context: Callable[..., Awaitable[BrowserContext]],
):
    page = await (await new_context(has_touch=True, is_mobile=True)).new_page()
    await page.goto("/chat/typing/")
    for text in ("one", "two"):
        await page.keyboard.type(text)
        await page.keyboard.press("Enter")
    await expect(page.locator(FIELD)).to_have_value("one\ntwo\n")
    await tap(page.locator("#chat-message-submit"))
    await until(page, f"{LINES}.join() === 'one,two'")
    assert await page.evaluate("document.activeElement.id") == "chat-message-input"
    assert await page.locator(".chunk .row").count() == 1
