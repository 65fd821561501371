"""Private rooms, invitations and a room's settings, as browsers without scripts meet them."""

import re
from urllib.parse import quote

import pytest

from chat_app import keys
from chat_app.models import Role, RoomSettings

UNKNOWN = "/chat/~aaaaaaaaaaaaaaaaaaaa/"


@pytest.fixture
async def den(browse):
    """Ann's browser and the path of her private room."""
    ann = browse()
    await ann.register("Ann")
    answer = await ann.post("/rooms/", name="  The   Den ")
    assert answer.status == 303
    return ann, answer.headers["Location"]


async def invite(browser, path, **fields):
    """Make an invitation; return the path of its link."""
    answer = await browser.post(f"{path}settings/invites/", **{"days": "1", "uses": "1"} | fields)
    assert answer.status == 200, await answer.text()
    (link,) = re.findall(r'value="https?://[^/"]+(/invite/[^"]+)"', await answer.text())
    return link


async def user_of(browser, room="elsewhere"):
    client = await browser.join(room)
    await client.ws.close()
    return client.welcome["user"]["id"]


async def act(browser, path, **fields):
    return await browser.post(f"{path}settings/people/", **fields)


async def test_a_private_room_has_a_name_and_an_address_that_nobody_guesses(den):
    ann, path = den
    assert re.fullmatch("/chat/~[a-z0-9]{20}/", path)
    page = await (await ann.get(path)).text()
    assert '<h1 id="room-title"><bdi>The Den</bdi></h1>' in page
    assert "Only members can see this room." in page
    assert (await ann.post(path, message="hello")).headers["Location"] == path
    client = await ann.join(path.split("/")[2])
    assert client.welcome["room"]["name"] == "The Den"
    assert client.welcome["top"] == 1


async def test_the_first_message_leaves_a_private_room_its_name(den):
    ann, path = den
    first = await ann.join(path.split("/")[2])
    await first.post("hello")
    assert (await ann.join(path.split("/")[2])).welcome["room"]["name"] == "The Den"


async def seen(browser, path):
    """Return all that a stranger is answered about a room, its own name taken out."""
    name, found = path.split("/")[2], []
    browser.session.headers["Accept-Encoding"] = "identity"  # names do not compress alike
    for answer in (
        await browser.get(path),
        await browser.get(path, headers={"Accept": "application/json"}),
        await browser.get(f"{path}?before=5"),
        await browser.get(f"{path}?before=x"),
        await browser.post(path, message="let me in", id="stranger-1"),
        await browser.post(path, message=""),
        await browser.get(f"{path}settings/"),
        await browser.get(f"{path}settings/?person=u_0123456789abcdef"),
        await browser.post(f"{path}settings/", slow_seconds="5"),
        await act(browser, path, user="u_0123456789abcdef", act="kick"),
        await act(browser, path, name="Ann", act="ban"),
        await browser.post(f"{path}settings/invites/", days="1", uses="1"),
        await browser.get(f"{path}reports/"),
        await browser.post(f"{path}reports/", message="1", act="delete"),
        await browser.post(f"{path}reports/", message="1", act="dismiss"),
        await browser.get(f"{path}audit/"),
        await browser.get(f"{path}audit/?before=1"),
        await browser.post("/rooms/leave/", room=name),
        await browser.get(path[:-1]),
        await browser.get(f"/ws/chat/{name}/"),
        await browser.get(f"/chat/?room={name}"),
    ):
        headers = [
            (header, value.replace(name, "~"))
            for header, value in answer.headers.items()
            if header not in ("Date", "Set-Cookie")
        ]
        found.append([answer.status, headers, (await answer.text()).replace(name, "~")])
    for query in ("", "?epoch=x&since=0"):
        client = await browser.join(name, query=query)
        found.append([client.welcome, await client.close_code()])
    return found


@pytest.mark.parametrize("account", [False, True])
@pytest.mark.parametrize("open_now", [False, True])
async def test_a_stranger_cannot_tell_a_hidden_room_from_none(den, browse, account, open_now, app):
    ann, path = den
    await ann.post(path, message="secret")
    inside = await ann.join(path.split("/")[2]) if open_now else None
    stranger = browse()
    await stranger.get("/chat/")  # has its cookie
    if account:
        await stranger.register("Eve")
    hidden, absent = await seen(stranger, path), await seen(stranger, UNKNOWN)
    assert hidden == absent
    assert hidden[0][0] == hidden[4][0] == 404
    assert hidden[-1] == [{}, 4504]
    events = await app[keys.STORE].events(path.split("/")[2], limit=9)
    assert [event.message for event in events] == ["secret"]
    assert await app[keys.STORE].room(UNKNOWN.split("/")[2]) is None
    if inside:
        assert (await inside.next())["role"] == "owner"
        await inside.nothing()


