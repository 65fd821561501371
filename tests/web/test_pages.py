"""The pages, as a browser without scripts sees them."""

import html
import json
import re
from urllib.parse import quote

import pytest
from yarl import URL

from chat_app import keys
from chat_app.web.languages import TRANSLATIONS
from tests.clients import Client

URLENCODED = "application/x-www-form-urlencoded"


@pytest.fixture
async def client(aiohttp_client, app):
    """A browser: it says of its own forms where they come from."""
    return await aiohttp_client(app, headers={"Sec-Fetch-Site": "same-origin"})


def room_url(name):
    return f"/chat/{quote(name, safe='')}/"


async def text(client, url, **options):
    async with client.get(url, **options) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.text()


def messages(page):
    page = page.partition("<template")[0]
    return [
        html.unescape(found)
        for found in re.findall(r'class="body"[^>]*>(.*?)</p>', page, re.DOTALL)
    ]


def field(page, name):
    (value,) = re.findall(rf'name="{name}"[^>]*value="([^"]*)"', page)
    return value


def data(page, id):
    """Return what the page holds as JSON for its scripts."""
    (found,) = re.findall(rf'<script id="{id}" type="application/json">(.*?)</script>', page)
    return json.loads(found)


async def test_the_front_door_leads_to_the_lobby(client):
    answer = await client.get("/", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (302, "/chat/")


@pytest.mark.parametrize(
    "path", ["/chat", "/chat/lobby", "/chat/%EB%A1%9C%EB%B9%84?before=3", "/chat/a%2Fb"]
)
async def test_a_missing_slash_is_put_right(client, path):
    url = URL(str(client.make_url("/")).rstrip("/") + path, encoded=True)
    answer = await client.session.get(url, allow_redirects=False)
    path, _, query = path.partition("?")
    assert answer.status == 308
    assert answer.headers["Location"] == f"{path}/{'?' + query if query else ''}"


async def test_the_lobby_asks_for_a_name(client):
    page = await text(client, "/chat/")
    assert 'id="room-name-input"' in page
    assert 'id="room-name-submit"' in page


@pytest.mark.parametrize("name", ["로비", "점심 모임", "café-1", "🎉party", "a%b", "x?y#z"])
async def test_the_lobbys_form_leads_to_the_room_without_scripts(client, name):
    answer = await client.get("/chat/", params={"room": name}, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, room_url(name))
    page = await text(client, answer.headers["Location"])
    assert data(page, "room-name") == name


async def test_a_refused_name_comes_back_with_the_reason(client):
    answer = await client.get("/chat/", params={"room": 'a/"b'})
    assert answer.status == 400
    page = await answer.text()
    assert "cannot have a slash" in page
    assert 'value="a/&#34;b"' in page


@pytest.mark.parametrize("name", ["<script>alert(1)", '"><img src=x onerror=alert(1)>', "{{7*7}}"])
async def test_a_name_does_no_harm(client, name):
    page = await text(client, room_url(name))
    assert name not in page or name == "{{7*7}}"
    assert data(page, "room-name") == name


async def test_what_people_write_is_text_and_nothing_else(client):
    await client.post("/me/name", data={"name": "<b>&\"'", "room": "lobby"})
    await client.post(room_url("lobby"), data={"message": "<i>&\"'"})
    page = await text(client, room_url("lobby"))
    rows = page.partition('<ol class="chunk"')[2].partition("</section>")[0]
    # The name, its first letter in the disc, the text.
    assert (rows.count("<b>"), rows.count("<i>"), rows.count("><</span>")) == (0, 0, 0)
    assert '<span class="disc" aria-hidden="true">&lt;</span>' in rows
    assert rows.count("&lt;b&gt;&amp;&#34;&#39;</bdi>") == 1
    assert rows.count("&lt;i&gt;&amp;&#34;&#39;</p>") == 1


async def test_a_script_end_in_a_name_does_no_harm(client):
    answer = await client.get(room_url("</script><script>alert(1)"))
    assert answer.status == 400
    assert "<script>alert" not in await answer.text()


async def test_posting_without_scripts_comes_back_to_the_room(client):
    page = await text(client, "/chat/lobby/")
    form = {"message": "안녕 <b>\r\nhi", "id": field(page, "id")}
    answer = await client.post("/chat/lobby/", data=form, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/chat/lobby/")
    await client.post("/chat/lobby/", data=form)  # sent twice: the same message
    assert messages(await text(client, "/chat/lobby/")) == ["안녕 <b>\nhi"]


async def test_what_is_posted_without_scripts_is_seen_live(client, join):
    alice = await join("lobby")
    await client.post("/chat/LOBBY/", data={"message": "hi"})
    assert (await alice.expect("message"))["message"] == "hi"


@pytest.mark.parametrize(
    ("form", "status", "reason"),
    [
        ({"message": "x" * 4001}, 400, "at most 4000 characters"),
        ({"message": "  "}, 400, "empty"),
        ({}, 400, "empty"),
        ({"message": "x", "id": "no"}, 400, "8 to 64"),
        ({"message": "a\0b"}, 400, "NUL"),
    ],
)
async def test_a_refused_post_says_why_and_keeps_the_text(client, form, status, reason):
    answer = await client.post("/chat/lobby/", data=form)
    page = await answer.text()
    assert answer.status == status
    assert reason in page
    assert form.get("message", "").strip().replace("\0", "") in page.replace("\0", "")


@pytest.mark.parametrize("settings", [["limits.message_rate=1", "limits.message_burst=1"]])
async def test_posting_too_fast_is_429_and_keeps_the_text(client, settings):
    await client.post("/chat/lobby/", data={"message": "one"})
    answer = await client.post("/chat/lobby/", data={"message": "two"})
    page = await answer.text()
    assert answer.status == 429
    assert messages(page) == ["one"]
    assert "two" in page


async def test_the_newest_fifty_and_a_way_back(client, join):
    alice = await join("lobby")
    for number in range(1, 121):
        await alice.post(str(number))
    page = await text(client, "/chat/lobby/")
    assert messages(page) == [str(number) for number in range(71, 121)]
    assert "/chat/lobby/?before=71" in page
    page = await text(client, "/chat/lobby/?before=71")
    assert messages(page) == [str(number) for number in range(21, 71)]
    page = await text(client, "/chat/lobby/?before=21")
    assert messages(page) == [str(number) for number in range(1, 21)]
    assert "?before=" not in page


async def test_names_and_texts_are_written_in_their_own_direction(client, join):
    alice = await join("lobby")
    await alice.post("\u05e9\u05dc\u05d5\u05dd")
    page = await text(client, "/chat/lobby/")
    # What the server drew, and what its templates will make.
    tags = re.findall(r'<(\w+) class="name"', page)
    assert len(tags) >= 4
    assert set(tags) == {"bdi"}
    bodies = re.findall(r'<p class="body"[^>]*>', page)
    assert len(bodies) == 2
    assert all('dir="auto"' in body for body in bodies)


async def test_one_may_zoom_and_a_keyboard_on_the_screen_shrinks_the_page(client):
    page = await text(client, "/chat/lobby/")
    (viewport,) = re.findall(r'<meta name="viewport" content="([^"]*)"', page)
    assert viewport == "width=device-width, initial-scale=1, interactive-widget=resizes-content"


async def test_the_page_knows_where_it_stands_in_the_log(client, join):
    alice = await join("lobby")
    for number in range(3):
        await alice.post(str(number))
    page = await text(client, "/chat/Lobby/")
    state = data(page, "room-state")
    assert state["top"] == 3
    assert state["epoch"] == alice.welcome["epoch"]
    assert state["key"] == "lobby"


@pytest.mark.parametrize("before", ["x", "-1", "1.5", "9" * 20, "٣"])
async def test_a_number_that_is_none_is_400(client, before):
    assert (await client.get("/chat/lobby/", params={"before": before})).status == 400


async def test_looking_writes_nothing(client, app):
    await text(client, "/chat/quiet/")
    assert await app[keys.STORE].room("quiet") is None


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/chat/a/b/", 404),
        ("POST", "/chat/", 405),
        ("GET", "/me/name", 405),
        ("GET", "/ws/chat/lobby/", 400),
        ("GET", "/static/x/y", 404),
    ],
)
async def test_errors_have_pages_of_our_own(client, method, path, status):
    answer = await client.request(method, path)
    assert answer.status == status
    if not path.startswith("/static/"):
        assert "/chat/" in await answer.text()
        assert answer.content_type == "text/html"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/chat/", {"GET", "HEAD"}),
        ("GET", "/me/name", {"POST"}),
        ("DELETE", "/chat/lobby/", {"GET", "HEAD", "POST"}),
    ],
)
async def test_it_is_said_which_methods_a_path_takes(client, method, path, allowed):
    answer = await client.request(method, path)
    assert answer.status == 405
    assert set(answer.headers["Allow"].replace(" ", "").split(",")) == allowed


