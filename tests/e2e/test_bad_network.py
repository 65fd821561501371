"""Nothing that was typed is lost, doubled or out of order, whatever breaks."""

import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import BrowserContext, Page, WebSocketRoute, expect

from tests.e2e.loop import fixture
from tests.e2e.room import FIELD, LINES, LIVE, WAITING, NewContext, forget_lost_connections, say
from tests.e2e.waiting import until
from tests.forked import serve
from tests.servers import Server
from tests.visitors import visitor

STATES = "[...document.querySelectorAll('#pending .state > :first-child')].map(p => p.textContent)"
# The room has these and nothing else; until then, what a browser says when the network is back.
SAYS = f"""lines => {{
    dispatchEvent(new Event('online'))
    return {WAITING}.length === 0 && JSON.stringify({LINES}) === JSON.stringify(lines)
}}"""
# Plain http, or a private window of some browsers.
BARE_BROWSER = """
    Object.defineProperty(navigator, 'locks', {value: undefined})
    Object.defineProperty(window, 'indexedDB', {value: undefined})
"""


@fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """One that ends by being killed."""
    async with serve(tmp_path, "limits.message_rate=0", stop=signal.SIGKILL) as running:
        yield running


class Network:
    """Between pages and the socket: cut, or refusing what it is told to."""

    cut = False
    refuse: str | None = None

    def __init__(self) -> None:
        self._open: list[WebSocketRoute] = []

    async def connect(self, page: WebSocketRoute) -> None:
        if self.cut:
            await page.close(code=1011)
            return
        self._open.append(page)
        server = page.connect_to_server()

        def forward(message: str | bytes) -> None:
            frame = json.loads(message)
            if self.refuse is not None and frame.get("message") == self.refuse:
                refusal = {"type": "error", "id": frame["id"], "code": "invalid", "message": "No."}
                page.send(json.dumps(refusal))
            else:
                server.send(message)

        page.on_message(forward)

    async def break_down(self) -> None:
        self.cut = True
        for page in self._open:
            await page.close(code=1011)
        self._open.clear()


@fixture
async def network(context: BrowserContext) -> Network:
    between = Network()
    await context.route_web_socket("**/ws/**", between.connect)
    return between


async def test_a_killed_server_loses_nothing(
    new_context: NewContext, server: Server, tmp_path: Path, problems: list[str]
):
    ann = await (await new_context()).new_page()
    bob = await (await new_context()).new_page()
    for page in (ann, bob):
        await page.goto("/chat/storm/")
    await say(ann, "hello")
    await until(bob, SAYS, ["hello"])

    await say(ann, "one")
    server.process.kill()
    await say(ann, "two", "three")
    await ann.keyboard.type("half a thou")
    server.process.wait()
    await until(ann, f"{WAITING}.length >= 2")
    async with serve(tmp_path, f"server.port={urlsplit(server.url).port}"):
        for page in (ann, bob):
            await until(page, SAYS, ["hello", "one", "two", "three"])
        await expect(ann.locator(FIELD)).to_have_value("half a thou")
        await bob.reload()
        await until(bob, SAYS, ["hello", "one", "two", "three"])
    forget_lost_connections(problems)


async def test_a_browser_without_a_network_loses_nothing(
    new_context: NewContext, problems: list[str]
):
    anns = await new_context()
    ann = await anns.new_page()
    bob = await (await new_context()).new_page()
    for page in (ann, bob):
        await page.goto("/chat/train/")
    await say(ann, "hello")
    await until(bob, SAYS, ["hello"])

    await anns.set_offline(True)
    await say(ann, "one", "two", "three")
    await ann.keyboard.type("half a thou")
    await until(ann, f"{STATES}.join() === Array(3).fill('Waits for a connection').join()")
    await until(ann, "document.querySelector('#status').textContent.includes('You are offline')")
    assert await ann.evaluate(WAITING) == ["one", "two", "three"]
    await anns.set_offline(False)
    for page in (ann, bob):
        await until(page, SAYS, ["hello", "one", "two", "three"])
    await expect(ann.locator(FIELD)).to_have_value("half a thou")
    forget_lost_connections(problems)


async def test_the_past_that_did_not_load_does_once_there_is_a_connection(
    page: Page, network: Network, server: Server, problems: list[str]
):
    async with visitor(server.url, "tunnel", "Ann") as ann:
        for number in range(120):
            await ann.post(f"{number}")
    await page.goto("/chat/tunnel/")
    await until(page, LIVE)
    await network.break_down()
    older = page.locator(".gap button")
    await older.click()
    await expect(older).to_have_text("That did not load. Try again")
    network.cut = False
    await until(page, f"dispatchEvent(new Event('online')) && {LINES}.length > 50")
    await expect(older).to_have_text("Older messages")
    forget_lost_connections(problems)


