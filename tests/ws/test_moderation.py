"""Kicks, mutes and bans as sockets meet them; and rights that change while one is there."""

import asyncio
import itertools

import pytest

from chat_app import keys
from chat_app.models import Role, RoomSettings
from tests.clients import SECONDS

_ids = itertools.count()


async def do(client, type, user=None, **more):
    """Send a command; return what answers it: "done", or the error's code."""
    id = f"command-{next(_ids):04}"
    who = {"user": user} if isinstance(user, str) else {"user": user.welcome["user"]["id"]}
    await client.send({"type": type, "id": id, **who, **more})
    while True:
        frame = await client.next()
        if frame.get("id") == id and frame["type"] in ("done", "error"):
            return frame.get("code", "done")


@pytest.fixture
async def owned(browse):
    """Ann's browser and socket, and those of Ben, a guest, in the room that she owns."""
    ann, ben = browse(), browse()
    await ann.register("Ann")
    await ann.post("/chat/lobby/", message="mine")
    return ann, await ann.join(), ben, await ben.join()


async def test_who_spoke_first_is_told_what_that_makes_of_one(browse):
    ann = browse()
    await ann.register("Ann")
    client = await ann.join("new")
    await client.post("first")
    frame = await client.expect("access")
    assert frame["role"] == "owner"
    assert frame["may"] == ["read", "post", "hurry", "moderate", "manage"]
    again = await ann.join("new")
    assert (await again.next())["role"] == "owner"


async def test_a_kick_closes_all_sockets_and_lets_come_back(owned):
    _, ann, browser, ben = owned
    second, bare = await browser.join(), await browser.join(bare=True)
    assert await do(ann, "kick", ben) == "done"
    assert [await one.close_code() for one in (ben, second, bare)] == [4503] * 3
    await (await browser.join()).post("back")


async def test_a_ban_closes_all_sockets_and_keeps_out_until_lifted(owned):
    _, ann, browser, ben = owned
    bare = await browser.join(bare=True)
    assert await do(ann, "ban", ben) == "done"
    assert [await one.close_code() for one in (ben, bare)] == [4503] * 2
    assert await (await browser.join()).close_code() == 4503
    page = await browser.get("/chat/lobby/")
    assert page.status == 403
    assert "You have been put out of this room." in await page.text()
    assert (await browser.post("/chat/lobby/", message="hello?")).status == 403
    await (await browser.join("elsewhere")).post("still a person")
    assert await do(ann, "lift", ben, what="ban") == "done"
    await (await browser.join()).post("back")


async def test_a_ban_ends(owned, app):
    _, _, browser, ben = owned
    user = ben.welcome["user"]["id"]
    await app[keys.MODERATION].ban(await owner(app), "lobby", user, ms=1)
    assert await ben.close_code() == 4503
    async with asyncio.timeout(SECONDS):
        while not (await browser.join()).welcome:
            pass


async def owner(app):
    """Return Ann as the doors see her."""
    account = await app[keys.STORE].accounts.account("ann")
    session = (await app[keys.SESSIONS].all(account.user))[0]
    return app[keys.ACCOUNTS].visitor(account.user, session, "192.0.2.1")


async def test_a_resume_does_not_get_by_a_ban(owned, app):
    _, ann, browser, ben = owned
    epoch = ben.welcome["epoch"]
    await do(ann, "ban", ben)
    client = await browser.join(query=f"?epoch={epoch}&since=0")
    assert client.welcome == {}
    assert await client.close_code() == 4503


async def test_a_resume_looks_at_the_door_again(owned, app):
    *_, ben = owned
    await ben.post("known from now on")
    (conn,) = [conn for conn in app[keys.CONNECTIONS] if conn.user.id == ben.welcome["user"]["id"]]
    conn.room.presence.leave(conn, conn.user.id)  # nobody tells this one
    await app[keys.MODERATION].ban(await owner(app), "lobby", conn.user.id, None)
    await ben.send({"type": "resume", "epoch": ben.welcome["epoch"], "since": 0})
    assert await ben.close_code() == 4503


async def test_an_address_is_put_out_with_its_guests_alone(owned, browse):
    _, ann, _, ben = owned
    guest, account = browse(), browse()
    await account.register("Cid")
    others = await guest.join(), await account.join()
    assert await do(ann, "ban", ben, address=True) == "done"
    assert [await one.close_code() for one in (ben, others[0])] == [4503] * 2
    await others[1].post("I have an account")
    assert await (await browse().join()).close_code() == 4503


