"""A browser that runs no scripts: it reads, pages back, and posts."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page

from tests.servers import Server, serve
from tests.visitors import visitor

# playwright cannot ask this of an unpatched Firefox.
pytestmark = pytest.mark.chromium

FIELD, SEND = "#chat-message-input", "#chat-message-submit"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with serve(tmp_path, "limits.message_rate=0") as running:
        yield running


@pytest.fixture
async def page(new_context: Callable[..., Awaitable[BrowserContext]]) -> Page:
    return await (await new_context(java_script_enabled=False)).new_page()


async def bodies(page: Page) -> list[str]:
    return await page.locator(".row .body").all_text_contents()


async def test_the_room_is_read_paged_back_and_posted_to(page: Page, server: Server):
    async with visitor(server.url, "quiet", "Ann") as ann:
        for number in range(1, 71):
            await ann.post(str(number))
    await page.goto("/chat/")
    await page.fill("#room-name-input", "quiet")
    await page.click("#room-name-submit")
    await page.wait_for_url("**/chat/quiet/")
    assert await bodies(page) == [str(number) for number in range(21, 71)]
    assert await page.locator(".row .body").last.is_visible()

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


async def test_what_works_by_script_alone_is_not_offered(page: Page):
    await page.goto("/chat/quiet/")
    for button in await page.get_by_role("button").all():
        assert await button.get_attribute("type") != "button", await button.inner_html()
