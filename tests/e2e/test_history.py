"""Reading: at the end one stays there, above it nothing moves, and a button says what is new."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.async_api import BrowserContext, Page

from tests.e2e.waiting import until
from tests.servers import Server
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


# A reader who is so many pixels from the top: what the page shows of the past then.
GAP = f"""pixels => ({UP})({LOG}.scrollTop - pixels).then(() =>
    [{ROWS}, document.querySelector('.gap').innerText])"""
STYLE = "getComputedStyle(document.querySelector('{}')).contentVisibility"
ASCII = """() => {
    const link = [...document.querySelectorAll('.body a')].at(-1)
    return [link.dataset.host, getComputedStyle(link, '::after').content]
}"""


async def test_the_past_comes_before_one_is_there_and_what_is_out_of_sight_rests(
    page: Page, server: Server
):
    async with visitor(server.url, "tall", "Bob") as bob:
        for number in range(60):
            await bob.post("line\n" * 6 + f"{number}")
        await bob.post("https://p\u0430ypal.example/")  # its first a is Cyrillic
    await page.goto("/chat/tall/")
    await until(page, f"{ROWS} === 50 && {LEFT} <= 1")

    host, shown = await page.evaluate(ASCII)
    assert host == "xn--pypal-4ve.example"
    assert host in shown or "attr(data-host)" in shown  # Firefox names what it is made of

    await until(page, f"{STYLE.format('.chunk')} === 'auto'")
    for sight in (".chunk:nth-last-of-type(2)", ".chunk .row", ".chunk article"):
        assert await page.evaluate(STYLE.format(sight)) == "visible", sight
    sizes = "[...document.querySelectorAll('.chunk')].map(each => each.children.length)"
    assert max(await page.evaluate(sizes)) <= 21  # and a day line

    assert await page.evaluate(GAP, 1005) == [50, "Older messages"]
    rows, label = await page.evaluate(GAP, 995)
    assert rows > 50 or label == "Loading…"
    await until(page, f"{ROWS} === 61")