async def test_a_mute_lets_read_and_takes_effect_at_once(owned):
    _, ann, browser, ben = owned
    await ben.post("before")
    assert await do(ann, "mute", ben) == "done"
    frame = await ben.expect("access")
    assert frame["may"] == ["read", "hurry"]
    assert (frame["why"], frame.get("retry_ms")) == ("muted", None)
    await ben.send({"type": "post", "id": "muted-0001", "message": "hm"})
    assert (await ben.expect("error"))["code"] == "muted"
    await ben.send({"type": "typing"})
    assert (await ben.expect("error"))["code"] == "muted"
    assert (await browser.post("/chat/lobby/", message="by form")).status == 403
    await ann.post("he hears this")
    await ben.expect("message", message="he hears this")
    assert "You are muted in this room." in await (await browser.get("/chat/lobby/")).text()
    assert await do(ann, "lift", ben, what="mute") == "done"
    frame = await ben.expect("access")
    assert frame["may"] == ["read", "post", "hurry"]
    assert "why" not in frame
    await ben.post("after")


async def test_who_may_not_write_is_told_why_and_until_when(owned, app):
    _, ann, browser, ben = owned
    visitor = await owner(app)
    await app[keys.MEMBERS].settle(visitor, "lobby", RoomSettings(announce=True))
    assert (await ben.expect("access"))["why"] == "announce_only"
    assert await do(ann, "mute", ben, seconds=600) == "done"
    frame = await ben.expect("access")  # the same rights, for another reason
    assert frame["why"] == "muted"
    assert 0 < frame["retry_ms"] <= 600_000
    again = await browser.join()
    assert (await again.expect("access"))["why"] == "muted"
    assert await do(ann, "lift", ben, what="mute") == "done"
    assert (await ben.expect("access"))["why"] == "announce_only"
    await app[keys.MEMBERS].settle(visitor, "lobby", RoomSettings(locked=True))
    assert (await ann.expect("access"))["why"] == "locked"


async def test_a_mute_that_is_over_needs_nobody_to_lift_it(owned, app):
    _, _, _, ben = owned
    visitor, user = await owner(app), ben.welcome["user"]["id"]
    await app[keys.MODERATION].mute(visitor, "lobby", user, ms=1)
    answer = {"type": "error"}
    async with asyncio.timeout(SECONDS):
        while answer["type"] == "error":
            await ben.send({"type": "post", "id": "over-00001", "message": "again"})
            while (answer := await ben.next()).get("id") != "over-00001":
                pass
    assert answer["type"] in ("ack", "message")


async def test_only_moderators_moderate_and_only_those_below_them(owned, browse, app):
    _, ann, _, ben = owned
    cid = browse()
    await cid.register("Cid")
    moderator = await cid.join()
    assert await do(ben, "kick", ann) == "not_allowed"
    assert await do(moderator, "ban", ben) == "not_allowed"
    members, user = app[keys.MEMBERS], moderator.welcome["user"]["id"]
    await members.set_role(await owner(app), "lobby", user, Role.MODERATOR)
    assert (await moderator.expect("access"))["role"] == "moderator"
    for type in ("kick", "mute", "ban"):
        assert await do(moderator, type, ann) == "not_allowed"
        assert await do(moderator, type, moderator) == "not_allowed"
    assert await do(moderator, "kick", "u_0123456789abcdef") == "user_not_found"
    assert await do(moderator, "mute", ben) == "done"
    await members.set_role(await owner(app), "lobby", user, Role.NONE)
    assert (await moderator.expect("access"))["role"] == "none"
    assert await do(moderator, "lift", ben, what="mute") == "not_allowed"


async def test_a_moderator_does_not_lift_what_was_done_to_it(owned, browse, app):
    _, ann, _, ben = owned
    cid, dan = browse(), browse()
    await cid.register("Cid")
    await dan.register("Dan")
    sockets = await cid.join(), await dan.join()
    for one in sockets:
        user = one.welcome["user"]["id"]
        await app[keys.MEMBERS].set_role(await owner(app), "lobby", user, Role.MODERATOR)
        await one.expect("access")
    assert await do(ann, "mute", sockets[0]) == "done"
    for one in sockets:  # not its own, not another moderator's
        assert await do(one, "lift", sockets[0], what="mute") == "not_allowed"
    assert (await cid.post("/chat/lobby/", message="free again?")).status == 403
    assert await do(ann, "mute", ben) == "done"
    assert await do(sockets[0], "lift", ben, what="mute") == "done"
    assert await do(ann, "lift", sockets[0], what="mute") == "done"
    assert (await cid.post("/chat/lobby/", message="now I am")).status == 303


