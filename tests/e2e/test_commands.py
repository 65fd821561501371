"""Commands in the composer, reports, and moderation by both."""

from playwright.async_api import Page, expect

from tests.e2e.room import FIELD, LIVE, VALUE, NewContext
from tests.e2e.waiting import until
from tests.servers import Server
from tests.visitors import visitor


async def enter(page: Page) -> None:
    await page.goto("/chat/room/")
    await until(page, LIVE)


async def own(page: Page) -> None:
    """Come in as somebody who owns the room, having spoken first in it."""
    await page.goto("/account/?next=/chat/room/")
    await page.fill("#name", "Olive")
    await page.fill("#password", "correct horse")
    await page.get_by_role("button", name="Make an account").click()
    await page.wait_for_url("**/chat/room/")
    await until(page, LIVE)
    await type_in(page, "mine")
    await until(page, f"{VALUE} === 'mine\\n'")
    await page.reload()
    await until(page, LIVE)


async def type_in(page: Page, text: str) -> None:
    await page.fill(FIELD, text)
    await page.press(FIELD, "Enter")


async def test_an_unknown_command_is_not_sent_and_stays(page: Page, server: Server):
    await enter(page)
    await type_in(page, "/kcik Ann")
    await expect(page.locator("#composer .notice[role=status]")).to_contain_text(
        "There is no command /kcik."
    )
    await expect(page.locator(FIELD)).to_have_value("/kcik Ann")
    await page.type(FIELD, "!")
    await expect(page.locator("#composer .notice[role=status]")).to_have_text("")
    await type_in(page, "//kcik Ann")
    await until(page, f"{VALUE} === '/kcik Ann\\n'")
    await expect(page.locator(FIELD)).to_have_value("")
    await type_in(page, "/ is a slash")
    await until(page, f"{VALUE} === '/kcik Ann\\n/ is a slash\\n'")


async def test_help_lists_what_one_may(page: Page, new_context: NewContext):
    await own(page)
    guest = await (await new_context()).new_page()
    await enter(guest)
    for each, sees_ban in ((page, True), (guest, False)):
        await type_in(each, "/help")
        dialog = each.get_by_role("dialog")
        await expect(dialog).to_contain_text("/delete")
        assert ("/ban" in await dialog.inner_text()) is sees_ban
        await dialog.get_by_role("button", name="Close").click()
        await expect(dialog).to_have_count(0)
        await expect(each.locator(FIELD)).to_have_value("")  # only once the answer is in
        await until(each, f"document.activeElement === document.querySelector('{FIELD}')")


async def test_delete_takes_ones_newest_message_after_a_question(page: Page, server: Server):
    await enter(page)
    for text in ("one", "two"):
        await type_in(page, text)
    await until(page, f"{VALUE} === 'one\\ntwo\\n'")
    await type_in(page, "/delete")
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("two")
    await page.keyboard.press("Escape")
    await expect(page.locator(FIELD)).to_have_value("/delete")
    await page.press(FIELD, "Enter")
    await dialog.get_by_role("button", name="Delete").click()
    await until(page, f"{VALUE} === 'one\\n'")
    await expect(page.locator(FIELD)).to_have_value("")


async def test_a_moderator_kicks_mutes_and_bans_by_name(page: Page, server: Server):
    await own(page)
    async with visitor(server.url, "room", "Ann Lee") as ann:
        await ann.post("hello")
        await until(page, f"{VALUE}.includes('hello')")
        status = page.locator("#composer .notice[role=status]")
        await type_in(page, "/mute Nobody")
        await expect(status).to_contain_text("Nobody called Nobody")
        await type_in(page, "/mute Ann Lee 10m")
        await expect(status).to_have_text("Ann Lee may only read now.")
        await ann.expect("access")
        await type_in(page, "/unmute @ann lee")
        await expect(status).to_have_text("Ann Lee may write again.")
        await type_in(page, "/ban Ann Lee")
        await expect(status).to_contain_text("may not come back")
        assert await ann.close_code() == 4503
        await type_in(page, "/unban Ann Lee")
        await expect(status).to_have_text("Ann Lee may come back.")
    await page.goto("/chat/room/audit/")
    rows = await page.locator("tbody tr").all_inner_texts()
    assert len(rows) == 4
    assert all("Ann Lee" in row and "Olive" in row for row in rows)


async def test_who_may_not_is_told_so(page: Page, server: Server):
    async with visitor(server.url, "room", "Ann") as ann:
        await ann.post("hello")
        await enter(page)
        await type_in(page, "/kick Ann")
        await expect(page.locator("#composer .notice[role=status]")).to_contain_text(
            "Only the moderators of this room"
        )
        await expect(page.locator(FIELD)).to_have_value("/kick Ann")
        await ann.post("still here")


async def test_a_report_reaches_the_moderators(page: Page, new_context: NewContext):
    await own(page)
    guest = await (await new_context()).new_page()
    await enter(guest)
    await guest.locator(".row").hover()
    await guest.get_by_role("button", name="Report").click()
    dialog = guest.get_by_role("dialog")
    await dialog.get_by_role("textbox").fill("not nice")
    await dialog.get_by_role("button", name="Report").click()
    await expect(dialog).to_have_count(0)
    await expect(guest.locator("#composer .notice[role=status]")).to_contain_text("Thank you.")

    await page.locator("#me summary").click()
    await page.get_by_role("link", name="Reports").click()
    await expect(page.locator(".case")).to_contain_text("not nice")
    await page.get_by_role("button", name="Delete it").click()
    await expect(page.get_by_role("status")).to_have_text("The message was deleted.")
    await until(guest, f"{VALUE} === ''")
