"""What one may do changes while one is in the room: what the page says and offers then."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.e2e.room import FIELD, LIVE, VALUE, NewContext, tap
from tests.e2e.stage import enter
from tests.e2e.waiting import until

WHY = "#composer > p[role=status]:not(.notice:empty)"
LOCKED = "This room is locked: nobody can write in it now."


@pytest.fixture
def come(new_context: NewContext) -> Callable[..., Awaitable[Page]]:
    """Come into the room, with an account if a name is given."""

    async def arrive(name: str | None = None, **options: Any) -> Page:
        page = await (await new_context(**options)).new_page()
        if name is None:
            await page.goto("/chat/lunch/")
        else:
            await page.goto("/account/?next=/chat/lunch/")
            await page.fill("#name", name)
            await page.fill("#password", "correct horse")
            await page.get_by_role("button", name="Make an account").click()
            await page.wait_for_url("**/chat/lunch/")
        await until(page, LIVE)
        return page

    return arrive


Come = Callable[..., Awaitable[Page]]


async def say(page: Page, text: str) -> None:
    await page.fill(FIELD, text)
    await page.click("#chat-message-submit")


async def own(page: Page) -> None:
    """Become the room's owner by speaking first."""
    await say(page, "mine")
    await until(page, f"{VALUE} === 'mine\\n'")


async def settle(page: Page, **form: str) -> None:
    """Change the settings as the form does, from a page of the owner's."""
    status = await page.evaluate(
        """async (form) => {
          const body = new URLSearchParams({ slow_seconds: "0", ...form })
          return (await fetch("/chat/lunch/settings/", { method: "POST", body })).status
        }""",
        form,
    )
    assert status == 200


def row(page: Page, name: str) -> Any:
    return page.locator("#members-list .member", has_text=name)


async def choose(page: Page, name: str, what: str, time: str | None = None) -> None:
    await row(page, name).get_by_role("button").click()
    dialog = page.get_by_role("dialog", name=name)
    await dialog.get_by_label(what, exact=True).check()
    if time:
        await dialog.get_by_label("For how long").select_option(label=time)
    await dialog.get_by_role("button", name="Do it").click()
    await expect(dialog).to_have_count(0)


async def test_a_locked_room_keeps_what_one_writes_and_says_why(come: Come):
    ann, guest = await come("Ann"), await come()
    await own(ann)
    await guest.fill(FIELD, "on my tongue")
    await settle(ann, locked="1")
    await expect(guest.locator(WHY)).to_have_text(LOCKED)
    await expect(guest.locator(FIELD)).to_have_value("on my tongue")
    assert await guest.is_editable(FIELD)
    await guest.click("#chat-message-submit")
    await expect(guest.locator("#composer > .notice")).to_have_text(LOCKED)
    await guest.press(FIELD, "!")
    await expect(guest.locator("#composer > .help")).to_have_text(LOCKED)
    await expect(guest.locator(FIELD)).to_have_value("on my tongue!")
    assert await guest.evaluate(VALUE) == "mine\n"

    late = await come()
    await expect(late.locator("#composer > .help")).to_have_text(LOCKED)
    await settle(ann)
    for page in (late, guest):
        await until(page, "document.querySelector('#composer > .help').textContent === ''")
    await guest.click("#chat-message-submit")
    await until(late, f"{VALUE} === 'mine\\non my tongue!\\n'")


def access(why: str | None = None, retry_ms: int | None = None) -> dict[str, Any]:
    """What one is told who may do as usual or, with a reason, only read."""
    frame: dict[str, Any] = {"type": "access", "role": "none", "may": ["read", "hurry"]}
    if why is None:
        return frame | {"may": ["read", "post", "hurry"]}
    return frame | {"why": why} | ({} if retry_ms is None else {"retry_ms": retry_ms})


async def test_the_page_says_why_one_cannot_write_until_that_is_over(page: Page):
    stage = await enter(page)
    line = page.locator("#composer > .help")
    for why, text in (
        ("announce_only", "Only moderators write in this room."),
        ("locked", LOCKED),
        ("muted", "You are muted in this room."),
    ):
        stage.tell(access(why))
        await expect(line).to_have_text(text)
    await page.fill(FIELD, "/help")  # commands go on
    await page.press(FIELD, "Enter")
    await page.get_by_role("dialog").get_by_role("button", name="Close").click()
    await expect(page.locator(FIELD)).to_have_value("")
    # A timer that is set for so long would go off at once.
    stage.tell(access("muted", 2**32))
    await expect(line).to_contain_text("You are muted in this room until")
    stage.typing("Ann")
    await expect(page.locator("#typing")).to_have_text("Ann is typing…")
    await expect(line).to_contain_text("You are muted in this room until")
    stage.tell(access("muted", 1))  # it ends by itself: no frame says so
    await expect(line).to_have_text("")
    await say(page, "free again")
    await until(page, f"{VALUE} === 'hello\\nfree again\\n'")


