"""Accounts, as browsers without scripts meet them."""

import asyncio
import re
import threading
import unicodedata
from http.cookies import SimpleCookie

import pytest

from chat_app import keys
from chat_app.chat import accounts
from chat_app.chat.passwords import Passwords
from chat_app.web.guests import next_of

PASSWORD = "correct horse"


async def me(browser, room="lobby"):
    """Return who the server takes this browser for, {"id", "name"}."""
    client = await browser.join(room)
    await client.ws.close()
    return client.welcome["user"]


async def test_a_guest_with_messages_becomes_an_account_and_is_the_same_author(browse, app):
    first, second = browse(), browse()
    guest = await me(first)
    for number in range(10):
        await first.post("/chat/lobby/", message=f"message {number}")
    await first.register("Ann")
    assert await me(first) == {"id": guest["id"], "name": "Ann"}
    assert (await second.log_in("Ann")).headers["Location"] == "/chat/"
    assert await me(second) == {"id": guest["id"], "name": "Ann"}
    await second.post("/chat/lobby/", message="from the other one")
    events = await app[keys.STORE].events("lobby", limit=20)
    assert {event.user.id for event in events} == {guest["id"]}
    assert len(events) == 11
    page = await (await second.get("/chat/lobby/")).text()
    assert len(re.findall(r'<li class="row[^"]* own"', page)) == 11


async def test_the_cookies_of_a_login(browse):
    browser = browse()
    await browser.get("/chat/")
    answer = await browser.post("/account/", name="Ann", password=PASSWORD)
    cookies = SimpleCookie()
    for header in answer.headers.getall("Set-Cookie"):
        cookies.load(header)
    session = cookies["session"]
    assert session["httponly"]
    assert (session["samesite"], session["path"], session["secure"]) == ("Lax", "/", "")
    assert cookies["guest"]["max-age"] == "0"
    assert "Set-Cookie" not in (await browser.get("/chat/")).headers


@pytest.mark.parametrize("settings", [["server.trusted_proxies=127.0.0.0/8"]])
async def test_on_https_the_cookie_cannot_be_set_by_others(client):
    headers = {"X-Forwarded-Proto": "https", "Sec-Fetch-Site": "same-origin"}
    form = {"name": "Ann", "password": PASSWORD}
    answer = await client.post("/account/", data=form, headers=headers, allow_redirects=False)
    given = answer.headers.getall("Set-Cookie")
    (session,) = [header for header in given if header.startswith("__Host-session=")]
    assert "Secure" in session
    assert "Domain" not in session


async def test_a_guests_cookie_is_worth_nothing_once_there_is_an_account(browse):
    owner, thief = browse(), browse()
    guest = await me(owner)
    stolen = owner.cookie("guest")
    await owner.register("Ann")
    headers = {"Cookie": f"guest={stolen}"}
    answer = await thief.get("/account/", headers=headers)
    assert "Your account" not in await answer.text()
    given = SimpleCookie(answer.headers["Set-Cookie"])["guest"].value
    assert not given.startswith(guest["id"])


async def test_a_token_that_was_there_before_the_login_is_not_the_one_after_it(browse):
    victim, attacker = browse(), browse()
    await browse().register("Ann")
    await attacker.register("Eve")
    planted = attacker.cookie("session")
    victim.jar.update_cookies({"session": planted}, victim.session._base_url)
    await victim.log_in("Ann")
    assert victim.cookie("session") not in (planted, None)
    assert (await me(victim))["name"] == "Ann"
    # What the victim came with has ended, so nobody is left waiting for it.
    assert "Your account" not in await (await attacker.get("/account/")).text()

    made_up = browse()
    made_up.jar.update_cookies({"session": "x" * 43}, made_up.session._base_url)
    await made_up.log_in("Ann")
    assert made_up.cookie("session") != "x" * 43


async def test_every_login_has_a_token_of_its_own_and_the_store_has_none(browse, app, tmp_path):
    browser = browse()
    await browser.register("Ann")
    first = browser.cookie("session")
    await browser.log_in("Ann")
    second = browser.cookie("session")
    assert first != second
    assert len(await app[keys.SESSIONS].all((await app[keys.SESSIONS].find(second)).user)) == 1
    await app[keys.STORE].close()
    kept = b"".join(file.read_bytes() for file in (tmp_path / "data").iterdir())
    assert b"argon2id" in kept
    assert first.encode() not in kept
    assert second.encode() not in kept
    assert PASSWORD.encode() not in kept


