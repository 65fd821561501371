"""The keyboard alone reaches everything, and is caught nowhere."""

import pytest
from playwright.async_api import Page, expect

from tests.e2e.waiting import until

# Marks where the focus is: in nothing of the page, where it had been, or in which part of it.
VISIT = """() => {
    const at = document.activeElement
    if (at === document.body) return 'left'
    if (at.dataset.visited) return 'known'
    at.dataset.visited = 'yes'
    return at.closest('.skip, header, main, footer, aside').localName
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
REGIONS = ["a", "header", "main", "footer", "aside"]  # the link past the header comes first
MOST = 60  # stops on any page of ours
AWAY = 6  # stops in a browser's own bars, in Firefox, and once round


async def tour(page: Page, key: str) -> list[str]:
    """Press Tab until the focus has been everywhere that it leads to, out of the page too.

    Return the parts of the page in the order in which it came to them.
    """
    left = False
    idle = 0
    parts: list[str] = []
    for _ in range(MOST):
        await page.keyboard.press(key)
        where = await page.evaluate(VISIT)
        left = left or where == "left"
        if where in ("left", "known"):
            idle += 1
        else:
            idle = 0
            if parts[-1:] != [where]:
                parts.append(where)
        if idle > AWAY:
            assert left, f"{key} is caught in the page"
            return parts
    raise AssertionError(f"{key} never comes round")


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
@pytest.mark.parametrize("path", ["/chat/", "/chat/keys/"])
async def test_tab_goes_everywhere_and_leaves_the_page(page: Page, path: str, key: str):
    await page.goto(path)
    if path != "/chat/":
        await page.keyboard.type("see https://a.example/")
        await page.keyboard.press("Enter")
        await until(page, "document.querySelector('.chunk .body a')")
    parts = await tour(page, key)
    assert await page.evaluate(MISSED) == []
    if path != "/chat/":
        order = REGIONS if key == "Tab" else REGIONS[::-1]
        start = order.index(parts[0])  # it begins in the field, and comes round to where that is
        assert parts == [*order[start:], *order[:start], *order[start:]][: len(parts)]
        assert set(parts) == set(order)


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
