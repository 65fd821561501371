"""Modules that a page fetches only when it needs them."""

from playwright.async_api import Page

from tests.e2e.waiting import until


async def test_a_link_in_a_message_can_be_followed(page: Page):
    await page.goto("/chat/links/")
    await page.keyboard.type("see https://a.example/b.")
    await page.keyboard.press("Enter")
    await until(page, "document.querySelector('.chunk .body a')")
    link = page.locator(".chunk .body a")
    assert await link.get_attribute("href") == "https://a.example/b"
    assert await page.text_content(".chunk .body") == "see https://a.example/b."


async def test_a_name_is_changed_in_place(page: Page):
    await page.goto("/chat/names/")
    await page.keyboard.type("still here")
    await page.click("#me summary")
    await until(page, "document.activeElement.id === 'name-input'")
    await page.keyboard.type("한별")
    await page.keyboard.press("Enter")
    await until(page, "document.querySelector('#me .name').textContent === '한별'")
    assert await page.input_value("#chat-message-input") == "still here"
    assert page.url.endswith("/chat/names/")
