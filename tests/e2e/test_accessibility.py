"""What axe-core finds on the pages, light and dark, narrow and wide: nothing."""

import json

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, WebSocketRoute

from tests.e2e.loop import fixture
from tests.e2e.room import PASSWORD, SEND, NewContext, forget_lost_connections
from tests.e2e.waiting import until
from tests.servers import Server
from tests.visitors import visitor

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# In the dark the page is the same but for its colours.
RULES = {
    "light": {"type": "tag", "values": STANDARDS},
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}
STILL = "document.getAnimations().every(each => each.playState !== 'running')"


@fixture
async def full(server: Server) -> str:
    """The path of a room in which two people have said more than a page shows."""
    async with (
        visitor(server.url, "점심", "한별") as ann,
        visitor(server.url, "점심", "Bob") as bob,
    ):
        for number in range(30):
            await ann.post(f"안녕 {number}")
            await bob.post("See https://example.com/ and 🎉")
    return "/chat/점심/"


class Inspector:
    """Reads one page after another; `findings` is empty when nothing is wrong."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.findings: list[str] = []

    async def look(self, where: str) -> None:
        for scheme, rules in RULES.items():
            await self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            await until(self.page, STILL)  # a colour halfway is not the colour
            options = {"runOnly": rules, "resultTypes": ["violations"]}
            results = await Axe().run(self.page, options=options)
            for found in results.response["violations"]:
                nodes = "".join(f"\n    {node['html'][:160]}" for node in found["nodes"])
                self.findings.append(f"{where}, {scheme}: {found['id']}: {found['help']}{nodes}")


@pytest.fixture(params=[360, 1280])
def width(request: pytest.FixtureRequest) -> int:
    size: int = request.param
    return size


@fixture
async def inspector(width: int, new_context: NewContext) -> Inspector:
    # Without our policy, for axe to get in; what the policy does is tested elsewhere.
    context = await new_context(
        viewport={"width": width, "height": 800},
        bypass_csp=True,
        has_touch=width < 800,
        reduced_motion="reduce",
    )
    return Inspector(await context.new_page())


async def test_axe_finds_nothing_on_the_lobby_and_on_errors(
    inspector: Inspector, full: str, problems: list[str]
):
    page = inspector.page
    await page.goto("/chat/")
    await inspector.look("lobby, first visit")
    await page.goto(full)
    await page.goto("/chat/")
    await until(page, "document.querySelector('#recent-rooms li')")
    await inspector.look("lobby with a room")
    for path in ("/chat/?room=a%2Fb", "/nowhere", "/chat/x/?before=x", "/me/name"):
        await page.goto(path)
        await inspector.look(path)
    problems[:] = [each for each in problems if "the server responded with a status" not in each]
    assert not inspector.findings, "\n".join(inspector.findings)


async def test_axe_finds_nothing_on_the_pages_of_accounts(
    inspector: Inspector, new_context: NewContext, problems: list[str]
):
    page = inspector.page
    await page.goto("/login/")
    await inspector.look("login")
    await fill_in(page, "Ann", "not this one")
    await inspector.look("login, refused")
    await page.goto("/account/")
    await inspector.look("making an account")
    await fill_in(page, "admin", PASSWORD)
    await inspector.look("making an account, refused")
    await fill_in(page, "Ann", PASSWORD)
    for _ in range(2):
        other = await (await new_context()).new_page()
        await other.goto("/login/")
        await fill_in(other, "Ann", PASSWORD)
    await page.goto("/account/")
    assert await page.locator(".sessions li").count() == 3
    await inspector.look("an account")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.fill("#current", "not this one")
    await page.fill("#password", "another horse")
    await page.press("#password", "Enter")
    await inspector.look("another password, refused")
    await page.click(".outline")
    await inspector.look("logged out")
    problems[:] = [each for each in problems if "the server responded with a status" not in each]
    assert not inspector.findings, "\n".join(inspector.findings)


async def fill_in(page: Page, name: str, password: str) -> None:
    await page.fill("#name", name)
    await page.fill("#password", password)
    async with page.expect_navigation():
        await page.press("#password", "Enter")


async def test_axe_finds_nothing_in_a_room(inspector: Inspector, full: str, server: Server):
    page = inspector.page
    await page.goto("/chat/empty/")
    await inspector.look("an empty room")

    await page.goto(full)
    await until(page, "document.querySelectorAll('.row').length >= 50")
    await inspector.look("a full room")
    await page.keyboard.type("mine")
    await page.click(SEND)  # on a touch screen Enter is a new line
    await until(page, "document.querySelector('.chunk .own')")
    await inspector.look("one's own message")
    await page.click("#me summary")
    await until(page, "document.activeElement.id === 'name-input'")
    await inspector.look("the name, opened")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+/")
    await until(page, "document.querySelector('#help').open")
    await inspector.look("the keys, listed")
    await page.keyboard.press("Escape")

    await page.locator("#chat-log").focus()
    await page.keyboard.press("Home")
    await until(page, "document.querySelector('#chat-log').scrollTop < 2000")
    async with visitor(server.url, "점심", "Bob") as bob:
        await bob.post("below")
    await until(page, "!document.querySelector('#new-messages').hidden")
    await inspector.look("reading the past")
    assert not inspector.findings, "\n".join(inspector.findings)


async def test_axe_finds_nothing_in_the_list_of_members(inspector: Inspector, full: str):
    page = inspector.page
    await page.goto(full)
    await until(page, "document.querySelector('#members-list').children.length")
    if page.viewport_size and page.viewport_size["width"] >= 1280:
        await inspector.look("the members, a column")
        await page.set_viewport_size({"width": 768, "height": 800})
        how = ":popover-open"
    else:
        how = ":modal"
    await page.click("#members-button")
    await until(page, f"document.querySelector('#members-dialog').matches('{how}')")
    await inspector.look(f"the members, {how}")
    assert not inspector.findings, "\n".join(inspector.findings)


async def test_axe_finds_nothing_in_korean_nor_on_the_page_without_a_network(
    inspector: Inspector, full: str
):
    page = inspector.page
    await page.goto("/offline/")
    await inspector.look("without a network")
    await page.goto("/chat/?lang=ko")
    for path in ("/offline/", "/chat/", "/chat/빈방/", full):
        await page.goto(path)
        assert await page.get_attribute("html", "lang") == "ko"
        await inspector.look(f"{path} in Korean")
    await page.click("#me summary")
    await until(page, "document.activeElement.id === 'name-input'")
    await inspector.look("the menu, in Korean")
    assert not inspector.findings, "\n".join(inspector.findings)


async def test_axe_finds_nothing_on_the_pages_of_rooms_with_a_door(
    inspector: Inspector, server: Server, new_context: NewContext
):
    page = inspector.page
    await page.goto("/rooms/")
    await inspector.look("rooms, of a guest")
    await page.goto("/account/?next=/rooms/")
    await fill_in(page, "Ann", PASSWORD)
    await page.fill("#name", "Den")
    await page.press("#name", "Enter")
    await until(page, "document.querySelector('#chat-log[data-live]')")
    await inspector.look("a private room, empty")
    room = page.url
    await page.goto("/rooms/")
    await inspector.look("rooms")
    await page.goto(f"{room}settings/")
    await page.click("#invites .outline")
    link = await page.input_value("#link")
    await inspector.look("settings, with a new invitation")
    guest = await (await new_context()).new_page()
    await guest.goto(link)
    await guest.click("form .primary")
    await until(guest, "document.querySelector('#chat-log[data-live]')")
    for language in ("en", "ko"):
        await page.goto(f"{room}settings/?lang={language}")
        await page.click("summary")
        await inspector.look(f"settings, a member's menu open, {language}")
    await page.click(".people details .outline")
    await until(page, "document.querySelector('.tag.warn')")
    await inspector.look("settings, somebody muted")
    await page.click("#invites .outline")
    link = await page.input_value("#link")
    await page.context.clear_cookies()
    await page.goto(link)
    await inspector.look("an invitation")
    assert not inspector.findings, "\n".join(inspector.findings)


async def test_axe_finds_nothing_where_something_went_wrong(
    inspector: Inspector, full: str, problems: list[str]
):
    page = inspector.page

    async def refuse(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def forward(message: str | bytes) -> None:
            frame = json.loads(message)
            if frame["type"] == "post":
                refusal = {"type": "error", "id": frame["id"], "code": "invalid", "message": "No."}
                socket.send(json.dumps(refusal))
            else:
                server.send(message)

        socket.on_message(forward)

    await page.route_web_socket("**/ws/**", refuse)
    await page.goto(full)
    await page.keyboard.type("bad")
    await page.click(SEND)
    await until(page, "document.querySelector('.failed')")
    await inspector.look("a message that failed")
    await page.unroute_all()
    await page.context.set_offline(True)
    await until(page, "document.querySelector('#status').matches('.shown')")
    await inspector.look("offline")
    await page.close()  # it tries again and again, and the browser tells each time
    problems[:] = [each for each in problems if "ERR_INTERNET_DISCONNECTED" not in each]
    forget_lost_connections(problems)
    assert not inspector.findings, "\n".join(inspector.findings)


async def test_moderation(inspector: Inspector, server: Server):
    page = inspector.page
    await page.goto("/account/?next=/chat/room/")
    await page.fill("#name", "한별")
    await page.fill("#password", PASSWORD)
    await page.get_by_role("button", name="Make an account").click()
    await page.wait_for_url("**/chat/room/")
    await page.fill("#chat-message-input", "mine")
    await page.click(SEND)
    await until(page, "document.querySelector('.chunk .own')")
    async with visitor(server.url, "room", "Bob") as bob:
        rude = [(await bob.post(text))["seq"] for text in ("rude", "ruder")]
        await bob.send({"type": "report", "id": "report-01", "target": 1, "reason": "why not"})
        await bob.expect("done")
    await page.reload()
    await until(page, "document.querySelector('#chat-log[data-live]')")
    await page.locator(".row").nth(1).hover()
    await page.locator(".deeds").wait_for()
    await inspector.look("a message's buttons")
    await page.locator(".deeds").get_by_role("button", name="Report").click()
    await inspector.look("reporting")
    await page.keyboard.press("Escape")
    await page.locator(".deeds").get_by_role("button", name="Delete").click()
    await inspector.look("deleting")
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await until(page, f"document.querySelector('.gone[data-seq=\"{rude[0]}\"]')")
    await inspector.look("deleted")
    await page.fill("#chat-message-input", "/kcik")
    await page.click(SEND)
    await until(page, "document.querySelector('#composer > .notice')?.textContent")
    await inspector.look("a command that is none")
    await page.fill("#chat-message-input", "/help")
    await page.click(SEND)
    await page.get_by_role("dialog").wait_for()
    await inspector.look("commands")
    for path in ("reports", "audit"):
        await page.goto(f"/chat/room/{path}/")
        await inspector.look(path)
        wide = "document.documentElement.scrollWidth > innerWidth"
        assert not await page.evaluate(wide), path
    assert inspector.findings == []


async def test_what_moderators_can_do_to_a_person_and_a_room(inspector: Inspector, server: Server):
    page = inspector.page
    await page.goto("/account/?next=/chat/room/")
    await fill_in(page, "한별", PASSWORD)
    await page.fill("#chat-message-input", "mine")
    await page.click(SEND)
    async with visitor(server.url, "room", "Bob"):
        await until(page, "document.querySelector('.member button')")
        if await page.locator("#members-button").is_visible():
            await page.click("#members-button")
        await inspector.look("the members, with their menus")
        await page.locator(".member button").first.click()
        await page.locator(".ask [value=ban]").check()
        await inspector.look("a member's menu")
    await page.goto("/chat/room/settings/")
    await inspector.look("settings of a public room")
    await page.check("[name=locked]")
    async with page.expect_navigation():
        await page.click(".enter .primary")
    await page.goto("/chat/room/")
    await until(page, "document.querySelector('#composer > [role=status].help')?.textContent")
    await inspector.look("a locked room")
    await page.fill("#chat-message-input", "mine")
    await page.click(SEND)
    await until(page, "document.querySelector('#composer > .notice')?.textContent")
    await inspector.look("a locked room, tried")
    assert inspector.findings == []
