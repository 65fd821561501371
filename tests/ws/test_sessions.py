"""Sockets and the sessions that they came with."""

import asyncio
import re
import time

import pytest

from chat_app import keys

PASSWORD = "correct horse"


async def other_session(browser):
    page = await (await browser.get("/account/")).text()
    (id,) = re.findall(r'name="session" value="(\w+)"', page)
    return id


async def test_the_first_is_logged_out_from_the_second_and_its_sockets_close(browse):
    first, second = browse(), browse()
    await first.register("Ann")
    await second.log_in("Ann")
    sockets = [await first.join(), await first.join("other"), await first.join(bare=True)]
    stays = await second.join()
    await second.post("/account/sessions/", session=await other_session(second))
    async with asyncio.timeout(1):  # what is promised
        assert [await socket.close_code() for socket in sockets] == [4501] * 3
    await stays.post("still here")


@pytest.mark.parametrize("path", ["/logout/", "/account/password/"])
async def test_log_out_and_another_password_close_the_sockets(browse, path):
    browser = browse()
    await browser.register("Ann")
    socket = await browser.join()
    await browser.post(path, current=PASSWORD, password="another horse")
    assert await socket.close_code() == 4501


async def test_a_reset_password_closes_the_sockets(browse, app):
    browser = browse()
    await browser.register("Ann")
    socket = await browser.join()
    account = await app[keys.STORE].accounts.account("ann")
    await browse().post(f"/link/{app[keys.LINKS].make('reset', account)}/", password="another one")
    assert await socket.close_code() == 4501


async def test_a_login_on_the_same_browser_closes_the_sockets_of_the_one_before(browse):
    browser = browse()
    await browser.register("Ann")
    socket = await browser.join()
    await browser.log_in("Ann")
    assert await socket.close_code() == 4501


async def test_a_guests_sockets_are_told_to_come_back_when_there_is_an_account(browse):
    browser = browse()
    before = await browser.join()
    await browser.register("Ann")
    assert await before.close_code() == 4012
    after = await browser.join()
    assert after.welcome["user"] == {"id": before.welcome["user"]["id"], "name": "Ann"}


async def ended_elsewhere(app, browser):
    """End the session as another process would: in the store, and nobody is told."""
    session = await app[keys.SESSIONS].find(browser.cookie("session"))
    await app[keys.STORE].accounts.end_sessions(session.user.id, [session.id])


async def test_every_resume_checks_the_session_again(browse, app):
    browser = browse()
    await browser.register("Ann")
    socket = await browser.join()
    await socket.post("hi")
    await ended_elsewhere(app, browser)
    await socket.send({"type": "resume", "epoch": socket.welcome["epoch"], "since": 0})
    assert await socket.close_code() == 4501


async def test_a_resume_of_a_session_that_lasts_brings_what_was_missed(browse):
    browser = browse()
    await browser.register("Ann")
    socket = await browser.join()
    await socket.post("hi")
    await socket.ws.close()
    socket = await browser.join()
    await socket.send({"type": "resume", "epoch": socket.welcome["epoch"], "since": 0})
    assert (await socket.expect("resumed"))["to"] == 1
    assert (await socket.expect("message"))["message"] == "hi"


async def test_the_sweep_ends_what_was_ended_elsewhere_and_notes_what_is_used(browse, app):
    ended, lasting, guest = browse(), browse(), browse()
    await ended.register("Ann")
    await lasting.register("Ben")
    sockets = [await each.join() for each in (ended, lasting, guest)]
    before = await app[keys.SESSIONS].find(lasting.cookie("session"))
    await ended_elsewhere(app, ended)
    await app[keys.SESSIONS].sweep()
    assert await sockets[0].close_code() == 4501
    for socket in sockets[1:]:
        await socket.post("still here")
    after = await app[keys.SESSIONS].find(lasting.cookie("session"))
    assert after.seen_at > before.seen_at


async def test_the_sweep_drops_what_has_expired(browse, app, monkeypatch):
    browser = browse()
    await browser.register("Ann")
    socket = await browser.join()
    monkeypatch.setattr("chat_app.chat.sessions.LASTS_MS", -1000)
    await app[keys.SESSIONS].sweep()
    assert await socket.close_code() == 4501
    monkeypatch.undo()
    assert await app[keys.SESSIONS].find(browser.cookie("session")) is None


async def test_the_sweep_keeps_who_is_logged_in_without_a_socket(browse, app, monkeypatch):
    browser = browse()
    await browser.register("Ann")
    monkeypatch.setattr("chat_app.chat.sessions._now", lambda: time.time_ns() // 10**6 + 1000)
    await app[keys.SESSIONS].sweep()
    assert await app[keys.SESSIONS].find(browser.cookie("session"))


async def test_a_session_that_is_used_without_a_socket_is_noted_too(browse, app, monkeypatch):
    browser = browse()
    await browser.register("Ann")
    before = await app[keys.SESSIONS].find(browser.cookie("session"))
    later = before.seen_at + 61_000
    monkeypatch.setattr("chat_app.chat.sessions._now", lambda: later)
    await browser.get("/chat/")
    await app[keys.SESSIONS].sweep()
    assert (await app[keys.SESSIONS].find(browser.cookie("session"))).seen_at == later


async def test_a_session_that_ends_while_its_socket_is_opened_is_noticed(browse, app, monkeypatch):
    browser = browse()
    await browser.register("Ann")
    rooms = app[keys.ROOMS]
    open_room = rooms.open

    async def slowly(name):
        room = await open_room(name)
        session = await app[keys.SESSIONS].find(browser.cookie("session"))
        await app[keys.SESSIONS].end(session.user, [session.id])  # after it was identified
        return room

    monkeypatch.setattr(rooms, "open", slowly)
    socket = await browser.join()
    assert await socket.close_code() == 4501
    assert socket.welcome == {}


async def test_nothing_is_kept_of_sockets_that_have_gone(browse, app):
    ann, guest = browse(), browse()
    await ann.register("Ann")
    for browser in (ann, guest):
        socket = await browser.join()
        await socket.ws.close()
    while app[keys.CONNECTIONS]:
        await asyncio.sleep(0.001)
    assert app[keys.SESSIONS]._watching == {}


async def test_a_name_that_an_account_chose_is_told_to_its_sockets(browse):
    browser, other = browse(), browse()
    await browser.register("Ann")
    await other.log_in("Ann")
    socket = await other.join()
    await browser.post("/me/name", name="Anna")
    assert (await socket.expect("renamed"))["user"]["name"] == "Anna"
