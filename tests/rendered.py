"""`python -m tests.rendered FOLDER`: the pages as the server sends them, in every language.

For the validator of `make lint`: one file a page, "lobby.ko.html" and so on.
"""

import asyncio
import logging
import re
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from chat_app import keys
from chat_app.chat.lookalikes import small
from chat_app.config import load_config
from chat_app.main import create_app
from chat_app.web.around import around
from chat_app.web.languages import LANGUAGES

FULL = "점심 <모임> & more"
TEXTS = ("안녕하세요", "See https://example.com/?a=1&b=2 <b>", "שלום", "🎉", "two\nlines")
ROOM = f"/chat/{quote(FULL, safe='')}/"
MESSAGES = 120  # the page shows 50 of them: there is an older and a newer part

# What the visitor asks for, and the status that it is answered with.
PAGES = {
    "lobby": ("/chat/", 200),
    "lobby-refused": ("/chat/?room=a/%22b", 400),
    "room-empty": ("/chat/empty/", 200),
    "room-full": (ROOM, 200),
    "room-past": (f"{ROOM}?before=71", 200),
    "login": ("/login/?next=/chat/empty/", 200),
    "logged-out": ("/login/?done=out", 200),
    "account-new": ("/account/?next=/chat/empty/", 200),
    "rooms-guest": ("/rooms/", 200),
    "link-over": ("/link/x/", 410),
    "offline": ("/offline/", 200),
    "error-400": ("/chat/empty/?before=x", 400),
    "error-404": ("/nowhere", 404),
    "error-405": ("/me/name", 405),
    "error-500": ("/fault", 500),
}
REFUSED = "room-refused"  # one of the pages that only a form leads to
ACCOUNT = {"name": "한별 <b>", "password": "correct horse"}


async def fault(_request: web.Request) -> web.Response:
    raise RuntimeError("asked for")


async def rendered(data: Path) -> dict[str, str]:
    """Return every page's HTML by its name; `data` is a folder for the server's own."""
    app = create_app(load_config(None, [f"storage.folder={data}", "limits.message_rate=0"], {}))
    app.router.add_get("/fault", around(fault))
    found: dict[str, str] = {}
    headers = {"Sec-Fetch-Site": "same-origin"}
    async with TestClient(TestServer(app), headers=headers) as client:
        for number in range(MESSAGES):
            form = {"message": TEXTS[number % len(TEXTS)]}
            async with client.post(ROOM, data=form) as answer:
                assert answer.status == 200
        for language in LANGUAGES:
            asked = {"Accept-Language": language}
            for name, (path, status) in PAGES.items():
                async with client.get(path, headers=asked) as answer:
                    assert answer.status == status, f"{path}: {answer.status}"
                    found[f"{name}.{language}"] = await answer.text()
            too_long = "x" * (app[keys.CONFIG].limits.message_chars + 1)
            async with client.post(ROOM, data={"message": too_long}, headers=asked) as answer:
                assert answer.status == 400
                found[f"{REFUSED}.{language}"] = await answer.text()
            form = ACCOUNT | {"password": "wrong"}
            for name, path in (("login-refused", "/login/"), ("account-refused", "/account/")):
                async with client.post(path, data=form, headers=asked) as answer:
                    assert answer.status in (400, 403)
                    found[f"{name}.{language}"] = await answer.text()
        found |= await rendered_accounts(app, client)
    return found