async def test_a_stranger_costs_the_same_at_a_hidden_room_and_at_none(den, browse, app):
    _, path = den
    stranger = browse()
    await stranger.get("/chat/")
    asked: list[list[str]] = []
    for each in (path, UNKNOWN):
        name = each.split("/")[2]
        queries: list[str] = []
        app[keys.STORE]._reader.set_trace_callback(queries.append)
        await stranger.get(each)
        for more in ("settings/", "reports/", "audit/"):
            await stranger.get(each + more)
        await stranger.post(each, message="let me in")
        await stranger.join(name)
        app[keys.STORE]._reader.set_trace_callback(None)
        asked.append([query.replace(name, "~") for query in queries])
    assert asked[0] == asked[1] != []


async def test_guests_make_no_rooms(browse, app):
    guest = browse()
    answer = await guest.post("/rooms/", name="Mine")
    assert answer.status == 401
    assert "You need an account" in await (await guest.get("/rooms/")).text()


async def test_a_name_that_is_none_makes_no_room(den):
    ann, _ = den
    answer = await ann.post("/rooms/", name="a/b")
    assert answer.status == 400
    assert 'value="a/b"' in await answer.text()


async def test_an_invitation_asks_first_and_works_once(den, browse):
    ann, path = den
    link = await invite(ann, path)
    ben, cid = browse(), browse()
    for _ in range(3):  # looking takes nothing
        page = await ben.get(link)
        assert page.status == 200
        assert "The Den" in await page.text()
    assert (await ben.get(path)).status == 404
    taken = await ben.post(link)
    assert (taken.status, taken.headers["Location"]) == (303, path)
    assert (await ben.get(path)).status == 200
    await (await ben.join(path.split("/")[2])).post("here I am")
    assert "The Den" in await (await ben.get("/rooms/")).text()
    for answer in (await cid.get(link), await cid.post(link)):
        assert answer.status == 410
    assert (await cid.get(path)).status == 404


async def test_a_member_with_an_invitation_is_led_into_the_room(den):
    ann, path = den
    link = await invite(ann, path)
    answer = await ann.get(link)
    assert (answer.status, answer.headers["Location"]) == (303, path)


async def test_an_invitation_that_was_taken_back(den, browse):
    ann, path = den
    link = await invite(ann, path, uses="25")
    page = await (await ann.get(f"{path}settings/")).text()
    assert link not in page
    (revoke,) = re.findall(r'name="revoke" value="(\w+)"', page)
    assert (await ann.post(f"{path}settings/invites/", revoke=revoke)).status == 303
    ben = browse()
    for answer in (await ben.get(link), await ben.post(link)):
        assert answer.status == 410


async def test_the_link_comes_as_a_picture_too(den, monkeypatch):
    ann, path = den
    answer = await ann.post(f"{path}settings/invites/", days="7", uses="5")
    page = await answer.text()
    assert re.search(r'<div class="qr" role="img" [^>]+><svg [^>]+><path [^>]+/>', page)
    assert "style=" not in page  # the policy of the pages would not have it
    assert answer.headers["Cache-Control"] == "no-store"


async def test_members_do_not_invite_revoke_or_ban(den, browse, app):
    ann, path = den
    name, ben = path.split("/")[2], browse()
    await ben.post(await invite(ann, path, uses="5"))
    (open_,) = await app[keys.STORE].invites.of(name, 0)
    for fields in ({"days": "1", "uses": "1"}, {"revoke": open_.id}):
        assert (await ben.post(f"{path}settings/invites/", **fields)).status == 403
    assert await app[keys.STORE].invites.of(name, 0) == [open_]
    stranger = browse()
    await stranger.post("/chat/elsewhere/", message="hi")
    assert (await act(ben, path, user=await user_of(stranger), act="ban")).status == 403
    assert await app[keys.STORE].members.sanctions(name) == []


