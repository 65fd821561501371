"""The security floor: headers, cookies, origins, proxies."""

import asyncio
from http.cookies import SimpleCookie

import pytest
from aiohttp import ClientSession, WSServerHandshakeError
from itsdangerous import TimestampSigner

from chat_app import keys

PAGES = ["/chat/", "/chat/lobby/", "/nowhere", "/chat/a%2Fb/"]


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_has_the_headers(client, path):
    answer = await client.get(path)
    policy = dict(
        part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";")
    )
    ours = ("script", "style", "connect", "manifest", "worker")
    assert policy == {
        "default-src": "'none'",
        **{f"{kind}-src": "'self'" for kind in ours},
        "img-src": "'self' blob: data:",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "app",
    }
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert not any(digit in answer.headers["Server"] for digit in "0123456789")


@pytest.mark.parametrize("path", PAGES)
async def test_no_page_has_an_inline_script_or_style(client, path):
    page = await (await client.get(path)).text()
    assert "style=" not in page
    assert "<style" not in page
    assert " on" + "click" not in page
    for script in page.split("<script")[1:]:
        assert 'type="application/json"' in script or "src=" in script.split(">")[0]


async def test_a_guest_gets_a_signed_cookie_once(client):
    answer = await client.get("/chat/")
    cookie = SimpleCookie(answer.headers["Set-Cookie"])["guest"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert not cookie["secure"]
    assert cookie.value.startswith("u_")
    assert "Set-Cookie" not in (await client.get("/chat/")).headers


async def test_a_guest_who_comes_back_keeps_the_id_in_a_new_cookie(client, app, monkeypatch):
    first = (await client.get("/chat/")).cookies["guest"].value
    signer = app[keys.SIGNER]
    month_later = signer.get_timestamp() + 31 * 24 * 3600
    monkeypatch.setattr(signer, "get_timestamp", lambda: month_later)
    renewed = (await client.get("/chat/")).cookies["guest"].value
    assert renewed != first
    assert renewed.partition(".")[0] == first.partition(".")[0]


async def test_cookies_are_signed_as_itsdangerous_does(app, client):
    theirs = TimestampSigner(await app[keys.STORE].secret("cookie"), salt="guest")
    ours = app[keys.SIGNER]
    assert ours.unsign(theirs.sign("u_0123456789abcdef")) == b"u_0123456789abcdef"
    assert theirs.unsign(ours.sign("u_0123456789abcdef")) == b"u_0123456789abcdef"


async def test_a_socket_gives_the_cookie_too(client):
    async with ClientSession() as bare, bare.ws_connect(client.make_url("/ws/chat/x/")) as ws:
        assert ws._response.cookies["guest"].value.startswith("u_")


async def test_static_files_give_no_cookie_and_are_kept_for_ever(client, app):
    prefix = app[keys.ASSETS].prefix
    answer = await client.get(prefix + "css/app.css")
    assert answer.status == 200
    assert "Set-Cookie" not in answer.headers
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.content_type == "text/css"
    assert (await client.get(prefix + "../../config.yaml")).status == 404
    assert (await client.get(prefix + "%2e%2e/%2e%2e/config.yaml")).status == 404
    assert (await client.get("/static/other/css/app.css")).status == 404


@pytest.mark.parametrize("forged", ["u_0123456789abcdef", "u_0123456789abcdef.x.y", "é", ""])
async def test_a_forged_cookie_is_another_guest(client, forged):
    async with ClientSession() as bare:
        headers = {"Cookie": f"guest={forged}"}
        answer = await bare.get(client.make_url("/chat/"), headers=headers)
        given = SimpleCookie(answer.headers["Set-Cookie"])["guest"].value
        assert not given.startswith("u_0123456789abcdef")


async def test_a_guest_is_known_by_the_cookie_and_by_nothing_less(client):
    given = (await client.get("/chat/")).cookies["guest"].value
    user, _, rest = given.partition(".")
    other = TimestampSigner("another secret", salt="guest").sign(user).decode()
    for cookie, known in [
        (given, True),
        (f"{user[:-1]}{'0' if user[-1] != '0' else '1'}.{rest}", False),
        (given[: len(user) + 1] + "AAAAAA" + given[len(user) + 7 :], False),
        (other, False),
    ]:
        async with ClientSession() as browser:
            answer = await browser.get(
                client.make_url("/chat/"), headers={"Cookie": f"guest={cookie}"}
            )
            assert ("Set-Cookie" not in answer.headers) == known, cookie


async def connect(client, headers):
    try:
        async with client.ws_connect("/ws/chat/lobby/", headers=headers):
            return 101
    except WSServerHandshakeError as refused:
        return refused.status


@pytest.mark.parametrize("settings", [["server.allowed_origins=https://friend.example"]])
async def test_a_sockets_origin_is_checked(client, settings):
    own = f"{client.host}:{client.port}"
    assert await connect(client, {}) == 101
    assert await connect(client, {"Origin": f"http://{own}"}) == 101
    assert await connect(client, {"Origin": f"https://{own}"}) == 101  # a proxy ends the TLS
    assert await connect(client, {"Origin": "https://friend.example"}) == 101
    for foreign in (
        "https://evil.example",
        "null",
        f"http://{client.host}",
        f"http://{client.host}:1",
        f"http://{own}.evil.example",
        "http://[",
        "http://x:notaport",
        "",
    ):
        assert await connect(client, {"Origin": foreign}) == 403, foreign


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # no browser: nothing says that a visitor's cookie is used
        ({"Cookie": "guest=x"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Cookie": "guest=x"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "OWN", "Cookie": "guest=x"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
async def test_a_form_from_another_site_is_refused(client, headers, status):
    headers = {
        name: value.replace("OWN", f"http://{client.host}:{client.port}")
        for name, value in headers.items()
    }
    async with ClientSession() as bare:
        for path in ("/chat/lobby/", "/me/name"):
            form = {"message": "hi", "name": "Ann", "room": "lobby"}
            answer = await bare.post(client.make_url(path), data=form, headers=headers)
            assert answer.status == status


@pytest.mark.parametrize("settings", [["server.trusted_proxies=127.0.0.0/8"]])
async def test_behind_a_trusted_proxy_https_is_known(client, settings):
    own = f"{client.host}:{client.port}"
    answer = await client.get("/chat/", headers={"X-Forwarded-Proto": "https"})
    cookie = SimpleCookie(answer.headers["Set-Cookie"])["__Host-guest"]
    assert cookie["secure"]
    forwarded = {"X-Forwarded-Proto": "https"}
    assert await connect(client, {**forwarded, "Origin": f"https://{own}"}) == 101
    assert await connect(client, {**forwarded, "Origin": f"http://{own}"}) == 403


async def test_anybody_elses_forwarded_headers_are_ignored(client):
    answer = await client.get("/chat/", headers={"X-Forwarded-Proto": "https"})
    assert not SimpleCookie(answer.headers["Set-Cookie"])["guest"]["secure"]


@pytest.mark.parametrize(
    "settings",
    [["limits.connections_per_address=1", "server.trusted_proxies=127.0.0.0/8,10.0.0.0/8"]],
)
async def test_the_visitor_is_the_right_most_address_that_is_no_proxy(client, settings):
    async def via(forwarded):
        return client.ws_connect("/ws/chat/lobby/", headers={"X-Forwarded-For": forwarded})

    async with await via("1.1.1.1, 9.9.9.9, 10.0.0.1"):
        async with await via("2.2.2.2"):
            pass
        with pytest.raises(WSServerHandshakeError, match="Invalid response status"):
            async with await via("3.3.3.3, 9.9.9.9"):
                pass


async def test_rubbish_on_the_wire_is_answered_quietly(client, caplog):
    for rubbish in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"GET\r\n\r\n"):
        reader, writer = await asyncio.open_connection(client.host, client.port)
        writer.write(rubbish)
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.") and b" 400 " in answer.split(b"\r\n")[0]
        writer.close()
        await writer.wait_closed()
    assert not [record for record in caplog.records if record.exc_info and record.levelno >= 30]


async def send_half_a_form(client):
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(
        b"POST /chat/lobby/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\nmessage=x"
    )
    return reader, writer


async def test_whoever_goes_in_the_middle_of_a_form_leaves_no_trace(client, app, caplog):
    _, writer = await send_half_a_form(client)
    await asyncio.sleep(0.05)
    writer.transport.abort()
    await asyncio.sleep(0.05)
    assert not caplog.records
    assert await app[keys.STORE].room("lobby") is None


async def test_a_form_that_never_ends_is_refused(client, monkeypatch):
    monkeypatch.setattr("chat_app.web.forms.FORM_SECONDS", 0.05)
    reader, writer = await send_half_a_form(client)
    assert b" 400 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def test_a_cookie_of_raw_bytes_is_another_guest(client, caplog):
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(b"GET /chat/ HTTP/1.1\r\nHost: x\r\nCookie: guest=\xff\xfe\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head.split(b"\r\n")[0]
    assert b"Set-Cookie: guest=u_" in head
    writer.close()
    await writer.wait_closed()
    assert not caplog.records


async def test_what_is_kept_by_others_bears_no_cookie(client):
    assert "Set-Cookie" not in (await client.get("/favicon.ico")).headers
    answer = await client.get("/chat", allow_redirects=False)
    assert "Set-Cookie" in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_post_is_a_post_whatever_else_it_says(client):
    headers = {"Upgrade": "websocket", "Sec-Fetch-Site": "cross-site", "Cookie": "a=b"}
    async with ClientSession() as bare:
        url = client.make_url("/chat/lobby/")
        answer = await bare.post(url, data={"message": "hi"}, headers=headers)
        assert answer.status == 403
