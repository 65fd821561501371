"""What is measured of the pages, each once; the runner repeats and takes medians."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

from playwright.async_api import Browser, Page

from chat_app.assets import Assets, find_folder, load_assets
from tests.visitors import visitor

PAST = 300  # messages in the room whose history is read
ROWS = 1000
RATE = 100  # messages a second
SECONDS = 5.0  # of them
PHONE = {"width": 360, "height": 800}
# 150 ms to the server and back, 1.6 Mbit/s: what Lighthouse calls slow 4G.
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 2e5, "uploadThroughput": 9.375e4}

# What people say: short and long, and now and then an emoji alone.
TEXTS = (
    "안녕하세요, 점심 먹으러 갈까요?",
    "Yes, at noon by the stairs; I have a thing until then, so do not wait for me if I am late.",
    "네 알겠습니다",
    "ok",
    "The menu is at https://example.com/menu?day=monday",
    "두 줄로 쓴\n메시지",
    "그럼 이따 봐요",
    "👍",
    "See you there!",
    "Wait, which stairs?",
)

# Before anything else in the page: notes what the browser tells of it, and when it is ready.
WATCH = """
window.seen = {shift: 0}
new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.shift += entry.value
}).observe({type: 'layout-shift', buffered: true})
new PerformanceObserver(list => {
    for (const entry of list.getEntries())
        if (entry.name === 'first-contentful-paint') seen.paint = entry.startTime
}).observe({type: 'paint', buffered: true})
new MutationObserver((_, observer) => {
    if (!document.querySelector('#chat-log[data-live]')) return
    // Its modules have run by then: the attribute is set in the midst of them.
    seen.ready = performance.now()
    seen.focused = document.activeElement?.id === 'chat-message-input'
    observer.disconnect()
}).observe(document, {subtree: true, childList: true, attributes: true})
"""

# Scrolls up to where the past loads by itself, and follows the first visible row while it does.
READ_BACK = """async () => {
    const log = document.querySelector('#chat-log')
    const rows = () => log.querySelectorAll('.row').length
    const frame = () => new Promise(requestAnimationFrame)
    log.scrollTop = 600
    await frame()
    const edge = log.getBoundingClientRect().top
    const row = [...log.querySelectorAll('.row')].find(
        each => each.getBoundingClientRect().bottom > edge)
    const at = row.getBoundingClientRect().top
    const before = rows()
    let moved = 0
    let left = 600
    for (let after = 0; after < 30 && left > 0; left--) {
        await frame()
        moved = Math.max(moved, Math.abs(row.getBoundingClientRect().top - at))
        if (rows() > before) after++
    }
    return {moved, came: rows() - before}
}"""

# The times between frames, as long as messages come.
FRAMES = """async seconds => {
    const frames = []
    let before = await new Promise(requestAnimationFrame)
    for (const end = before + seconds * 1000; before < end; ) {
        const now = await new Promise(requestAnimationFrame)
        frames.push(now - before)
        before = now
    }
    return frames
}"""


@dataclass(frozen=True)
class Lab:
    """A browser and a server. The room "budget" has PAST messages in it."""

    browser: Browser
    url: str

    @asynccontextmanager
    async def page(self, **options: Any) -> AsyncIterator[Page]:
        context = await self.browser.new_context(base_url=self.url, locale="en-US", **options)
        try:
            await context.add_init_script(WATCH)
            yield await context.new_page()
        finally:
            await context.close()


Measure = Callable[[Lab], Awaitable[dict[str, float]]]


async def files(lab: Lab) -> dict[str, float]:
    """What is in static/ and a page of 50 messages, in bytes as sent: gzipped."""
    assets = load_assets(find_folder("static"))
    scripts = [path for path in assets.files if path.endswith(".js")]
    first = [url.removeprefix(assets.prefix) for url in assets.modules]
    html = await asyncio.to_thread(_fetched, f"{lab.url}/chat/budget/")
    assert gzip.decompress(html).count(b'class="body"') > 50
    return {
        "css": _sent(assets, [path for path in assets.files if path.endswith(".css")]),
        "js first": _sent(assets, first),
        "js all": _sent(assets, scripts),
        "html": len(html),
    }


def _sent(assets: Assets, paths: list[str]) -> int:
    return sum(len(assets.files[path].gzipped) for path in paths)


def _fetched(url: str) -> bytes:
    with urlopen(Request(url, headers={"Accept-Encoding": "gzip"})) as answer:  # http, our own
        assert answer.headers["Content-Encoding"] == "gzip"
        body: bytes = answer.read()
        return body


async def cold(lab: Lab) -> dict[str, float]:
    """The room's page with nothing in the cache, over a slow network."""
    async with lab.page(viewport=PHONE) as page:
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("Network.enable")
        await devtools.send("Network.emulateNetworkConditions", SLOW)
        requests: dict[str, float] = {}
        devtools.on(
            "Network.loadingFinished",
            lambda done: requests.update({done["requestId"]: done["encodedDataLength"]}),
        )
        await page.goto("/chat/budget/", wait_until="networkidle")
        seen = await page.evaluate("seen")
        assert seen["focused"], "the field has no focus when the page is ready"
        return {
            "requests": len(requests),
            "bytes": sum(requests.values()),
            "paint": seen["paint"] / 1000,
            "ready": seen["ready"] / 1000,
            "shift": seen["shift"],
        }


async def history(lab: Lab) -> dict[str, float]:
    """How far the row that one reads moves when 50 older ones come in above it."""
    async with lab.page(viewport=PHONE) as page:
        await page.goto("/chat/budget/", wait_until="networkidle")
        read = await page.evaluate(READ_BACK)
        assert read["came"] == 50, f"{read['came']} rows came"
        return {"moved": read["moved"]}


async def frames(lab: Lab) -> dict[str, float]:
    """The time between frames while messages come into a page that is full."""
    room = f"frames {asyncio.get_running_loop().time()}"
    async with visitor(lab.url, room, "Bob") as bob, lab.page() as page:
        await page.goto(f"/chat/{room}/", wait_until="networkidle")
        for number in range(ROWS):
            await bob.post(f"{number}: {TEXTS[number % len(TEXTS)]}")
        await _rows(page, ROWS)
        measured = asyncio.create_task(page.evaluate(FRAMES, SECONDS))
        clock = asyncio.get_running_loop()
        start = clock.time()
        for number in range(int(RATE * SECONDS)):
            message = {
                "type": "post",
                "id": f"frame-{number:06}",
                "message": TEXTS[number % len(TEXTS)],
            }
            await bob.send(message)
            await asyncio.sleep(max(0.0, start + number / RATE - clock.time()))
        times = sorted(await measured)
        return {"p95": times[int(len(times) * 0.95)]}


async def _rows(page: Page, count: int) -> None:
    """Wait until that many rows are shown, less what a chunk or two hold."""
    shown = "document.querySelectorAll('.chunk > .row').length"
    for _ in range(600):
        if await page.evaluate(shown) >= count - 40:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{count} rows never came")