async def rendered_accounts(
    app: web.Application, client: TestClient[web.Request, web.Application]
) -> dict[str, str]:
    """Return the pages of who is logged in, in two browsers, and those of one-time links."""
    found: dict[str, str] = {}
    async with client.post("/account/", data=ACCOUNT) as answer:
        assert answer.status == 200
    async with ClientSession(headers={"Sec-Fetch-Site": "same-origin"}) as other:
        await other.post(client.make_url("/login/"), data=ACCOUNT)
    account = await app[keys.STORE].accounts.account(small(ACCOUNT["name"]))
    pages = {
        "account": "/account/?done=password",
        "link-owner": f"/link/{app[keys.LINKS].make('owner')}/",
        "link-reset": f"/link/{app[keys.LINKS].make('reset', account)}/",
    }
    pages |= await furnish_rooms(app, client)
    pages |= await furnish_reports(client)
    for language in LANGUAGES:
        asked = {"Accept-Language": language}
        for name, path in pages.items():
            async with client.get(path, headers=asked) as answer:
                assert answer.status == 200, f"{path}: {answer.status}"
                found[f"{name}.{language}"] = await answer.text()
        form = {"current": "wrong", "password": "another horse"}
        async with client.post("/account/password/", data=form, headers=asked) as answer:
            assert answer.status == 403
            found[f"password-refused.{language}"] = await answer.text()
        form = {"days": "7", "uses": "5"}
        path = f"{pages['settings']}invites/"
        async with client.post(path, data=form, headers=asked) as answer:
            assert answer.status == 200
            found[f"settings-invited.{language}"] = await answer.text()
        async with client.post(pages["rooms"], data={"name": "/"}, headers=asked) as answer:
            assert answer.status == 400
            found[f"rooms-refused.{language}"] = await answer.text()
    return found


async def furnish_rooms(
    app: web.Application, client: TestClient[web.Request, web.Application]
) -> dict[str, str]:
    """Make a private room with a member, a muted and a banned one; return its pages' paths."""
    async with client.post("/chat/owned/", data={"message": "mine"}) as answer:
        assert answer.status == 200
    async with client.post("/rooms/", data={"name": FULL}) as answer:
        room = answer.url.raw_path
    links = []
    for _ in range(2):
        async with client.post(
            f"{room}settings/invites/", data={"days": "1", "uses": "5"}
        ) as answer:
            links += re.findall(r"/invite/[^\"]+", await answer.text())
    for act in ("mute", "ban", "none", ""):
        jar = CookieJar(unsafe=True)
        headers = {"Sec-Fetch-Site": "same-origin"}
        async with ClientSession(headers=headers, cookie_jar=jar) as other:
            async with other.post(client.make_url(links[0])) as answer:
                assert answer.status == 200
            message = {"message": act or "hi"}
            async with other.post(client.make_url(room), data=message) as answer:
                assert answer.status == 200
        author = (await app[keys.STORE].events(room.split("/")[2], limit=1))[0].user.id
        if act:
            form = {"user": author, "act": act}
            async with client.post(f"{room}settings/people/", data=form) as answer:
                assert answer.status == 200
    return {
        "invite": links[1],
        "rooms": "/rooms/",
        "room-private": room,
        "settings": f"{room}settings/",
        "settings-public": "/chat/owned/settings/",
    }


async def furnish_reports(client: TestClient[web.Request, web.Application]) -> dict[str, str]:
    """Have a message of another's deleted and one reported; return the pages that tell of it."""
    room = "/chat/owned/"
    jar = CookieJar(unsafe=True)
    async with ClientSession(
        client.make_url("/"), headers={"Sec-Fetch-Site": "same-origin"}, cookie_jar=jar
    ) as other:
        async with other.get(room) as answer:
            assert answer.status == 200
        async with other.ws_connect(f"/ws{room}", protocols=("chat.v1",)) as socket:
            for number, text in enumerate(("rude <b>", "ruder"), 2):
                await socket.send_json({"type": "post", "id": f"post-{number:04}", "message": text})
                while (await socket.receive_json())["type"] != "ack":
                    pass
                report = {"type": "report", "id": f"report-{number}", "target": number}
                await socket.send_json(report | {"reason": "왜 <i>"})
                while (await socket.receive_json())["type"] != "done":
                    pass
    async with client.post(f"{room}reports/", data={"message": "2", "act": "delete"}) as answer:
        assert answer.status == 200
    return {
        "reports": f"{room}reports/",
        "reports-done": f"{room}reports/?done=delete",
        "audit": f"{room}audit/",
        "audit-empty": f"{room}audit/?before=1",
    }


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.html"):
        old.unlink()
    logging.disable()  # the fault that is asked for would be written down
    with tempfile.TemporaryDirectory() as data:
        pages = asyncio.run(rendered(Path(data)))
    for name, html in pages.items():
        (folder / f"{name}.html").write_text(html)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
