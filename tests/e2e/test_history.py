"""Reading: at the end one stays there, above it nothing moves, and a button says what is new."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import BrowserContext, Page

from tests.e2e.waiting import until
from tests.servers import Server, serve
from tests.visitors import visitor

LOG = "document.querySelector('#chat-log')"
ROWS = "document.querySelectorAll('.chunk > .row').length"
LEFT = f"{LOG}.scrollHeight - {LOG}.clientHeight - {LOG}.scrollTop"
# Up by so much, as a reader does; true once the page has heard of it.
UP = f"""pixels => new Promise(heard => {{
    {LOG}.addEventListener('scroll', () => requestAnimationFrame(() => heard(true)), {{once: true}})
    {LOG}.scrollTop -= pixels
}})"""
# Marks a row that is in sight, and tells by how much it has moved since.
MARK = f"""() => {{
    window.row = [...document.querySelectorAll('.row')].find(
        each => each.getBoundingClientRect().top > {LOG}.getBoundingClientRect().top)
    window.was = row.getBoundingClientRect().top
}}"""
MOVED = "Math.abs(row.getBoundingClientRect().top - was)"
BUTTON = "#new-messages"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with serve(tmp_path, "limits.message_rate=0") as running:
        yield running


async def test_days_are_those_of_the_reader(
    new_context: Callable[..., Awaitable[BrowserContext]], server: Server
):
    async with visitor(server.url, "days", "Bob") as bob:
        for number in range(3):
            await bob.post(f"{number}")
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):  # 25 hours apart
        page = await (await new_context(locale="ko-KR", timezone_id=zone)).new_page()
        await page.goto("/chat/days/")
        await until(page, f"{LOG}.matches('[data-live]')")
        sent = str(await page.get_attribute(".row time", "datetime"))
        day = datetime.fromisoformat(sent).astimezone(ZoneInfo(zone))
        weekday = "월화수목금토일"[day.weekday()]
        written = f"{day.month}월 {day.day}일 {weekday}요일"
        assert await page.locator(".day").all_text_contents() == [written]


async def test_near_the_end_one_follows_and_further_up_nothing_moves(page: Page, server: Server):
    async with visitor(server.url, "reading", "Bob") as bob:
        for number in range(40):
            await bob.post(f"before {number}")
        await page.goto("/chat/reading/")
        await until(page, f"{ROWS} === 40 && {LEFT} <= 1")

        await page.evaluate(UP, 70)
        await bob.post("one")
        await until(page, f"{ROWS} === 41 && {LEFT} <= 1")
        assert await page.is_hidden(BUTTON)

        await page.evaluate(UP, 100)
        await page.evaluate(MARK)
        for count, label in enumerate(("1 new message", "2 new messages", "3 new messages"), 1):
            await bob.post("more")
            await until(page, f"{ROWS} === {41 + count}")
            await until(
                page, f"label => document.querySelector('{BUTTON}').innerText === label", label
            )
        assert await page.evaluate(MOVED) <= 1

        await page.evaluate(UP, 200)
        await page.click(BUTTON)
        await until(page, f"{LEFT} <= 1")
        assert await page.is_hidden(BUTTON)
        await bob.post("last")
        await until(page, f"{ROWS} === 45 && {LEFT} <= 1")