@pytest.mark.parametrize("change", [lambda token: token[:-1], lambda token: token + "x", str.upper])
async def test_a_forged_token_is_nobody(browse, change):
    browser = browse()
    await browser.register("Ann")
    forged = change(browser.cookie("session"))
    other = browse()
    answer = await other.get("/account/", headers={"Cookie": f"session={forged}"})
    assert "Your account" not in await answer.text()
    assert any(
        header.startswith("session=;") and "Max-Age=0" in header
        for header in answer.headers.getall("Set-Cookie")
    )


async def test_a_session_that_was_not_seen_for_long_has_expired(browse, monkeypatch):
    browser = browse()
    await browser.register("Ann")
    monkeypatch.setattr("chat_app.chat.sessions.LASTS_MS", -1000)
    assert "Your account" not in await (await browser.get("/account/")).text()


async def test_logging_out_ends_the_session_for_whoever_has_its_token(browse):
    browser, thief = browse(), browse()
    await browser.register("Ann")
    stolen = {"Cookie": f"session={browser.cookie('session')}"}
    assert "Your account" in await (await thief.get("/account/", headers=stolen)).text()
    answer = await browser.post("/logout/")
    assert answer.headers["Location"] == "/login/?done=out"
    assert browser.cookie("session") is None
    assert "Your account" not in await (await thief.get("/account/", headers=stolen)).text()


async def test_sessions_are_listed_and_ended_one_by_one(browse):
    one, two = browse(), browse("Mozilla/5.0 (iPhone) Version/17 Mobile Safari/604.1")
    await one.register("Ann")
    await two.log_in("Ann")
    page = await (await one.get("/account/")).text()
    assert re.findall(r"<b>(.*?)</b>(.*?)<br>", page) == [
        ("Safari · iPhone", ""),
        ("Firefox · Linux", ' <span class="tag">this one</span>'),
    ]
    (other,) = re.findall(r'name="session" value="(\w+)"', page)
    await one.post("/account/sessions/", session=other)
    assert "Your account" not in await (await two.get("/account/")).text()
    assert "Your account" in await (await one.get("/account/")).text()


async def test_nobody_ends_anothers_session(browse, app):
    ann, eve = browse(), browse()
    await ann.register("Ann")
    await eve.register("Eve")
    session = await app[keys.SESSIONS].find(ann.cookie("session"))
    await eve.post("/account/sessions/", session=session.id)
    assert "Your account" in await (await ann.get("/account/")).text()
    assert (await browse().post("/account/sessions/", session=session.id)).status == 401


async def test_another_password_ends_the_other_sessions(browse):
    one, two = browse(), browse()
    await one.register("Ann")
    await two.log_in("Ann")
    before = one.cookie("session")
    wrong = await one.post("/account/password/", current="not this one", password="another horse")
    assert (wrong.status, "not your password" in await wrong.text()) == (403, True)
    assert "Your account" in await (await two.get("/account/")).text()
    right = await one.post("/account/password/", current=PASSWORD, password="another horse")
    assert right.headers["Location"] == "/account/?done=password"
    assert one.cookie("session") != before
    assert "Your account" in await (await one.get("/account/")).text()
    assert "Your account" not in await (await two.get("/account/")).text()
    assert (await two.log_in("Ann")).status == 403
    assert (await two.log_in("Ann", "another horse")).status == 303


@pytest.mark.parametrize("typed", ["ann", "ANN", " Ann ", "Аnn"])
async def test_a_name_is_taken_with_all_that_look_like_it(browse, typed):
    await browse().register("Ann")
    answer = await browse().post("/account/", name=typed, password=PASSWORD)
    assert (answer.status, "has an account" in await answer.text()) == (409, True)
    answer = await browse().post("/me/name", name=typed)
    assert answer.status == 409


async def test_an_account_logs_in_with_its_name_in_any_case(browse):
    await browse().register("Ann")
    assert (await browse().log_in("aNN")).status == 303


async def test_an_account_that_is_renamed_logs_in_with_its_new_name(browse):
    browser = browse()
    await browser.register("Ann")
    assert (await browser.post("/me/name", name="Anna")).status == 303
    assert (await browse().log_in("Ann")).status == 403
    assert (await browse().log_in("Anna")).status == 303


async def test_a_guest_who_had_the_name_before_has_to_give_it_up(browse, app):
    guest, ann = browse(), browse()
    socket = await guest.join()
    await guest.post("/me/name", name="Аnn")
    assert (await socket.expect("renamed"))["user"]["name"] == "Аnn"
    await ann.register("Ann")
    assert (await socket.expect("renamed"))["user"]["name"].startswith("Guest ")
    found = await me(guest)
    assert found["name"].startswith("Guest ")
    stored, _ = await app[keys.STORE].accounts.known(found["id"])
    assert stored.name == found["name"]


