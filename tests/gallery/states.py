"""Every state of the pages, each brought about in a real browser.

A state ends with the page as it is to be pictured.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import ClientSession, CookieJar
from playwright.async_api import Page, WebSocketRoute

from tests.clients import Client
from tests.e2e.room import FIELD, LIVE, SEND
from tests.e2e.waiting import until
from tests.gallery.scene import ARABIC, KOREAN, LONG
from tests.visitors import OURS, visitor


@dataclass(frozen=True)
class Shot:
    """A page on its way to being pictured."""

    page: Page
    url: str
    size: str

    @property
    def touch(self) -> bool:
        return not self.size.startswith(("1280", "forced"))

    async def enter(self, room: str, *, alone: bool = False) -> None:
        """Open a room, with who is there; `alone`: without a connection there is nobody."""
        await self.page.goto(f"/chat/{quote(room, safe='')}/")
        if self.size != "no scripts":
            sign = "#chat-log[data-live]" if alone else "#members-list li"
            await until(self.page, f"document.querySelector('{sign}')")

    async def say(self, *texts: str) -> None:
        for text in texts:
            await self.page.fill(FIELD, text)
            await self.page.click(SEND)


State = Callable[[Shot], Awaitable[None]]


async def lobby_first(shot: Shot) -> None:
    await shot.page.goto("/chat/")


async def lobby_recent(shot: Shot) -> None:
    for room in (ARABIC, KOREAN, LONG):
        await shot.enter(room)
    await shot.page.goto("/chat/")
    await until(shot.page, "document.querySelectorAll('#recent-rooms li').length === 3")


async def lobby_refused(shot: Shot) -> None:
    await shot.page.goto("/chat/?room=a%2Fb")


async def not_found(shot: Shot) -> None:
    await shot.page.goto("/nowhere")


async def bad_request(shot: Shot) -> None:
    await shot.page.goto("/chat/lunch/?before=x")


async def offline_page(shot: Shot) -> None:
    await shot.page.goto("/offline/")


async def empty(shot: Shot) -> None:
    await shot.enter("Stairs and corridors")


async def first_words(shot: Shot) -> None:
    await shot.enter("Book club")
    await shot.say("Hello?", "Is anybody here?", "👋")
    await until(shot.page, "document.querySelectorAll('.chunk .own').length === 3")


async def long_day(shot: Shot) -> None:
    await shot.enter(LONG)


async def korean(shot: Shot) -> None:
    await shot.enter(KOREAN)


async def arabic(shot: Shot) -> None:
    await shot.enter(ARABIC)


async def writing(shot: Shot) -> None:
    await shot.enter(KOREAN)
    await shot.page.fill(FIELD, "A draft\nof several lines\n\n" + "that goes on and on " * 12)


async def name_open(shot: Shot) -> None:
    await shot.enter(LONG)
    await shot.page.click("#me summary")
    await until(shot.page, "document.activeElement.id === 'name-input'")


async def failed(shot: Shot) -> None:
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

    await shot.page.route_web_socket("**/ws/**", refuse)
    await shot.enter(KOREAN)
    await shot.say("This will not go out, however often it is sent.")
    await until(shot.page, "document.querySelector('.failed')")


async def offline(shot: Shot) -> None:
    await shot.enter(KOREAN)
    await shot.page.context.set_offline(True)
    await shot.say("Written in the tunnel", "and this too")
    await until(shot.page, "document.querySelector('#status').matches('.shown')")


async def refused(shot: Shot) -> None:
    async def close(socket: WebSocketRoute) -> None:
        await socket.close(code=4503)

    await shot.page.route_web_socket("**/ws/**", close)
    await shot.enter(LONG, alone=True)
    await until(shot.page, "document.querySelector('#status').matches('.shown')")


async def reading_the_past(shot: Shot) -> None:
    await shot.enter(LONG)
    await shot.page.evaluate("document.querySelector('#chat-log').scrollBy(0, -700)")
    async with visitor(shot.url, LONG, "Bob") as bob:
        for text in ("One more thing", "or two", "See you there."):
            await bob.post(text)
    await until(shot.page, "!document.querySelector('#new-messages').hidden")


async def unread(shot: Shot) -> None:
    room = "Garden"
    async with visitor(shot.url, room, "Ann") as ann:
        await ann.post("You have seen this.")
        await shot.enter(room)
        await shot.page.goto("/chat/")
        for text in ("But not this,", "nor this."):
            await ann.post(text)
    await shot.enter(room)
    await until(shot.page, "document.querySelector('.unread')")


async def focused_message(shot: Shot) -> None:
    await shot.enter(LONG)
    await shot.page.locator("#chat-log").focus()
    for _ in range(2):
        await shot.page.keyboard.press("ArrowUp")
    await until(shot.page, "document.querySelector(':focus > .deeds')")


async def members(shot: Shot) -> None:
    names = ("Ann", "한별", "ميرا", "Bob Featherstonehaugh-Marchbanks")
    async with (
        visitor(shot.url, LONG, names[0]),
        visitor(shot.url, LONG, names[1]),
        visitor(shot.url, LONG, names[2]),
        visitor(shot.url, LONG, names[3]),
    ):
        await shot.enter(LONG)
        await until(shot.page, "document.querySelectorAll('#members-list li').length >= 5")
        button = shot.page.locator("#members-button")
        if await button.is_visible():
            await button.click()
        await shot.page.wait_for_selector("#members-list", state="visible")


async def typing(shot: Shot) -> None:
    await shot.enter(LONG)
    async with visitor(shot.url, LONG, "한별") as star:
        await star.send({"type": "typing"})
        await until(shot.page, "document.querySelector('#typing').textContent")


async def help_sheet(shot: Shot) -> None:
    await shot.enter(LONG)
    await shot.page.keyboard.press("Control+/")
    await shot.page.wait_for_selector("#help[open]")


async def login(shot: Shot) -> None:
    await shot.page.goto("/login/?next=/chat/lunch/")


async def login_refused(shot: Shot) -> None:
    await shot.page.goto("/login/")
    await _fill_in(shot.page, "Nobody")


async def account_new(shot: Shot) -> None:
    await shot.page.goto("/account/")


async def account(shot: Shot) -> None:
    await shot.page.goto("/login/")
    await _fill_in(shot.page, "한별")
    if "/login/" in shot.page.url:  # the first time at this server
        await shot.page.goto("/account/")
        await _fill_in(shot.page, "한별")
    await shot.page.goto("/account/")


async def rooms(shot: Shot) -> None:
    await account(shot)
    await shot.page.goto("/rooms/")
    await shot.page.fill("#name", "우리 동네")
    async with shot.page.expect_navigation():
        await shot.page.press("#name", "Enter")
    await shot.page.goto("/rooms/")


async def private_room(shot: Shot) -> None:
    await rooms(shot)
    await shot.page.click(".sessions a")
    await until(shot.page, LIVE)
    await shot.page.click("#me summary")


async def room_settings(shot: Shot) -> None:
    """An invitation just made, and somebody who took one before and was muted."""
    await rooms(shot)
    await shot.page.click(".sessions a")
    room = shot.page.url
    await shot.page.goto(f"{room}settings/")
    await shot.page.click("#invites .outline")
    link = await shot.page.input_value("#link")
    async with ClientSession(headers=OURS, cookie_jar=CookieJar(unsafe=True)) as guest:
        async with guest.post(link) as answer:
            assert answer.status == 200
        async with guest.post(room, data={"message": "hi"}) as answer:
            assert answer.status == 200
    await shot.page.goto(f"{room}settings/")
    await shot.page.click("summary")
    await shot.page.click(".people details .outline")
    await until(shot.page, "document.querySelector('.tag.warn')")
    await shot.page.click("#invites .outline")
    await until(shot.page, "document.querySelector('.qr svg')")
    await shot.page.click("summary")


async def inviting(shot: Shot) -> None:
    await rooms(shot)
    await shot.page.click(".sessions a")
    await shot.page.goto(f"{shot.page.url}settings/")
    await shot.page.click("#invites .outline")
    await until(shot.page, "document.querySelector('.qr svg')")
    await shot.page.evaluate("document.querySelector('#invites').scrollIntoView()")


async def invitation(shot: Shot) -> None:
    await inviting(shot)
    link = await shot.page.input_value("#link")
    await shot.page.context.clear_cookies()
    await shot.page.goto(link)


async def _owned(shot: Shot, room: str) -> None:
    """Come into a room that one owns."""
    await account(shot)
    await shot.enter(room)
    await shot.say("Who left the window open?")
    await until(shot.page, "document.querySelector('.chunk .own')")


async def _report(author: Client, reporter: Client, text: str, reason: str) -> None:
    seq = (await author.post(text))["seq"]
    await reporter.send({"type": "report", "id": f"report-{seq}", "target": seq, "reason": reason})
    await reporter.expect("done")


async def message_buttons(shot: Shot, room: str = "Stage") -> None:
    await shot.enter(room)
    await shot.say("Good evening", "I should not have said this")
    await until(shot.page, "document.querySelectorAll('.chunk .own').length >= 2")
    row = shot.page.locator(".chunk .own").last
    await (row.tap() if shot.touch else row.hover())
    await shot.page.locator(".deeds").wait_for()


async def delete_asked(shot: Shot, room: str = "Wings") -> None:
    await message_buttons(shot, room)
    await shot.page.locator(".deeds button").first.click()
    await shot.page.get_by_role("dialog").wait_for()


async def tombstone(shot: Shot) -> None:
    await delete_asked(shot, "Balcony")
    await shot.page.locator(".ask .primary").click()
    await until(shot.page, "document.querySelector('.gone') && !document.querySelector('.ask')")


async def report_asked(shot: Shot) -> None:
    async with visitor(shot.url, "Foyer", "Bob") as bob:
        seq = (await bob.post("You are all fools."))["seq"]
    await shot.enter("Foyer")
    row = shot.page.locator(f"[data-seq='{seq}']")
    await (row.tap() if shot.touch else row.hover())
    await shot.page.locator(".deeds button:visible").click()
    await shot.page.get_by_role("dialog").wait_for()


async def members_menu(shot: Shot) -> None:
    room = "Kitchen"
    await _owned(shot, room)
    async with visitor(shot.url, room, "Bob Featherstonehaugh-Marchbanks"):
        await until(shot.page, "document.querySelectorAll('.member').length === 2")
        button = shot.page.locator("#members-button")
        if await button.is_visible():
            await button.click()
        await shot.page.locator(".member button").click()
        await shot.page.locator(".ask [value=ban]").check()


async def members_of_a_moderator(shot: Shot) -> None:
    room = "Terrace"
    await _owned(shot, room)
    async with visitor(shot.url, room, "지우"), visitor(shot.url, room, "ميرا"):
        await until(shot.page, "document.querySelectorAll('.member button').length === 2")
        button = shot.page.locator("#members-button")
        if await button.is_visible():
            await button.click()
        await shot.page.wait_for_selector("#members-list", state="visible")


async def reports(shot: Shot) -> None:
    room = "Windows"
    await _owned(shot, room)
    async with (
        visitor(shot.url, room, "Bob Featherstonehaugh-Marchbanks") as bob,
        visitor(shot.url, room, "지우") as jiu,
    ):
        await _report(bob, jiu, "Whoever it was is a fool, and I know who it was.", "")
        await _report(bob, jiu, "바보", "이런 말은 하지 않기로 했습니다.")
    await shot.page.goto(f"/chat/{quote(room)}/reports/")


async def audit(shot: Shot) -> None:
    room = "Stairs"
    await _owned(shot, room)
    async with (
        visitor(shot.url, room, "Bob Featherstonehaugh-Marchbanks") as bob,
        visitor(shot.url, room, "지우") as jiu,
    ):
        await _report(bob, jiu, "바보", "")
        await shot.page.goto(f"/chat/{quote(room)}/reports/")
        async with shot.page.expect_navigation():
            await shot.page.click("[value=delete]")
        await shot.page.goto(f"/chat/{quote(room)}/settings/")
        for what in ("mute", "kick"):
            await shot.page.click("summary")
            await shot.page.select_option(".people details [name=act]", what)
            async with shot.page.expect_navigation():
                await shot.page.click(".people details .outline")
    await shot.page.check("[name=locked]")
    async with shot.page.expect_navigation():
        await shot.page.click(".enter .primary")
    await shot.page.goto(f"/chat/{quote(room)}/audit/")


async def _reader(shot: Shot, room: str, owner_name: str, **settings: str) -> None:
    """Read in a room that somebody else has settled so; `seconds`: has muted one for so long."""
    path = f"/chat/{quote(room)}/"
    async with ClientSession(shot.url, headers=OURS, cookie_jar=CookieJar(unsafe=True)) as owner:
        for where, form in (
            ("/account/", {"name": owner_name, "password": "correct horse"}),
            (path, {"message": "Welcome. Please listen first."}),
        ):
            async with owner.post(where, data=form) as answer:
                assert answer.status == 200
        await shot.enter(room)
        await shot.page.fill(FIELD, "What I wanted to say")
        form = {"slow_seconds": "0"} | settings
        where = f"{path}settings/"
        if seconds := settings.get("seconds"):
            me = await shot.page.evaluate("document.querySelector('.member').dataset.user")
            where, form = f"{where}people/", {"user": me, "act": "mute", "seconds": seconds}
        async with owner.post(where, data=form) as answer:
            assert answer.status == 200
    await until(shot.page, "document.querySelector('#composer > .help')?.textContent")


async def locked(shot: Shot) -> None:
    await _reader(shot, "Hall", "수진", locked="1")
    await shot.page.click(SEND)
    await until(shot.page, "document.querySelector('#composer > .notice')?.textContent")


async def announce(shot: Shot) -> None:
    await _reader(shot, "News", "Ann", announce="1")


async def muted(shot: Shot) -> None:
    await _reader(shot, "Tea", "민지", seconds="86400")


async def unknown_command(shot: Shot) -> None:
    await shot.enter(LONG)
    await shot.say("/kcik Bob")
    await until(shot.page, "document.querySelector('#composer > .notice')?.textContent")


async def commands(shot: Shot) -> None:
    await _owned(shot, "Pantry")
    await shot.say("/help")
    await shot.page.get_by_role("dialog").wait_for()


async def _fill_in(page: Page, name: str) -> None:
    await page.fill("#name", name)
    await page.fill("#password", "correct horse")
    async with page.expect_navigation():
        await page.press("#password", "Enter")


# group: (caption, state); each is pictured at every size of its group.
GROUPS: dict[str, tuple[tuple[str, State], ...]] = {
    "Lobby": (
        ("first visit", lobby_first),
        ("rooms one opened", lobby_recent),
        ("a name that is refused", lobby_refused),
    ),
    "Room": (
        ("empty", empty),
        ("first words", first_words),
        ("a long day", long_day),
        ("Korean", korean),
        ("Arabic", arabic),
        ("writing", writing),
        ("new since the last visit", unread),
        ("reading the past, new messages below", reading_the_past),
        ("a message under the keyboard's focus", focused_message),
    ),
    "Opened": (
        ("one's name", name_open),
        ("members", members),
        ("somebody is typing", typing),
        ("help", help_sheet),
    ),
    "Accounts": (
        ("logging in", login),
        ("logging in, refused", login_refused),
        ("making an account", account_new),
        ("one's account", account),
    ),
    "Doors": (
        ("one's rooms", rooms),
        ("a private room, and its menu", private_room),
        ("inviting", inviting),
        ("a room's settings", room_settings),
        ("an invitation", invitation),
        ("members, for a moderator", members_of_a_moderator),
        ("a member's menu", members_menu),
        ("a locked room, tried", locked),
        ("an announcement room", announce),
        ("muted", muted),
        ("a message's buttons", message_buttons),
        ("deleting, asked", delete_asked),
        ("a deleted message", tombstone),
        ("reporting, asked", report_asked),
        ("reports", reports),
        ("audit log", audit),
        ("an unknown command", unknown_command),
        ("commands", commands),
    ),
    "Trouble": (
        ("a message that failed", failed),
        ("offline", offline),
        ("put out of the room", refused),
        ("not found", not_found),
        ("bad request", bad_request),
        ("no network at all", offline_page),
    ),
}