@pytest.mark.parametrize("wrong", [{"days": "31"}, {"uses": "0"}, {"uses": "1001"}, {"days": "x"}])
async def test_an_invitation_has_bounds(den, wrong):
    ann, path = den
    fields = {"days": "1", "uses": "1"} | wrong
    assert (await ann.post(f"{path}settings/invites/", **fields)).status == 400


async def test_the_token_is_not_in_the_store(den, app):
    ann, path = den
    token = (await invite(ann, path)).split("/")[2]
    (kept,) = await app[keys.STORE].invites.of(path.split("/")[2], 0)
    assert token not in kept.id
    assert len(kept.id) == 64


@pytest.mark.parametrize("settings", [["accounts.guests=read"]])
async def test_guests_who_may_only_read_log_in_before_they_are_let_in(den, browse):
    ann, path = den
    link = await invite(ann, path)
    guest = browse()
    page = await (await guest.get(link)).text()
    assert f"/login/?next={link}" in page
    assert "Join the room" not in page
    assert (await guest.post(link)).status == 401


async def test_who_leaves_or_is_sent_away_is_a_stranger_at_once(den, browse):
    ann, path = den
    name = path.split("/")[2]
    link = await invite(ann, path, uses="5")
    ben, cid = browse(), browse()
    for each in (ben, cid):
        await each.post(link)
    sockets = await ben.join(name), await cid.join(name), await cid.join(name, bare=True)
    assert (await ben.post("/rooms/leave/", room=name)).status == 303
    assert await sockets[0].close_code() == 4504
    assert (await act(ann, path, user=await user_of(cid), act="none")).status == 303
    assert [await one.close_code() for one in sockets[1:]] == [4504] * 2
    for each in (ben, cid):
        assert (await each.get(path)).status == 404
        assert await (await each.join(name)).close_code() == 4504


async def test_a_ban_from_a_private_room_holds_against_invitations(den, browse):
    ann, path = den
    name, link = path.split("/")[2], await invite(ann, path, uses="5")
    ben = browse()
    await ben.post(link)
    socket = await ben.join(name)
    await act(ann, path, user=socket.welcome["user"]["id"], act="ban", seconds="3600")
    assert await socket.close_code() == 4503
    assert (await ben.get(path)).status == 404
    assert (await ben.post(link)).status == 403
    assert (await ben.get(path)).status == 404


async def test_an_invitation_holds_as_long_as_its_maker_may_invite(den, browse):
    ann, path = den
    ben, cid = browse(), browse()
    await ben.register("Ben")
    await ben.post(await invite(ann, path))
    await act(ann, path, name="Ben", act="moderator")
    link = await invite(ben, path)
    assert (await cid.get(link)).status == 200
    await act(ann, path, name="Ben", act="member")
    assert (await cid.get(link)).status == 410
    assert (await cid.post(link)).status == 410
    await act(ann, path, name="Ben", act="ban", seconds="3600")
    assert (await cid.post(link)).status == 410
    assert (await cid.get(path)).status == 404


async def test_who_is_put_out_by_address_uses_up_no_invitation(den, browse):
    ann, path = den
    name, link = path.split("/")[2], await invite(ann, path, uses="2")
    ben, cid = browse(), browse()
    await ben.post(link)
    socket = await ben.join(name)
    user = socket.welcome["user"]["id"]
    await act(ann, path, user=user, act="ban", seconds="3600", address="on")
    assert await socket.close_code() == 4503
    assert (await cid.post(link)).status == 403
    assert (await cid.get(path)).status == 404  # not even a member
    dan = browse()
    await dan.register("Dan")
    assert (await dan.post(link)).status == 303


async def test_the_last_owner_cannot_leave(den):
    ann, path = den
    answer = await ann.post("/rooms/leave/", room=path.split("/")[2])
    assert answer.status == 409
    assert "A private room needs an owner." in await answer.text()
    assert (await ann.get(path)).status == 200


@pytest.fixture
async def lobby(browse):
    """Ann, who owns the room; Ben, an account in it; their browsers, and Ben's socket."""
    ann, ben = browse(), browse()
    await ann.register("Ann")
    await ann.post("/chat/lobby/", message="mine")
    await ben.register("Ben")
    return ann, ben, await ben.join()


