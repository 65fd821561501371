"""What somebody who means harm would try, each tried: none of it works, and none leaves a trace."""

import asyncio
from html.parser import HTMLParser
from pathlib import Path

import pytest

from chat_app import keys

ROOT = Path(__file__).parents[2]
MARKUP = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
NAME = "<svg onload=alert(3)>"
ROOM = "<i onclick=alert(4)>&quot;'\""


async def raw(client, head):
    """Send a request as it is; return the whole answer."""
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(head.encode("latin-1") + b"\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("GET /chat/ HTTP/1.1\r\nHost: x\r\nExpect: miracles", 417),
        ("OPTIONS * HTTP/1.1\r\nHost: x", 404),
    ],
)
async def test_what_no_handler_sees_is_refused_and_not_written_down(client, caplog, asked, status):
    answer = await raw(client, asked)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nX-Content-Type-Options: nosniff\r\n" in answer
    assert not caplog.records


@pytest.mark.parametrize(
    "path",
    [
        "../../config.yaml",
        "../../../../../../etc/passwd",
        "%2e%2e/%2e%2e/config.yaml",
        "%2e%2e%2f%2e%2e%2fconfig.yaml",
        "%252e%252e%252f%252e%252e%252fconfig.yaml",
        "css/../../../config.yaml",
        "css/..%2f..%2f..%2fconfig.yaml",
        "..\\..\\config.yaml",
        "..%5c..%5cconfig.yaml",
        "css%5capp.css",
        "%c0%ae%c0%ae/%c0%ae%c0%ae/config.yaml",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "css/app.css%00",
        "css/app.css%00.png",
        "css/",
        "css",
        "css/app.css/",
        "CSS/APP.CSS",
        "file:///etc/passwd",
    ],
)
async def test_nothing_but_static_files_is_to_be_had(client, app, path, caplog):
    answer = await raw(client, f"GET {app[keys.ASSETS].prefix}{path} HTTP/1.1\r\nHost: x")
    status, body = answer.split()[1], answer.partition(b"\r\n\r\n")[2]
    assert status in (b"400", b"404")
    assert (ROOT / "config.yaml").read_bytes()[:40] not in body
    assert b"root:" not in body
    assert not caplog.records


class Tags(HTMLParser):
    """What a browser would make of a page: its elements, and attributes that are scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [f"{tag}.{name}" for name, _ in attrs if name.startswith("on")]
        values = dict(attrs)
        inert = values.get("type") == "application/json" or "src" in values
        if tag == "img" or (tag == "script" and not inert):
            self.found.append(tag)
        if any((value or "").lstrip().lower().startswith("javascript:") for _, value in attrs):
            self.found.append(f"{tag} of a script")


def dangerous(page):
    tags = Tags()
    tags.feed(page)
    return tags.found


def test_what_looks_for_danger_finds_it():
    assert dangerous(MARKUP) == ["script", "img.onerror", "img"]
    assert dangerous(NAME + ROOM) == ["svg.onload", "i.onclick"]
    assert dangerous("<a href=' JavaScript:x'>") == ["a of a script"]


async def test_markup_in_names_rooms_and_messages_is_text_on_every_page(browse):
    owner, guest = browse(), browse()
    await owner.register(NAME)
    talker = await owner.join(ROOM)
    await talker.post(MARKUP)
    await guest.post("/me/name", name="<b onclick=x>")
    stranger = await guest.join(ROOM)
    said = await stranger.post(f"javascript:alert(1) {MARKUP}")
    await stranger.send({"type": "report", "id": "report-1", "target": 1, "reason": MARKUP})
    await stranger.expect("done", id="report-1")
    await talker.send({"type": "delete", "id": "delete-1", "target": said["seq"]})
    await talker.expect("ack", id="delete-1")
    room = "/chat/%3Ci%20onclick=alert(4)%3E&quot%3B'%22/"
    looked_at = 0
    for browser in (owner, guest):
        for path in (
            *(room, f"{room}?before=2", f"{room}settings/", f"{room}reports/", f"{room}audit/"),
            *("/rooms/", "/account/", f"/chat/?room={'%3Cimg onerror=x%3E' * 9}"),
            *(f"/login/?next={MARKUP}", f"/account/?next={MARKUP}&done={MARKUP}", f"/{MARKUP}"),
        ):
            answer = await browser.get(path)
            page = await answer.text()
            assert answer.status < 500, path
            assert dangerous(page) == [], path
            looked_at += "onclick=alert(4)" in page
        refused = await browser.post(room, message=MARKUP * 90)
        assert (refused.status, dangerous(await refused.text())) == (400, [])
    assert looked_at >= 6  # the name was there, as text


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data"])
@pytest.mark.parametrize("path", ["/chat/lobby/", "/me/name", "/login/", "/account/", "/rooms/"])
async def test_only_ordinary_forms_are_taken(client, app, kind, path):
    # Another site can send these without asking first, but not what they bring.
    headers = {"Content-Type": kind, "Sec-Fetch-Site": "same-origin"}
    body = '{"message": "hi", "name": "Ann", "password": "correct horse"}'
    answer = await client.post(path, data=body, headers=headers)
    assert answer.status == 400
    assert await app[keys.STORE].room("lobby") is None


async def test_a_socket_does_nothing_that_another_sites_page_sends(client, app):
    # A request whose body is a frame is no handshake; a handshake by POST is none either.
    for method in ("POST", "PUT", "DELETE"):
        headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-Fetch-Site": "cross-site"}
        answer = await client.request(method, "/ws/chat/lobby/", headers=headers)
        assert answer.status in (403, 405)
    assert await app[keys.STORE].room("lobby") is None


@pytest.mark.parametrize(
    "hosts",
    [
        ["Host: evil.example"],
        ["Host: evil.example", "X-Forwarded-Host: evil.example"],
        ["Host: evil.example", "Forwarded: host=evil.example;proto=https"],
        ["Host: x:notaport"],
        ["Host: ["],
        ["Host: a@evil.example"],
        ["Host: " + "x" * 4000],
        ["Host:"],
    ],
)
@pytest.mark.parametrize(
    "path", ["/", "/chat", "/chat/lobby", "/chat/", "/chat/lobby/", "/nowhere"]
)
async def test_no_answer_repeats_the_host_that_it_was_told(client, hosts, path, caplog):
    answer = await raw(client, "\r\n".join([f"GET {path} HTTP/1.1", *hosts]))
    assert answer.split()[1] in (b"200", b"302", b"308", b"404", b"400")
    assert b"evil.example" not in answer
    assert not caplog.records


async def test_a_request_for_another_host_is_answered_as_for_ours(client):
    answer = await raw(client, "GET http://evil.example/chat HTTP/1.1\r\nHost: x")
    assert b"evil.example" not in answer
    two = await raw(client, "GET /chat/ HTTP/1.1\r\nHost: x\r\nHost: evil.example")
    assert b"evil.example" not in two
