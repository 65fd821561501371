"""Deleting a message: what is left of it on the page, and how one does it."""

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.e2e.room import FIELD, LIVE, VALUE, NewContext, tap
from tests.e2e.waiting import until
from tests.servers import Server
from tests.visitors import visitor


async def say(page: Page, *texts: str) -> None:
    for text in texts:
        await page.fill(FIELD, text)
        await page.press(FIELD, "Enter")
        await expect(page.locator(".chunk .row.own .body", has_text=text).last).to_be_visible()


async def test_what_is_deleted_goes_from_every_page_and_its_place_stays(page: Page, server: Server):
    async with visitor(server.url, "room", "Ann") as ann:
        acks = [await ann.post(text) for text in ("one", "👍", "three")]
        await page.goto("/chat/room/")
        await until(page, f"{LIVE} && {VALUE} === 'one\\n👍\\nthree\\n'")
        await ann.send({"type": "delete", "id": "delete-01", "target": acks[1]["seq"]})
        await until(page, f"{VALUE} === 'one\\nthree\\n'")
        rows = page.locator(".row")
        await expect(rows).to_have_count(3)
        await expect(rows.nth(1).locator(".body")).to_have_text("Message deleted")
        assert "emoji" not in (await rows.nth(1).get_attribute("class") or "")
        # What comes next is contiguous: nothing is asked for again, nothing is missing.
        await ann.post("four")
        await until(page, f"{VALUE} === 'one\\nthree\\nfour\\n'")
    await page.reload()
    await until(page, f"{LIVE} && {VALUE} === 'one\\nthree\\nfour\\n'")
    await expect(page.locator(".row").nth(1).locator(".body")).to_have_text("Message deleted")


async def test_in_the_past_too(page: Page, server: Server):
    async with visitor(server.url, "room", "Ann") as ann:
        acks = [await ann.post(str(number)) for number in range(1, 61)]
        for number in (2, 59):
            await ann.send(
                {"type": "delete", "id": f"delete-{number}", "target": acks[number - 1]["seq"]}
            )
            await ann.expect("ack", id=f"delete-{number}")
        await page.goto("/chat/room/")
        await until(page, LIVE)
        # Near the top the page fetches them by itself; a click could come too late.
        await page.evaluate("document.querySelector('#chat-log').scrollTop = 0")
        left = "".join(f"{number}\\n" for number in range(1, 61) if number not in (2, 59))
        await until(page, f"{VALUE} === '{left}'")
        await expect(page.locator(".row")).to_have_count(60)
        await expect(page.locator(".gone")).to_have_count(2)


async def test_the_first_touch_of_a_message_brings_its_buttons(
    new_context: NewContext, server: Server
):
    async with visitor(server.url, "room", "Ann") as ann:
        await ann.post("one")
    size = {"width": 360, "height": 740}
    page = await (await new_context(viewport=size, has_touch=True, is_mobile=True)).new_page()
    await page.goto("/chat/room/")
    await until(page, LIVE)
    await tap(page.locator(".row"))
    await expect(page.locator(".row").get_by_role("button", name="Report")).to_be_visible()


@pytest.mark.chromium  # what drives Firefox needs its scripts
async def test_without_scripts(new_context: NewContext, server: Server):
    page = await (await new_context(java_script_enabled=False)).new_page()
    async with visitor(server.url, "room", "Ann") as ann:
        ack = await ann.post("one")
        await ann.post("two")
        await ann.send({"type": "delete", "id": "delete-01", "target": ack["seq"]})
        await ann.expect("ack", id="delete-01")
    await page.goto("/chat/room/")
    assert await page.locator(".row .body").all_text_contents() == ["Message deleted", "two"]


async def test_by_keyboard_and_only_after_a_question(page: Page):
    await page.goto("/chat/room/")
    await until(page, LIVE)
    await say(page, "one", "two")
    await page.press(FIELD, "Shift+F6")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator(".deeds")).to_be_visible()
    await page.keyboard.press("Enter")  # to the first action
    await expect(page.get_by_role("button", name="Delete")).to_be_focused()
    await expect(page.get_by_role("button", name="Report")).to_be_hidden()  # it is one's own
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("two")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)
    assert await page.evaluate(VALUE) == "one\ntwo\n"

    await expect(page.get_by_role("button", name="Delete")).to_be_focused()
    await page.keyboard.press("Enter")
    await dialog.get_by_role("button", name="Delete").click()
    await until(page, f"{VALUE} === 'one\\n'")
    await expect(dialog).to_have_count(0)
    await expect(page.locator(".deeds")).to_have_count(0)
    focused = "document.activeElement === document.querySelector('.gone article')"
    await until(page, focused)


async def test_somebody_elses_message_can_be_reported_and_not_deleted(page: Page, server: Server):
    async with visitor(server.url, "room", "Ann") as ann:
        await ann.post("rude")
        await page.goto("/chat/room/")
        await until(page, LIVE)
        await page.locator(".row").hover()
        await expect(page.get_by_role("button", name="Report")).to_be_visible()
        await expect(page.get_by_role("button", name="Delete")).to_be_hidden()


async def test_why_it_was_not_deleted_is_said_and_it_can_be_tried_again(
    page: Page, context: BrowserContext
):
    await page.goto("/chat/room/")
    await until(page, LIVE)
    await say(page, "one")
    await page.locator(".row").hover()
    await page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    await page.evaluate("dispatchEvent(new Event('offline'))")  # as the network goes
    await dialog.get_by_role("button", name="Delete").click()
    await expect(dialog.get_by_role("alert")).to_have_text(
        "You are offline. Try again when you are back."
    )
    await page.keyboard.press("Escape")
    await page.evaluate("dispatchEvent(new Event('online'))")
    await say(page, "two")  # so it is connected again
    await page.locator(".row").first.hover()
    await page.get_by_role("button", name="Delete").click()
    await dialog.get_by_role("button", name="Delete").click()
    await until(page, f"{VALUE} === 'two\\n'")
