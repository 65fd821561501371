"""The Django Channels tutorial's two browser tests, step by step, against our pages.

Nothing is clicked: keys go to whatever has the focus when the page has loaded.
"""

from playwright.async_api import BrowserContext, Page

from tests.e2e.waiting import until

SAYS = "text => document.querySelector('#chat-log').value.includes(text)"


async def enter(page: Page, room: str) -> None:
    await page.goto("/chat/")
    await page.keyboard.type(room)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/chat/{room}/")


async def post(page: Page, message: str) -> None:
    await page.keyboard.type(message)
    await page.keyboard.press("Enter")


async def test_a_message_is_seen_by_everyone_in_the_room(context: BrowserContext):
    first, second = await context.new_page(), await context.new_page()
    await enter(first, "room_1")
    await enter(second, "room_1")

    await post(first, "hello")

    await until(first, SAYS, "hello")
    await until(second, SAYS, "hello")


async def test_a_message_is_not_seen_in_another_room(context: BrowserContext):
    first, second = await context.new_page(), await context.new_page()
    await enter(first, "room_1")
    await enter(second, "room_2")

    await post(first, "hello")
    await until(first, SAYS, "hello")
    await post(second, "world")
    await until(second, SAYS, "world")

    assert not await second.evaluate(SAYS, "hello")