async def test_settings_are_for_moderators_and_found_in_the_menu(lobby, browse):
    ann, ben, _ = lobby
    path, link = "/chat/lobby/settings/", 'href="/chat/lobby/settings/"'
    assert link in await (await ann.get("/chat/lobby/")).text()
    assert (await ann.get(path)).status == 200
    for browser in (ben, browse()):
        assert link not in await (await browser.get("/chat/lobby/")).text()
        assert (await browser.get(path)).status == 403
        assert (await browser.post(path, slow_seconds="5")).status == 403
        assert (await act(browser, "/chat/lobby/", name="Ann", act="ban")).status == 403
        answer = await browser.post(f"{path}invites/", days="1", uses="1")
        assert answer.status == 403


async def test_settings_are_saved(lobby, app):
    ann, _, socket = lobby
    answer = await ann.post("/chat/lobby/settings/", announce="1", slow_seconds="30")
    assert answer.headers["Location"] == "/chat/lobby/settings/?done=saved"
    saved = (await app[keys.STORE].room("lobby")).settings
    assert saved == RoomSettings(announce=True, slow_seconds=30)
    assert (await socket.expect("access"))["may"] == ["read"]
    page = await (await ann.get("/chat/lobby/settings/")).text()
    assert 'name="announce" value="1" checked' in page
    assert '<option value="30" selected>' in page
    await ann.post("/chat/lobby/settings/", slow_seconds="0")
    assert (await app[keys.STORE].room("lobby")).settings == RoomSettings()
    for wrong in ("", "x", "-1", "99999999"):
        assert (await ann.post("/chat/lobby/settings/", slow_seconds=wrong)).status == 400


async def test_people_are_made_moderators_and_work_as_such(lobby, browse, app):
    ann, ben, socket = lobby
    assert (await act(ann, "/chat/lobby/", name="BEN", act="moderator")).status == 303
    assert (await socket.expect("access"))["role"] == "moderator"
    page = await (await ben.get("/chat/lobby/settings/")).text()
    assert "Moderator" in page
    assert 'name="slow_seconds"' not in page
    assert (await ben.post("/chat/lobby/settings/", slow_seconds="5")).status == 403
    assert (await act(ben, "/chat/lobby/", name="Ann", act="ban")).status == 403
    assert (await act(ben, "/chat/lobby/", name="Ben", act="owner")).status == 403
    guest = browse()
    troll = await guest.join()
    user = troll.welcome["user"]["id"]
    assert f'value="{user}"' in await (await ben.get("/chat/lobby/settings/")).text()
    assert (await act(ann, "/chat/lobby/", user=user, act="moderator")).status == 403
    assert (await act(ben, "/chat/lobby/", user=user, act="kick")).status == 303
    assert await troll.close_code() == 4503
    assert (await act(ann, "/chat/lobby/", name="Ben", act="member")).status == 303
    assert await app[keys.STORE].members.role("lobby", await user_of(ben)) is Role.NONE


async def test_bans_and_mutes_are_listed_and_lifted(lobby, browse):
    ann, ben, socket = lobby
    user = socket.welcome["user"]["id"]
    await act(ann, "/chat/lobby/", user=user, act="mute", seconds="3600")
    await act(ann, "/chat/lobby/", user=user, act="ban", address="1")
    page = await (await ann.get("/chat/lobby/settings/")).text()
    listed = page.partition("Banned and muted")[2]
    assert "until lifted" in listed
    assert "guests from there too" in listed
    assert listed.count(f'value="{user}"') == 2
    assert f'value="{user}"' not in page.partition("Banned and muted")[0]
    assert (await browse().get("/chat/lobby/")).status == 403
    for what in ("unban", "unmute"):
        assert (await act(ann, "/chat/lobby/", user=user, act=what)).status == 303
    assert "Banned and muted" not in await (await ann.get("/chat/lobby/settings/")).text()
    await (await ben.join()).post("back")


async def test_who_is_muted_is_offered_the_end_of_it_and_not_another_mute(lobby):
    ann, _, socket = lobby
    user = socket.welcome["user"]["id"]

    async def offered():
        page = await (await ann.get("/chat/lobby/settings/")).text()
        (form,) = re.findall(rf'name="user" value="{user}">\s*<select.*?</select>', page, re.DOTALL)
        return re.findall('<option value="(mute|unmute)">', form)

    assert await offered() == ["mute"]
    assert (await act(ann, "/chat/lobby/", user=user, act="mute")).status == 303
    assert await offered() == ["unmute"]
    assert (await act(ann, "/chat/lobby/", user=user, act="unmute")).status == 303
    assert await offered() == ["mute"]