async def test_who_is_renamed_while_connected_acts_by_the_new_name(owned, app):
    browser, ann, _, ben = owned
    assert (await browser.post("/me/name", name="Anna")).status == 303
    await ann.expect("renamed")
    await do(ann, "kick", ben)
    (deed,) = await app[keys.STORE].audit.deeds("lobby", limit=9)
    assert deed.by.name == "Anna"


async def test_nobody_puts_out_who_owns_the_server(owned, browse, app):
    _, ann, *_ = owned
    boss = browse()
    await boss.register("Boss", link=app[keys.LINKS].make("owner"))
    socket = await boss.join()
    assert await do(ann, "ban", socket) == "not_allowed"
    assert await do(socket, "kick", ann) == "done"


async def test_settings_count_at_once(owned, app):
    _, _, browser, ben = owned
    settings = [
        (RoomSettings(announce=True), "announce_only"),
        (RoomSettings(locked=True), "locked"),
        (RoomSettings(), None),
    ]
    for number, (each, code) in enumerate(settings):
        await app[keys.MEMBERS].settle(await owner(app), "lobby", each)
        await ben.send({"type": "post", "id": f"try-{number:05}", "message": "?"})
        if code:
            assert (await ben.expect("error"))["code"] == code
            assert (await browser.post("/chat/lobby/", message="?")).status == 403
        else:
            await ben.expect("ack")


async def test_slow_mode(owned, app):
    _, ann, browser, ben = owned
    await app[keys.MEMBERS].settle(await owner(app), "lobby", RoomSettings(slow_seconds=3600))
    await ben.post("one")
    await ben.send({"type": "post", "id": "too-soon-1", "message": "two"})
    error = await ben.expect("error")
    assert error["code"] == "slow_mode"
    assert error["retry_ms"] > 3_000_000
    assert (await browser.post("/chat/lobby/", message="two")).status == 429
    for number in range(3):
        await ann.post(f"mine {number}")


async def test_slow_mode_outlasts_an_empty_room(owned, app):
    _, ann, browser, ben = owned
    await app[keys.MEMBERS].settle(await owner(app), "lobby", RoomSettings(slow_seconds=3600))
    await ben.post("one")
    for one in (ann, ben):
        await one.ws.close()
    async with asyncio.timeout(SECONDS):
        while app[keys.ROOMS].present("lobby"):
            await asyncio.sleep(0.001)
    assert (await browser.post("/chat/lobby/", message="two")).status == 429
    assert (await browser.post("/chat/lobby/", message="three")).status == 429


async def test_a_bare_client_in_slow_mode_loses_nothing(owned, app):
    _, ann, browser, _ = owned
    await app[keys.MEMBERS].settle(await owner(app), "lobby", RoomSettings(slow_seconds=1))
    bare = await browser.join(bare=True)
    for text in ("one", "two"):
        await bare.send({"message": text})
    assert [(await ann.expect("message", message=text))["seq"] for text in ("one", "two")] == [2, 3]


async def test_a_bare_client_that_is_muted_while_it_waits_says_nothing_more(owned, app):
    _, ann, browser, ben = owned
    await app[keys.MEMBERS].settle(await owner(app), "lobby", RoomSettings(slow_seconds=1))
    bare = await browser.join(bare=True)
    for text in ("one", "two"):
        await bare.send({"message": text})
    await ann.expect("message", message="one")
    (conn,) = [conn for conn in app[keys.CONNECTIONS] if not conn.full]
    async with asyncio.timeout(SECONDS):
        while conn.is_read:  # "two" has not come
            await asyncio.sleep(0.01)
        await do(ann, "mute", ben)
        while not conn.is_read:
            await asyncio.sleep(0.01)
    await ann.post("last")
    texts = [event.message for event in await app[keys.STORE].events("lobby", limit=9)]
    assert texts == ["mine", "one", "last"]