async def test_a_fault_of_ours_is_500_with_a_page_and_a_line_in_the_log(
    client, app, monkeypatch, caplog
):
    async def broken(*_):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(app[keys.STORE], "room", broken)
    answer = await client.get("/chat/lobby/")
    assert answer.status == 500
    assert "secret detail" not in await answer.text()
    assert "secret detail" in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        {"data": b"\xff\xfe=\xff", "headers": {"Content-Type": URLENCODED}},
        {
            "data": b"message=x",
            "headers": {"Content-Type": f"{URLENCODED}; charset=nonsense"},
        },
        {"data": b"message=+2AA-", "headers": {"Content-Type": f"{URLENCODED}; charset=utf-7"}},
        {"data": b"x", "headers": {"Content-Type": URLENCODED, "Content-Encoding": "gzip"}},
        {"data": b"--x", "headers": {"Content-Type": "multipart/form-data; boundary=y"}},
        {"json": {"message": "x"}},
    ],
)
async def test_a_body_that_is_no_form_is_400(client, body, caplog):
    answer = await client.post("/chat/lobby/", **body)
    assert answer.status == 400
    assert not caplog.records


async def test_a_body_that_is_too_large_is_413(client):
    answer = await client.post("/chat/lobby/", data={"message": "x" * 300_000})
    assert answer.status == 413


