"""The page stands still while its script comes to life."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import BrowserContext, Route

from tests.e2e.waiting import until
from tests.servers import Server
from tests.visitors import visitor

SHIFTS = """
window.shifts = []
new PerformanceObserver(list => {
    for (const entry of list.getEntries()) shifts.push(entry.value)
}).observe({type: 'layout-shift', buffered: true})
"""
# What is moved is told of by Chromium alone, from paint to paint; where all is, by both.
WHERE = """() => [...document.querySelectorAll('.row, header, #composer')].flatMap(each => {
    const {x, y, width, height} = each.getBoundingClientRect()
    return [x, y, width, height]
})"""


@pytest.mark.parametrize("width", [360, 1280])
async def test_nothing_shifts_when_the_script_takes_over_what_the_server_drew(
    new_context: Callable[..., Awaitable[BrowserContext]], server: Server, width: int
):
    async with visitor(server.url, "still", "Ann") as ann:
        for number in range(12):
            for text in ("👍", f"{number}", "👩‍👩‍👧", "https://a.example/ 한글", "두 줄로\n쓴"):
                await ann.post(text)
    size = {"width": width, "height": 800}
    context = await new_context(viewport=size, timezone_id="Asia/Seoul")
    await context.add_init_script(SHIFTS)
    page = await context.new_page()

    drawn: list[float] = []

    async def when_painted(route: Route) -> None:
        painted = "performance.getEntriesByName('first-contentful-paint').length > 0"
        await until(page, painted)
        drawn.extend(await page.evaluate(WHERE))
        await route.continue_()

    await page.route("**/js/main.js", when_painted)
    await page.goto("/chat/still/", wait_until="networkidle")
    await until(page, "document.querySelector('#members-list').children.length")
    assert await page.locator(".emoji").count() == 20
    assert sum(await page.evaluate("shifts")) <= 0.02
    assert len(drawn) > 4 * 50
    assert await page.evaluate(WHERE) == pytest.approx(drawn, abs=1)
