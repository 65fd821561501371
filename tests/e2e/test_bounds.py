"""A page holds a thousand messages at most, and never drops one above the reader."""

import json

import aiohttp
from playwright.async_api import Page

from tests.e2e.waiting import until
from tests.servers import Server

MOST = 1000
SEQS = "[...document.querySelectorAll('.chunk > .row')].map(row => Number(row.dataset.seq))"
GAPS = """[...document.querySelectorAll('.gap')].map(
    gap => [Number(gap.dataset.until), Number(gap.dataset.before)]
)"""
UP = """() => {
    window.row = document.querySelector('.chunk > .row')
    document.querySelector('#chat-log').scrollTop = 0
    window.was = row.getBoundingClientRect().top
}"""
MOVED = "Math.abs(row.getBoundingClientRect().top - was)"


async def talk(server: Server, count: int) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{server.url}/ws/chat/long/", protocols=["chat.v1"]) as socket,
    ):
        for number in range(count):
            await socket.send_json({"type": "post", "id": f"talk-{number:06}", "message": "hi"})
        async for frame in socket:
            if json.loads(frame.data).get("id") == f"talk-{count - 1:06}":
                break


async def go_up(page: Page) -> None:
    """Up to the oldest row that is there: more come above it, and it stays where it is."""
    await page.evaluate(UP)
    await until(page, "document.querySelector('.chunk > .row') !== row")
    assert await page.evaluate(MOVED) <= 1


async def test_a_reader_far_up_keeps_what_is_around_and_the_newest(page: Page, server: Server):
    await talk(server, 1300)
    await page.goto("/chat/long/")
    while len(await page.evaluate(SEQS)) < MOST - 40:
        await go_up(page)
    seqs: list[int] = []
    for _ in range(4):
        await go_up(page)
        seqs = await page.evaluate(SEQS)
        assert len(seqs) <= MOST
        assert seqs == sorted(set(seqs))
        assert seqs[-1] == 1300
    (past, missing) = await page.evaluate(GAPS)
    assert past[0] == 0
    assert past[1] == seqs[0]
    left, right = missing
    assert left in seqs
    assert right in seqs
    assert not any(left < seq < right for seq in seqs)

    # Reading on from there the gap is filled from above, and nothing is doubled or left out.
    button = page.get_by_role("button", name="Messages in between")
    while left < right - 1:
        await button.click()
        await until(page, f"left => {SEQS}.includes(left + 1)", left)
        seqs = await page.evaluate(SEQS)
        left = next(
            seq for seq in range(left + 1, right) if seq + 1 not in seqs or seq + 1 == right
        )
    assert seqs == list(range(seqs[0], 1301))
    assert await button.count() == 0

    # Back at the end nobody reads what is above.
    await page.evaluate("document.querySelector('#chat-log').scrollTop = 1e9")
    await page.focus("#chat-message-input")
    await page.keyboard.type("back again")
    await page.keyboard.press("Enter")
    await until(page, f"{SEQS}.at(-1) === 1301")
    await until(page, f"{SEQS}.length <= {MOST}")