@pytest.mark.parametrize(
    "name", ["admin", "Оwner", "관리자", "운영자", "System", "server", "adrnin", "m0derator"]
)
@pytest.mark.parametrize("path", ["/account/", "/me/name"])
async def test_reserved_words_are_nobodys_name(browse, name, path):
    answer = await browse().post(path, name=name, password=PASSWORD)
    assert (answer.status, "reserved" in await answer.text()) == (400, True)


async def test_a_guests_name_is_for_that_guest_alone(browse):
    browser = browse()
    own = (await me(browser))["name"]
    assert (await browser.post("/me/name", name=own)).status == 303
    assert (await browse().post("/me/name", name=own)).status == 400
    # Another guest may be given the same.
    assert (await browser.post("/account/", name=own, password=PASSWORD)).status == 400


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "at least"),
        ("x" * 201, "at most"),
        ("aaaaaaaaaa", "guess"),
        ("annabella", "guess"),
    ],
)
async def test_what_is_no_password(browse, password, why):
    answer = await browse().post("/account/", name="AnnaBella", password=password)
    assert (answer.status, why in await answer.text()) == (400, True)
    assert password not in await answer.text()


async def test_hangul_typed_in_parts_is_the_same_password(browse):
    await browse().register("한별", "길고도긴비밀번호")
    parts = unicodedata.normalize("NFD", "길고도긴비밀번호")
    assert (await browse().log_in("한별", parts)).status == 303


async def test_a_wrong_password_and_an_unknown_name_look_alike(browse, monkeypatch):
    compared = []
    matches = Passwords.matches

    async def noted(self, hashed, password):
        compared.append((hashed or self._nobodys).rpartition("$")[0].rpartition("$")[0])
        return await matches(self, hashed, password)

    monkeypatch.setattr(Passwords, "matches", noted)
    await browse().register("Ann")
    wrong = await browse().log_in("Ann", "not the password")
    unknown = await browse().log_in("Ben", "not the password")
    assert wrong.status == unknown.status == 403
    assert (await wrong.text()).replace("Ann", "Ben") == await unknown.text()
    # The same work was done: argon2 with the same settings.
    assert compared[0] == compared[1] == "$argon2id$v=19$m=19456,t=2,p=1"


@pytest.mark.parametrize("settings", [["limits.login_tries=3", "limits.login_tries_per_address=0"]])
@pytest.mark.parametrize("name", ["Ann", "Nobody"])
async def test_tries_are_limited_for_an_account_that_is_there_or_not(browse, name):
    await browse().register("Ann")
    answers = [await browse().log_in(name, "not the password") for _ in range(5)]
    assert [answer.status for answer in answers] == [403, 403, 403, 429, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= accounts.LOGIN_SECONDS / 3
    assert "Please wait" in await answers[-1].text()
    assert (await browse().log_in("Ann")).status == (429 if name == "Ann" else 303)


@pytest.mark.parametrize("settings", [["limits.login_tries=0", "limits.login_tries_per_address=3"]])
async def test_tries_are_limited_for_an_address(browse):
    await browse().register("Ann")
    tried = await asyncio.gather(*(browse().log_in(f"n{n}", "not the password") for n in range(20)))
    assert sorted(answer.status for answer in tried) == [403] * 3 + [429] * 17


@pytest.mark.parametrize("settings", [["limits.login_tries=2", "limits.login_tries_per_address=2"]])
async def test_a_right_password_costs_no_try(browse):
    browser = browse()
    await browser.register("Ann")
    for _ in range(6):
        assert (await browser.log_in("Ann")).status == 303


@pytest.mark.parametrize("settings", [["limits.accounts_per_address=2"]])
async def test_accounts_are_limited_for_an_address(browse):
    for name in ("Ann", "Ben"):
        await browse().register(name)
        assert (await browse().post("/account/", name=name, password=PASSWORD)).status != 303
    answer = await browse().post("/account/", name="Cat", password=PASSWORD)
    assert answer.status == 429
    assert "Retry-After" in answer.headers


async def test_an_account_cannot_be_made_twice(browse):
    browser = browse()
    await browser.register("Ann")
    answer = await browser.post("/account/", name="Other", password=PASSWORD)
    assert answer.headers["Location"] == "/account/"
    assert (await me(browser))["name"] == "Ann"


@pytest.mark.parametrize("path", ["/account/", "/login/", "/logout/", "/account/password/"])
@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}]
)
async def test_another_site_cannot_post_these_forms(client, path, headers):
    answer = await client.post(path, data={"name": "Ann", "password": PASSWORD}, headers=headers)
    assert answer.status == 403
    assert "session" not in answer.cookies