async def test_nonsense_in_a_form_is_answered_by_the_page(lobby):
    ann, *_ = lobby
    for fields, status in (
        ({"act": "fly", "name": "Ben"}, 400),
        ({"act": "kick"}, 404),
        ({"act": "kick", "name": "nobody"}, 404),
        ({"act": "kick", "user": "x" * 1000}, 404),
        ({"act": "mute", "name": "Ben", "seconds": "-1"}, 400),
        ({"act": "ban", "name": "Ann"}, 403),
    ):
        answer = await act(ann, "/chat/lobby/", **fields)
        assert answer.status == status
        assert 'role="alert"' in await answer.text()


async def test_a_room_that_nobody_spoke_in_has_no_settings(browse, app):
    boss = browse()
    await boss.register("Boss", link=app[keys.LINKS].make("owner"))
    assert (await boss.get("/chat/nobody/settings/")).status == 404
    await browse().post("/chat/guests/", message="hi")
    assert (await boss.get("/chat/guests/settings/")).status == 200


async def test_whoever_owns_the_server_opens_every_door(den, browse, app):
    _, path = den
    boss = browse()
    await boss.register("Boss", link=app[keys.LINKS].make("owner"))
    assert (await boss.get(path)).status == 200
    assert (await boss.get(UNKNOWN)).status == 404
    assert (await act(boss, path, name="Ann", act="mute")).status == 303


async def test_names_in_settings_are_escaped(den, browse):
    ann, path = den
    link = await invite(ann, path)
    ben = browse()
    await ben.post("/me/name", name="<b>x</b>")
    await ben.post(link)
    page = await (await ann.get(f"{path}settings/")).text()
    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x" in page


async def test_the_address_of_a_public_room_stays_as_it_is_written(lobby, browse):
    guest = browse()
    room = "점심 ~ 모임"
    answer = await guest.post(f"/chat/{quote(room)}/", message="hi")
    assert answer.headers["Location"] == f"/chat/{quote(room, safe='~')}/"
    assert (await guest.get(answer.headers["Location"])).status == 200


async def test_moderators_are_told_what_somebody_is_and_why_not_as_json(browse):
    ann, ben, cid = browse(), browse(), browse()
    for browser, name in ((ann, "Ann"), (ben, "Ben")):
        await browser.register(name)
    await ann.post("/chat/lobby/", message="mine")
    ids = {name: await user_of(one) for name, one in (("ann", ann), ("ben", ben), ("cid", cid))}

    async def standing(browser, of):
        return await browser.get(f"/chat/lobby/settings/?person={of}")

    told = {"role": "none", "muted": False, "account": True, "below": True}
    assert await (await standing(ann, ids["ben"])).json() == told
    assert (await act(ann, "/chat/lobby/", user=ids["ben"], act="moderator")).status == 303
    await act(ann, "/chat/lobby/", user=ids["ben"], act="mute")
    changed = told | {"role": "moderator", "muted": True}
    assert await (await standing(ann, ids["ben"])).json() == changed
    assert not (await (await standing(ben, ids["ann"])).json())["below"]
    assert not (await (await standing(ann, ids["ann"])).json())["below"]
    unknown = await (await standing(ann, "u_0123456789abcdef")).json()
    assert unknown == told | {"account": False, "below": False}
    assert (await standing(cid, ids["ben"])).status == 403


async def test_what_a_form_of_the_settings_is_refused_for_is_told_as_json_too(lobby, browse):
    ann, ben, socket = lobby
    await act(ann, "/chat/lobby/", user=socket.welcome["user"]["id"], act="moderator")
    headers = {"Accept": "application/json"}
    for browser, page, form, status, code in (
        (ann, "people/", {"user": "u_0123456789abcdef", "act": "none"}, 404, "user_not_found"),
        (ann, "people/", {"name": "Ben", "act": "fly"}, 400, "invalid"),
        (ben, "people/", {"name": "Ann", "act": "none"}, 403, "not_allowed"),
        (ann, "", {"slow_seconds": "x"}, 400, "invalid"),
        (ben, "", {"slow_seconds": "5"}, 403, "not_allowed"),
        (ann, "invites/", {"days": "x", "uses": "1"}, 400, "invalid"),
        (browse(), "people/", {"name": "Ben", "act": "kick"}, 403, "not_allowed"),
    ):
        path = f"/chat/lobby/settings/{page}"
        answer = await browser.session.post(path, data=form, headers=headers)
        assert answer.status == status
        assert (await answer.json())["code"] == code
