"""The lobby: the rooms that this browser has opened."""

from urllib.parse import quote

from playwright.async_api import Page, expect

NAMES = "#recent-rooms .name"


async def test_the_rooms_one_opened_are_listed_until_one_clears_the_list(page: Page):
    await page.goto("/chat/")
    await expect(page.get_by_text("Nothing here yet.")).to_be_visible()
    await expect(page.get_by_role("button", name="Clear list")).to_be_hidden()
    for room in ("one", "점심 모임", "غرفة", "one"):
        await page.goto(f"/chat/{quote(room)}/")
    await page.goto("/chat/")
    await expect(page.locator(NAMES)).to_have_text(["one", "غرفة", "점심 모임"])
    await expect(page.get_by_text("Nothing here yet.")).to_be_hidden()

    # A name begins beside its disc, also one that is written from the right.
    starts = await page.locator(NAMES).evaluate_all("""names => names.map(name => {
        const text = document.createRange()
        text.selectNodeContents(name)
        return text.getBoundingClientRect().left - name.getBoundingClientRect().left
    })""")
    assert max(starts) <= 1, starts

    await page.get_by_role("link", name="점심 모임").click()
    await page.wait_for_url(f"**/chat/{quote('점심 모임')}/")
    await page.goto("/chat/")
    await page.get_by_role("button", name="Clear list").click()
    await expect(page.locator(NAMES)).to_have_count(0)
    await expect(page.locator("#room-name-input")).to_be_focused()
    await page.reload()
    await expect(page.get_by_text("Nothing here yet.")).to_be_visible()
