"""A browser that runs no scripts: it reads, pages back, and posts."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.e2e.loop import fixture
from tests.e2e.room import FIELD, SEND
from tests.servers import Server
from tests.visitors import visitor

# What drives Firefox needs its scripts.
pytestmark = pytest.mark.chromium


@fixture
async def page(new_context: Callable[..., Awaitable[BrowserContext]]) -> Page:
    return await (await new_context(java_script_enabled=False)).new_page()


async def bodies(page: Page) -> list[str]:
    return await page.locator(".row .body").all_text_contents()


async def test_the_room_is_read_paged_back_and_posted_to(page: Page, server: Server):
    async with visitor(server.url, "quiet", "Ann") as ann:
        for number in range(1, 71):
            await ann.post(str(number))
    await page.goto("/chat/")
    await expect(page.get_by_text("Rooms you opened")).to_be_hidden()  # no script lists them
    await page.fill("#room-name-input", "quiet")
    await page.click("#room-name-submit")
    await page.wait_for_url("**/chat/quiet/")
    assert await bodies(page) == [str(number) for number in range(21, 71)]
    await expect(page.locator(".row .body").last).to_be_in_viewport()

    await page.get_by_role("link", name="Older messages").click()
    await page.wait_for_url("**/chat/quiet/?before=21")
    assert await bodies(page) == [str(number) for number in range(1, 21)]
    await page.get_by_role("link", name="Newest messages").click()
    await page.wait_for_url("**/chat/quiet/")

    await page.fill(FIELD, "from <b>plain</b> html")
    await page.click(SEND)
    await page.wait_for_url("**/chat/quiet/")
    assert (await bodies(page))[-1] == "from <b>plain</b> html"
    assert await page.locator(".row.own").count() == 1
    await page.reload()  # asks for the page, and posts nothing again
    assert (await bodies(page)).count("from <b>plain</b> html") == 1


@pytest.mark.parametrize("width", [360, 1280])
async def test_one_can_enter_write_change_name_and_language(
    new_context: Callable[..., Awaitable[BrowserContext]], width: int
):
    size = {"width": width, "height": 740}
    page = await (await new_context(java_script_enabled=False, viewport=size)).new_page()
    await page.goto("/chat/")
    # autofocus alone may come after a fast typist's first letter.
    await page.fill("#room-name-input", "plain")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/chat/plain/")
    await expect(page.locator("button:visible")).to_have_count(1)  # send
    await page.fill("#chat-message-input", "hello")
    await page.click("#chat-message-submit")
    await expect(page.locator(".row .body")).to_have_text("hello")

    await page.click("#me summary")
    await page.fill("#name-input", "한별")
    await page.keyboard.press("Enter")
    await expect(page.locator("#me summary .name")).to_have_text("한별")

    await page.click("#me summary")
    await expect(page.locator("button:visible")).to_have_count(2)  # save, send
    await page.click(".switch")
    await expect(page.locator("html")).to_have_attribute("lang", "ko")
    assert page.url.endswith("/chat/plain/")
    await expect(page.locator(".row .body")).to_have_text("hello")
