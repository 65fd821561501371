"""The page by keyboard: regions, help, and a keyboard on the screen."""

from collections.abc import Awaitable, Callable

from playwright.async_api import BrowserContext, Page, expect

from tests.e2e.room import FIELD
from tests.e2e.stage import enter
from tests.e2e.waiting import until

FOCUS = "document.activeElement"


async def test_ctrl_slash_shows_and_hides_the_keys(page: Page):
    await page.goto("/chat/keys/")
    await page.keyboard.type("begun")
    for close in ("Control+/", "Escape", "Enter"):  # Enter: on the button that closes it
        await page.keyboard.press("Control+/")
        await until(page, "document.querySelector('#help').open")
        assert await page.is_visible("#help >> text=Shift")
        await page.keyboard.press(close)
        await until(page, "!document.querySelector('#help').open")
        await until(page, f"{FOCUS}.matches('{FIELD}')")
    await page.click("#me summary")
    await page.click("#help-button")
    await until(page, "document.querySelector('#help').open")
    await page.keyboard.press("Escape")
    await expect(page.locator(FIELD)).to_have_value("begun")
    assert page.url.endswith("/chat/keys/")


async def test_before_the_header_is_a_link_past_it(page: Page):
    await page.goto("/chat/keys/")
    await page.focus("header a")
    await page.keyboard.press("Shift+Tab")
    await until(page, f"{FOCUS}.matches('.skip')")
    await page.keyboard.press("Enter")
    await until(page, f"{FOCUS}.matches('{FIELD}')")


# In Firefox a slash and an apostrophe begin its own search.
PRINTED = "abcdefghijklmnopqrstuvwxyz0123456789?!.,-+"
OPENED = "document.querySelectorAll('dialog[open], :popover-open, details[open]').length"


async def test_a_single_key_does_nothing_outside_of_the_timeline(page: Page):
    stage = await enter(page)
    stage.presence("state", {"id": "u_ann", "name": "Ann"}, count=1)
    await page.locator("#members-list .member").wait_for()
    for place in ("#me summary", "#chat-message-submit", "#members-list"):
        await page.focus(place)
        for key in (*PRINTED, "ArrowUp", "ArrowDown", "Home", "End"):
            await page.keyboard.press(key)
            assert await page.evaluate(f"{FOCUS}.matches('{place}') && !{OPENED}"), key
    await expect(page.locator(FIELD)).to_have_value("")


async def test_f6_goes_round_the_regions_and_escape_back_to_writing(page: Page):
    await page.set_viewport_size({"width": 768, "height": 700})  # no column of members
    await page.goto("/chat/keys/")
    for region in ("#me summary", "#chat-log", FIELD, "#me summary", "#chat-log"):
        await page.keyboard.press("F6")
        await until(page, f"{FOCUS}.matches('{region}')")
    await page.keyboard.press("Shift+F6")
    await until(page, f"{FOCUS}.matches('#me summary')")
    await page.keyboard.press("F6")
    await page.keyboard.press("Escape")
    await until(page, f"{FOCUS}.matches('{FIELD}')")


COVER = """([height, scale]) => {
    const to = {height, scale, offsetTop: 0}
    for (const name in to)
        Object.defineProperty(visualViewport, name, {value: to[name], configurable: true})
    visualViewport.dispatchEvent(new Event('resize'))
    return document.querySelector('.write').getBoundingClientRect().bottom
}"""


# No touch screen can be put before Firefox: it is only told of one.
TOUCH = """
const match = matchMedia
matchMedia = query => query === '(pointer: coarse)' ? {matches: true} : match(query)
"""


async def test_a_keyboard_that_covers_the_page_raises_the_composer_and_nothing_else(
    new_context: Callable[..., Awaitable[BrowserContext]],
):
    phone = await new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    await phone.add_init_script(TOUCH)
    page = await phone.new_page()
    await page.goto("/chat/keys/")
    below = await page.evaluate(COVER, [740, 1])
    # As soon as the module that sees to it is there.
    await until(page, f"size => ({COVER})(size) <= 440", [440, 1])
    assert await page.evaluate("document.querySelector('.bar').getBoundingClientRect().top") == 0
    assert await page.evaluate("document.documentElement.scrollHeight") == 740
    assert await page.evaluate(COVER, [370, 2]) == below  # zoomed in: nothing is covered
    assert await page.evaluate(COVER, [700, 1]) == below  # a bar of the browser's
