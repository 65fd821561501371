"""What a page fetches as it loads, and what only when it needs it."""

import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.e2e.waiting import until
from tests.servers import Server


async def test_a_room_is_fetched_in_fifteen_requests_at_most(
    page: Page, new_context: Callable[..., Awaitable[BrowserContext]], server: Server
):
    await page.goto("/chat/fetched/")
    await page.keyboard.type("https://a.example/")
    await page.keyboard.press("Enter")
    await until(page, "document.querySelector('.chunk .body a')")
    other = await (await new_context()).new_page()
    fetched: set[str] = set()
    other.on("request", lambda request: fetched.add(request.url.removeprefix(server.url)))
    await other.goto("/chat/fetched/", wait_until="networkidle")
    await until(other, "document.querySelector('#members-list').children.length")
    await until(other, "navigator.serviceWorker.getRegistration().then(found => !!found?.active)")
    # Besides its socket; and not every browser shows us what the worker fetches.
    fetched = {path for path in fetched if re.match("/(?!ws/)", path)} | {"/sw.js", "/offline/"}
    assert len(fetched) <= 15, fetched
    assert not [path for path in fetched if "/later/" in path]


async def test_a_link_in_a_message_can_be_followed(page: Page):
    await page.goto("/chat/links/")
    await page.keyboard.type("see https://a.example/b.")
    await page.keyboard.press("Enter")
    await until(page, "document.querySelector('.chunk .body a')")
    link = page.locator(".chunk .body a")
    assert await link.get_attribute("href") == "https://a.example/b"
    assert await link.get_attribute("rel") == "noopener noreferrer nofollow ugc"
    assert await page.text_content(".chunk .body") == "see https://a.example/b."


async def test_a_name_is_changed_in_place(page: Page):
    await page.goto("/chat/names/")
    await page.keyboard.type("still here")
    await page.click("#me summary")
    await until(page, "document.activeElement.id === 'name-input'")
    await page.keyboard.type("한별")
    await page.keyboard.press("Enter")
    await until(page, "document.querySelector('#me .name').textContent === '한별'")
    await expect(page.locator("#chat-message-input")).to_have_value("still here")
    assert page.url.endswith("/chat/names/")


@pytest.mark.parametrize("lacking", ["", "Object.defineProperty(navigator, 'clipboard', {})"])
async def test_the_rooms_address_is_copied(page: Page, context: BrowserContext, lacking: str):
    await context.add_init_script(lacking)
    await context.add_init_script("""
        const copied = []
        addEventListener('copy', () => copied.push(String(document.activeElement.value)))
        if (navigator.clipboard) navigator.clipboard.writeText = async text => { copied.push(text) }
        window.copied = copied
    """)
    await page.goto("/chat/점심 모임/?before=5")
    await page.keyboard.type("begun")
    await page.get_by_role("button", name="Copy the room's address").click()
    await until(page, "copied.length")
    address = await page.evaluate("new URL('.', location).href")
    assert await page.evaluate("copied") == [address]
    await page.get_by_role("button", name="Address copied").wait_for()
    await expect(page.locator("#chat-message-input")).to_have_value("begun")