@pytest.mark.parametrize("settings", [["accounts.guests=read"]])
async def test_who_must_log_in_to_write_is_led_there(page: Page):
    await page.goto("/chat/lunch/")
    await until(page, "document.querySelector('#composer > .help').role === 'status'")
    await say(page, "on my tongue")
    link = page.locator("#composer > .notice").get_by_role("link", name="Log in to write")
    await expect(link).to_have_attribute("href", "/login/?next=/chat/lunch/")
    await expect(page.locator(FIELD)).to_have_value("on my tongue")


async def test_what_was_said_while_one_was_away_counts_on_coming_back(come: Come):
    ann, guest = await come("Ann"), await come()
    await own(ann)
    await settle(ann, announce="1")
    await expect(guest.locator(WHY)).to_have_text("Only moderators write in this room.")
    await guest.evaluate("dispatchEvent(new Event('offline'))")  # as the network goes
    await settle(ann)
    await guest.evaluate("dispatchEvent(new Event('online'))")
    await until(guest, "document.querySelector('#composer > .help').textContent === ''")
    await say(guest, "back")
    await until(ann, f"{VALUE} === 'mine\\nback\\n'")


async def test_a_moderator_gets_the_links_and_the_menus_and_loses_them(come: Come):
    ann, ben = await come("Ann"), await come("Ben")
    await expect(ann.locator("#me .menu a[href$='/settings/']")).to_have_count(0)
    await own(ann)
    links = "#me .menu a[href$='/settings/'], #me .menu a[href$='/reports/']"
    await expect(ann.locator(links)).to_have_count(2)
    await expect(row(ann, "Ann").get_by_role("button")).to_have_count(0)
    await expect(row(ben, "Ann").get_by_role("button")).to_have_count(0)
    await choose(ann, "Ben", "Make a moderator")
    await expect(row(ann, "Ann").get_by_role("button")).to_have_count(0)  # the menus are there
    await expect(ann.locator("#members [role=status]")).to_have_text("Ben is a moderator now.")
    await expect(ben.locator(links)).to_have_count(2)
    await row(ben, "Ann").get_by_role("button").click()
    dialog = ben.get_by_role("dialog", name="Ann")
    await expect(dialog).to_contain_text("You can do nothing to somebody")
    await dialog.get_by_role("button", name="Close").click()
    await choose(ann, "Ben", "Take the role away")
    await ben.locator("#me summary").click()
    for link in await ben.locator(links).all():
        await expect(link).to_be_hidden()
    await expect(row(ben, "Ann").get_by_role("button")).to_have_count(0)


async def test_a_mute_with_a_time_by_keyboard(come: Come):
    ann, ben = await come("Ann"), await come("Ben")
    await own(ann)
    # Ben's window came in front of hers: in Firefox a key in a window without the focus
    # clicks nothing.
    await ann.bring_to_front()
    button = row(ann, "Ben").get_by_role("button", name="What to do: Ben")
    await button.press("Space")
    dialog = ann.get_by_role("dialog", name="Ben")
    await expect(dialog.get_by_label("Mute")).to_be_focused()
    await ann.keyboard.press("Enter")  # nothing is chosen: nothing is done
    await expect(dialog).to_be_visible()
    await ann.keyboard.press("Space")
    await ann.keyboard.press("Tab")
    await expect(dialog.get_by_label("For how long")).to_be_focused()
    await dialog.get_by_label("For how long").select_option("600")
    await dialog.get_by_role("button", name="Do it").press("Enter")
    await expect(dialog).to_have_count(0)
    await expect(button).to_be_focused()
    await expect(ben.locator(WHY)).to_contain_text("You are muted in this room until")
    # Somebody comes: the focus stays where it is.
    await come("Aaron")
    await expect(row(ann, "Aaron")).to_be_visible()
    await ann.bring_to_front()
    await expect(button).to_be_focused()
    await choose(ann, "Ben", "Lift the mute")
    await until(ben, "document.querySelector('#composer > .help').textContent === ''")


@pytest.mark.parametrize("width", [360, 800])
async def test_from_the_phones_sheet_and_the_popover(come: Come, width: int):
    ann = await come("Ann", viewport={"width": width, "height": 700})
    ben = await come("Ben")
    await own(ann)
    await ann.click("#members-button")
    await choose(ann, "Ben", "Put out, may come back")
    await expect(ann.locator("#members [role=status]")).to_have_text(
        "Ben was put out, and may come back."
    )
    await expect(ann.locator("#members-dialog")).to_be_visible()
    await until(ben, "document.querySelector('#status').textContent.includes('put out')")


async def test_for_a_finger_the_buttons_are_large_enough(come: Come):
    ann = await come("Ann", viewport={"width": 360, "height": 700}, has_touch=True, is_mobile=True)
    await come("Ben")
    await own(ann)
    await tap(ann.locator("#members-button"))
    button = row(ann, "Ben").get_by_role("button")
    await tap(button)
    dialog = ann.get_by_role("dialog", name="Ben")
    for target in [button, *await dialog.locator("label.check, button").all()]:
        box = await target.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 44