@pytest.mark.parametrize("lacking", ["", BARE_BROWSER], ids=["full", "bare"])
async def test_what_is_pending_survives_a_reload(
    page: Page, context: BrowserContext, network: Network, lacking: str
):
    await context.add_init_script(lacking)
    await page.goto("/chat/tunnel/")
    await say(page, "zero")
    await until(page, SAYS, ["zero"])
    await network.break_down()
    await say(page, "one", "two")
    # Who is answered at once never reads that it was being sent.
    state = "getComputedStyle(document.querySelector('.pending .state'))"
    assert await page.evaluate(f"[{state}.animationName, {state}.animationDuration]") == [
        "hold",
        "0.3s",
    ]
    await page.keyboard.type("half a thou")
    for _ in range(2):
        await page.reload()
        await until(page, f"{WAITING}.join() === 'one,two'")
        await expect(page.locator(FIELD)).to_have_value("half a thou")
    network.cut = False
    await until(page, SAYS, ["zero", "one", "two"])
    await page.reload()
    await page.keyboard.press("Enter")
    await until(page, SAYS, ["zero", "one", "two", "half a thou"])


@pytest.mark.parametrize("lacking", ["", BARE_BROWSER], ids=["full", "bare"])
async def test_two_tabs_send_and_show_each_message_once(
    context: BrowserContext, network: Network, lacking: str
):
    await context.add_init_script(lacking)
    first, second = await context.new_page(), await context.new_page()
    for page in (first, second):
        await page.goto("/chat/tabs/")
    await say(first, "zero")
    for page in (first, second):
        await until(page, SAYS, ["zero"])
    await network.break_down()
    await say(first, "one")
    await say(second, "two")
    await say(first, "three")
    if not lacking:
        for page in (first, second):
            await until(page, f"{WAITING}.join() === 'one,two,three'")
    network.cut = False
    everything = "dispatchEvent(new Event('online')), {0}.length === 4 && {1}.length === 0"
    for page in (first, second):
        await until(page, everything.format(LINES, WAITING))
    lines = await first.evaluate(LINES)
    assert sorted(lines) == ["one", "three", "two", "zero"]
    assert lines.index("one") < lines.index("three")
    if not lacking:
        assert lines == ["zero", "one", "two", "three"]
    await say(second, "four")
    for page in (first, second):
        await until(page, SAYS, [*lines, "four"])
    await second.reload()
    await until(second, SAYS, [*lines, "four"])


async def test_of_much_that_was_missed_the_newest_comes_and_the_rest_on_demand(
    page: Page, network: Network, server: Server
):
    await page.goto("/chat/missed/")
    await say(page, "zero")
    await until(page, SAYS, ["zero"])
    await network.break_down()
    async with visitor(server.url, "missed", "Bob") as bob:
        for number in range(230):
            await bob.post(str(number))
    network.cut = False
    await page.evaluate("dispatchEvent(new Event('online'))")
    await until(page, f"{LINES}.at(-1) === '229'")
    assert await page.evaluate(LINES) == ["zero", *map(str, range(180, 230))]
    for end in (50, 100, 150):  # one reads on from above
        await page.get_by_role("button", name="Messages in between").click()
        await until(page, SAYS, ["zero", *map(str, [*range(end), *range(180, 230)])])
    await page.get_by_role("button", name="Messages in between").click()
    await until(page, SAYS, ["zero", *map(str, range(230))])
    assert await page.locator(".gap").count() == 0


async def test_a_failed_message_is_sent_again_edited_or_deleted(page: Page, network: Network):
    network.refuse = "bad"
    failed = page.locator("#pending .failed")
    await page.goto("/chat/failed/")
    await say(page, "bad", "bad", "bad", "good")
    await until(page, f"{LINES}.join() === 'good' && {STATES}.length === 3")
    assert (await page.evaluate(STATES))[0] == "Not sent. No."
    await page.reload()
    await until(page, f"{STATES}.join() === 'Not sent. No.,Not sent. No.,Not sent. No.'")

    # Delete the first, from the keyboard: up to it, into its actions, out by Esc.
    for key in ("Shift+F6", "ArrowUp", "ArrowUp", "ArrowUp", "Enter"):
        await page.keyboard.press(key)
    assert await page.evaluate("document.activeElement.dataset.act") == "retry"
    for key in ("Tab", "Tab", "Enter"):
        await page.keyboard.press(key)
    await until(page, f"{WAITING}.length === 2")
    await page.keyboard.press("Escape")

    await page.keyboard.type("begun")
    await failed.first.get_by_role("button", name="Edit").click()
    await until(page, f"{WAITING}.length === 1")
    await expect(page.locator(FIELD)).to_have_value("bad\nbegun")
    await page.keyboard.type("ly written")

    network.refuse = None
    await failed.get_by_role("button", name="Send again").click()
    await until(page, SAYS, ["good", "bad"])
    await page.reload()
    await page.keyboard.press("Enter")
    await until(page, SAYS, ["good", "bad", "badly written", "begun"])