@pytest.mark.parametrize(
    ("wanted", "gone_to"),
    [
        ("/chat/lunch/", "/chat/lunch/"),
        ("//evil.example/", "/chat/"),
        ("https://evil.example/", "/chat/"),
        ("/\\evil.example/", "/chat/"),
        ("/\t/evil.example/", "/chat/"),
        ("javascript:alert(1)", "/chat/"),
        ("/chat/\r\nSet-Cookie: a=b", "/chat/"),
        ("", "/chat/"),
        (None, "/chat/"),
    ],
)
def test_after_the_login_one_goes_on_within_this_server(wanted, gone_to):
    assert next_of(wanted) == gone_to


async def test_names_with_markup_are_shown_as_they_are(browse):
    browser = browse()
    await browser.register("<b>Ann</b>")
    assert "<b>Ann</b>" not in await (await browser.get("/account/")).text()
    page = await (await browse().post("/login/", name='"><i>', password="x")).text()
    assert '"><i>' not in page


async def test_whoever_wants_json_gets_it(browse):
    browser = browse()
    answer = await browser.session.post(
        "/login/",
        data={"name": "Ann", "password": "x"},
        headers={"Accept": "application/json"},
    )
    assert (await answer.json())["code"] == "credentials"


async def test_no_secret_is_written_down(browse, app, caplog, capsys):
    caplog.set_level("DEBUG")
    browser = browse()
    await browser.register("Ann")
    await browser.log_in("Ann", "a wrong password")
    await browser.post("/account/password/", current=PASSWORD, password="another horse")
    token = browser.cookie("session")
    link = app[keys.LINKS].make("invite")
    await browse().get(f"/link/{link}/")
    await browser.post("/logout/")
    # The program has no access log; the server that tests start has one.
    logged = [each for each in caplog.records if each.name != "aiohttp.access"]
    said = "".join(map(str, (*map(vars, logged), *capsys.readouterr())))
    for secret in (PASSWORD, "a wrong password", "another horse", token, link, "argon2id"):
        assert secret not in said


async def test_pages_are_answered_while_passwords_are_hashed(browse, app, monkeypatch):
    await browse().register("Ann")
    may_go_on, verify = threading.Event(), Passwords._verify

    def held_up(self, hashed, password):
        assert may_go_on.wait(30)
        return verify(self, hashed, password)

    monkeypatch.setattr(Passwords, "_verify", held_up)
    logins = [asyncio.create_task(browse().log_in("Ann")) for _ in range(6)]
    try:
        while app[keys.ACCOUNTS]._passwords._waiting < len(logins):
            await asyncio.sleep(0)
        # None of them can be answered before this is.
        assert (await browse().get("/chat/lobby/")).status == 200
        assert not any(login.done() for login in logins)
    finally:
        may_go_on.set()
    assert [login.status for login in await asyncio.gather(*logins)] == [303] * 6


async def test_a_crowd_that_logs_in_at_once_is_asked_to_come_again(browse, monkeypatch):
    await browse().register("Ann")
    monkeypatch.setattr("chat_app.chat.passwords.MOST_WAITING", 2)
    answers = await asyncio.gather(*(browse().log_in("Ann") for _ in range(8)))
    statuses = {answer.status for answer in answers}
    assert statuses == {303, 429}


@pytest.mark.parametrize("settings", [["limits.login_tries=8"]])
async def test_being_asked_to_come_again_costs_no_try(browse, monkeypatch):
    await browse().register("Ann")
    monkeypatch.setattr("chat_app.chat.passwords.MOST_WAITING", 1)
    await asyncio.gather(*(browse().log_in("Ann") for _ in range(8)))
    assert [(await browse().log_in("Ann", "wrong")).status for _ in range(9)] == [403] * 8 + [429]


async def test_the_page_of_a_room_costs_an_account_no_more_than_a_guest(browse, app, monkeypatch):
    store, asked = app[keys.STORE], []
    read = store.accounts._read

    def counted(sql, parameters):
        asked.append(sql)
        return read(sql, parameters)

    monkeypatch.setattr(store.accounts, "_read", counted)
    new, guest, ann = browse(), browse(), browse()
    await ann.register("Ann")
    await guest.get("/chat/lobby/")
    for browser, queries in ((new, 0), (guest, 1), (ann, 1)):
        asked.clear()
        await browser.get("/chat/lobby/")
        assert len(asked) == queries, asked
