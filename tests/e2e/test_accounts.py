"""Accounts in real browsers: two of them, one person."""

from playwright.async_api import Page

from tests.e2e.room import LIVE, PASSWORD, NewContext
from tests.e2e.waiting import until


async def submit(page: Page, name: str) -> None:
    await page.fill("#name", name)
    await page.fill("#password", PASSWORD)
    await page.press("#password", "Enter")


async def test_a_guest_becomes_an_account_and_logs_the_other_browser_out(new_context: NewContext):
    first = await (await new_context()).new_page()
    await first.goto("/chat/lunch/")
    await until(first, LIVE)
    await first.keyboard.type("hi")
    await first.click("#chat-message-submit")
    await until(first, "document.querySelector('.chunk .own')")
    await first.click("#me summary")
    await first.click("#me .menu a[href^='/account/']")
    await submit(first, "Ann")
    await first.wait_for_url("**/chat/lunch/")
    await until(first, LIVE)
    assert await first.locator(".chunk .own").count() == 1

    second = await (await new_context()).new_page()
    await second.goto("/login/?next=/chat/lunch/")
    await submit(second, "Ann")
    await second.wait_for_url("**/chat/lunch/")
    await until(second, "document.querySelector('.chunk .own')")
    await second.goto("/account/")
    await second.click(".sessions button")
    await until(second, "document.querySelectorAll('.sessions li').length === 1")
    await until(first, "document.querySelector('#status').textContent.includes('not logged in')")


async def test_another_tab_of_the_guest_comes_back_as_the_account(new_context: NewContext):
    context = await new_context()
    room, form = await context.new_page(), await context.new_page()
    await room.goto("/chat/lunch/")
    await until(room, LIVE)
    await form.goto("/account/")
    await submit(form, "Ann")
    await form.wait_for_url("**/chat/")
    await until(room, "document.querySelector('#me summary .name').textContent === 'Ann'")
    await room.fill("#chat-message-input", "still me")
    await room.click("#chat-message-submit")
    await until(room, "document.querySelector('.chunk .own')")
