"""The keyboard alone reaches everything, and is caught nowhere."""

import pytest
from playwright.async_api import Page, expect

from tests.e2e.waiting import until

# Marks where the focus is: in nothing of the page, where it had been, or somewhere new.
VISIT = """() => {
    const at = document.activeElement
    if (at === document.body) return 'left'
    if (at.dataset.visited) return 'known'
    at.dataset.visited = 'yes'
    return 'new'
}"""
# What can be clicked or typed into, is shown, and was not visited; rows are reached by arrows,
# and the buttons of a row by Enter.
MISSED = """[...document.querySelectorAll('a[href], button, input, textarea, summary')].filter(
    each => each.checkVisibility({visibilityProperty: true}) && each.type !== 'hidden'
        && !each.disabled && !each.dataset.visited && !each.closest('.deeds')
).map(each => each.outerHTML.slice(0, 100))"""
# How far the buttons of the message that has the focus are above it.
ABOVE = """document.activeElement.getBoundingClientRect().top
    - document.querySelector('.deeds').getBoundingClientRect().bottom"""
MOST = 60  # stops on any page of ours
AWAY = 6  # stops in a browser's own bars, in Firefox, and once round


async def tour(page: Page, key: str) -> None:
    """Press Tab until the focus has been everywhere that it leads to, out of the page too."""
    left = False
    idle = 0
    for _ in range(MOST):
        await page.keyboard.press(key)
        where = await page.evaluate(VISIT)
        left = left or where == "left"
        idle = 0 if where == "new" else idle + 1
        if idle > AWAY:
            assert left, f"{key} is caught in the page"
            return
    raise AssertionError(f"{key} never comes round")


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
@pytest.mark.parametrize("path", ["/chat/", "/chat/keys/"])
async def test_tab_goes_everywhere_and_leaves_the_page(page: Page, path: str, key: str):
    await page.goto(path)
    if path != "/chat/":
        await page.keyboard.type("see https://a.example/")
        await page.keyboard.press("Enter")
        await until(page, "document.querySelector('.chunk .body a')")
    await tour(page, key)
    assert await page.evaluate(MISSED) == []


async def test_arrows_go_from_message_to_message_and_escape_leaves(page: Page):
    await page.goto("/chat/arrows/")
    for text in ("one", "two", "three"):
        await page.keyboard.type(text)
        await page.keyboard.press("Enter")
    await until(page, "document.querySelectorAll('.chunk .row').length === 3")
    focused = "document.activeElement.querySelector('.body')?.textContent"
    await page.keyboard.press("Shift+F6")
    for key, text in (
        ("ArrowUp", "three"),
        ("Home", "one"),
        ("ArrowDown", "two"),
        ("End", "three"),
    ):
        await page.keyboard.press(key)
        assert await page.evaluate(focused) == text, key
    await until(page, "document.querySelector(':focus > .deeds')")
    assert await page.evaluate(ABOVE) >= 4  # the ring: 2 px wide, 2 px away
    await page.keyboard.press("Escape")
    await page.keyboard.type("back")
    await expect(page.locator("#chat-message-input")).to_have_value("back")
