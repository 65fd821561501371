"""Who is in the room, and who is typing, as the page shows it."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from tests.e2e.room import FIELD, NAMES, TYPING, NewContext
from tests.e2e.stage import Stage, enter
from tests.e2e.waiting import until

ANN, BOB = {"id": "u_ann", "name": "Ann"}, {"id": "u_bob", "name": "\u05d1\u05d5\u05d1"}


async def test_on_a_wide_screen_the_members_have_a_column_that_stays(new_context: NewContext):
    page = await (await new_context(viewport={"width": 1280, "height": 800})).new_page()
    stage = await enter(page)
    me = await page.evaluate("JSON.parse(document.querySelector('#room-state').textContent).user")
    stage.presence("state", BOB, ANN, me, count=3)
    await until(page, f"{NAMES}.length === 3")
    assert (await page.evaluate(NAMES))[0] == me["name"]
    assert await page.is_visible("#members-list >> text=you")
    assert await page.locator("#members-list .you:visible").count() == 1
    assert await page.is_hidden("#members-button")
    sheet = await page.locator("#composer").bounding_box()
    column = await page.locator("#side").bounding_box()
    assert sheet is not None
    assert column is not None
    assert (round(sheet["width"]), round(column["width"])) == (760, 260)
    assert round(sheet["x"] + sheet["width"]) == round(column["x"])
    stage.presence("leave", BOB, count=2)
    await until(page, f"{NAMES}.length === 2")
    await expect(page.locator("#members-count")).to_have_text("2")
    for region in ("#members-list", "#me summary", "#chat-log", FIELD):
        await page.keyboard.press("F6")
        await until(page, f"document.activeElement.matches('{region}')")


@pytest.mark.parametrize(("width", "modal"), [(768, False), (360, True)])
async def test_elsewhere_they_open_from_their_count_and_close_by_escape(
    new_context: NewContext, width: int, modal: bool
):
    page = await (await new_context(viewport={"width": width, "height": 700})).new_page()
    stage = await enter(page)
    assert await page.is_hidden("#members-button")
    stage.presence("state", ANN, BOB, count=230)
    await until(page, "!document.querySelector('#members-button').hidden")
    assert await page.get_attribute("#members-button", "aria-label") == "230 in the room"
    assert await page.evaluate("document.activeElement.id") == "chat-message-input"
    for _ in range(2):
        await page.click("#members-button")
        await until(page, "document.querySelector('#members').checkVisibility()")
        assert await page.evaluate("Boolean(document.querySelector('dialog:modal'))") is modal
        await expect(page.locator("#members-more")).to_have_text("and 228 more")
        box = await page.locator("#members-dialog").bounding_box()
        assert box is not None
        assert (box["height"] == 700) is modal
        await page.keyboard.press("Escape")
        await until(page, "!document.querySelector('#members').checkVisibility()")
    await page.set_viewport_size({"width": 1280, "height": 700})
    await until(page, "document.querySelector('#side #members')?.checkVisibility()")


async def test_two_people_see_each_other_come_and_type(new_context: NewContext):
    wide = {"width": 1280, "height": 800}
    ann, bob = [await (await new_context(viewport=wide)).new_page() for _ in range(2)]
    for page in (ann, bob):
        await page.goto("/chat/two/")
    names = {str(await page.text_content("#me .name")) for page in (ann, bob)}
    for page in (ann, bob):
        await until(page, f"names => {NAMES}.sort().join() === names", ",".join(sorted(names)))
        await expect(page.locator("#members-count")).to_have_text("2")
    await ann.keyboard.type("hello")
    await until(
        bob, f"name => {TYPING} === `${{name}} is typing…`", await ann.text_content("#me .name")
    )
    assert await ann.evaluate(TYPING) == ""
    await ann.keyboard.press("Enter")
    await until(bob, f"{TYPING} === ''")


async def test_who_types_is_named_in_a_line_that_moves_nothing(page: Page):
    stage = await enter(page)
    height = "document.querySelector('.composer').offsetHeight"
    before = await page.evaluate(height)
    for name, line in [
        ("Ann", "Ann is typing…"),
        ("민수", "Ann and 민수 are typing…"),
        ("Cid", "Ann, 민수 and Cid are typing…"),
        ("Dan", "4 people are typing…"),
    ]:
        stage.typing(name)
        await until(page, f"line => {TYPING} === line", line)
    assert await page.evaluate(height) == before
    stage.says(2, "Cid", "hi")
    await until(page, f"{TYPING} === 'Ann, 민수 and Dan are typing…'")
    assert await page.locator("#typing bdi").count() == 3


async def test_names_are_followed_by_nim_in_korean(new_context: NewContext):
    page = await (await new_context(locale="ko-KR")).new_page()
    stage = await enter(page)
    stage.typing("Ann", "민수")
    await until(page, f"{TYPING} === 'Ann, 민수님이 입력 중…'")


async def test_typing_is_told_while_one_types_and_not_of_an_empty_field(page: Page):
    stage = Stage()
    await page.route_web_socket("**/ws/**", stage.connect)
    await page.goto("/chat/quiet/")
    await asyncio.wait_for(stage.welcomed.wait(), 10)
    await page.keyboard.type("  ")
    await page.keyboard.press("Backspace")
    # Put there by no key, as a draft is.
    await page.evaluate(f"document.querySelector('{FIELD}').value = 'quiet'")
    await page.keyboard.press("Enter")
    await until(page, "document.querySelector('#chat-log').value === 'quiet\\n'")
    assert "typing" not in stage.sent
    await page.keyboard.type("loud")
    await page.keyboard.press("Enter")
    await until(page, "document.querySelector('#chat-log').value === 'quiet\\nloud\\n'")
    assert "typing" in stage.sent