async def test_a_name_is_changed_in_place_and_kept(client, join):
    await client.post("/chat/lobby/", data={"message": "before"})
    answer = await client.post(
        "/me/name", data={"name": " 김  철수 ", "room": "lobby"}, allow_redirects=False
    )
    assert (answer.status, answer.headers["Location"]) == (303, "/chat/lobby/")
    await client.post("/chat/lobby/", data={"message": "after"})
    page = await text(client, "/chat/lobby/")
    assert "김 철수" in page
    alice = await join("lobby")
    await alice.send({"type": "history", "id": "page-0001"})
    said = (await alice.expect("history"))["events"]
    assert [event["user"]["name"] for event in said][1] == "김 철수"
    assert said[0]["user"]["id"] == said[1]["user"]["id"]
    assert said[0]["user"]["name"].startswith("Guest ")


async def test_scripts_change_the_name_by_json(client):
    headers = {"Accept": "application/json"}
    answer = await client.post("/me/name", data={"name": "Ann"}, headers=headers)
    assert (await answer.json())["user"]["name"] == "Ann"
    answer = await client.post("/me/name", data={"name": "x" * 33}, headers=headers)
    assert answer.status == 400
    assert await answer.json() == {
        "code": "user_name",
        "message": "A name has at most 32 characters.",
    }


async def test_ones_own_sockets_hear_of_the_new_name(client, join):
    ws = await client.ws_connect("/ws/chat/lobby/", protocols=["chat.v1"])
    me, other = Client(ws), await join("lobby", "bob")
    await me.greeted()
    await client.post("/me/name", data={"name": "Ann"})
    assert (await me.expect("renamed"))["user"]["name"] == "Ann"
    await me.post("hi")
    assert (await other.expect("message"))["user"]["name"] == "Ann"
    await other.nothing()


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("en-US,en;q=0.9,ko;q=0.8", "en"),
        ("fr,ko;q=0.5", "ko"),
        ("fr", "en"),
        ("", "en"),
        ("ko;q=0,en;q=0.1", "en"),
        ("ko;q=nonsense, en", "en"),
    ],
)
async def test_the_language_is_the_browsers(client, accepted, language):
    page = await text(client, "/chat/", headers={"Accept-Language": accepted})
    assert f'<html lang="{language}"' in page


@pytest.mark.parametrize(
    "path", ["/chat/", "/chat/lobby/", "/chat/%EB%B9%88%20%EB%B0%A9/?before=3", "/chat/a%2Fb/"]
)
async def test_the_language_can_be_chosen_and_the_page_stays(client, path):
    start = URL(str(client.make_url("/")).rstrip("/") + path, encoded=True)
    page = await (await client.session.get(start)).text()
    (link,) = re.findall(r'<a class="switch" lang="ko"[^>]* href="([^"]*)">.*?한국어</a>', page)
    choose = start.join(URL(html.unescape(link), encoded=True))
    answer = await client.session.get(choose, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, path)
    page = await (await client.session.get(start)).text()
    assert '<html lang="ko"' in page
    assert "English</a>" in page


@pytest.mark.parametrize("path", ["//elsewhere.example/?lang=ko", "/nowhere?lang=ko"])
async def test_a_choice_of_language_leads_to_pages_of_ours_only(client, path):
    url = URL(str(client.make_url("/")).rstrip("/") + path, encoded=True)
    answer = await client.session.get(url, allow_redirects=False)
    assert answer.status == 404
    assert 'href="/chat/?lang=ko"' in await answer.text()


@pytest.mark.parametrize("path", ["/chat/?lang=xx", "/chat/?lang="])
async def test_a_language_that_is_none_is_not_taken(client, path):
    assert '<html lang="en"' in await text(client, path, headers={"Cookie": "language=xx"})


@pytest.mark.parametrize("settings", [["site.language=ko"]])
async def test_a_language_that_is_set_cannot_be_changed(client):
    page = await text(client, "/chat/?lang=en")
    assert '<html lang="ko"' in page
    assert 'class="switch"' not in page


@pytest.mark.parametrize("settings", [["site.language=ko", "site.title=우리 방"]])
async def test_language_and_title_can_be_set(client, settings):
    page = await text(client, "/chat/", headers={"Accept-Language": "en"})
    assert '<html lang="ko"' in page
    assert "우리 방" in page


async def test_refusals_are_in_the_visitors_language(client):
    headers = {"Accept-Language": "ko"}
    answer = await client.post("/chat/lobby/", data={"message": "x" * 4001}, headers=headers)
    english = "A message has at most {limit} characters."
    assert TRANSLATIONS["ko"].gettext(english) != english
    assert TRANSLATIONS["ko"].gettext(english).format(limit=4000) in await answer.text()
