"""The pages of moderation: reports for moderators, the audit log for owners."""

import pytest

from chat_app import keys
from chat_app.chat.rights import Visitor
from chat_app.errors import NotAllowed
from chat_app.models import Deed, Role, User

ROOM = "/chat/lobby/"


@pytest.fixture
async def people(browse):
    """Ann, who owns the lobby, and Ben, a guest, who has said something in it."""
    ann, ben = browse(), browse()
    await ann.register("Ann")
    await ann.post(ROOM, message="welcome")
    await ben.post(ROOM, message="<b>rude</b>")
    return ann, ben


async def complain(browser, target, reason=""):
    person = await browser.join()
    await person.send({"type": "report", "id": "report-01", "target": target, "reason": reason})
    await person.expect("done", id="report-01")


async def text(browser, path):
    answer = await browser.get(path)
    assert answer.status == 200, path
    return await answer.text()


async def test_a_moderator_sees_what_is_reported_and_deletes_or_keeps_it(people, browse):
    ann, _ = people
    assert "Nothing is waiting for you." in await text(ann, f"{ROOM}reports/")
    for target, reason in ((2, "<i>why</i>"), (1, "")):
        await complain(browse(), target, reason)
    page = await text(ann, f"{ROOM}reports/")
    assert "&lt;b&gt;rude&lt;/b&gt;" in page
    assert "&lt;i&gt;why&lt;/i&gt;" in page

    kept = await ann.post(f"{ROOM}reports/", message="1", act="dismiss")
    assert (kept.status, kept.headers["Location"]) == (303, f"{ROOM}reports/?done=dismiss")
    assert "The report was closed." in await text(ann, kept.headers["Location"])
    deleted = await ann.post(f"{ROOM}reports/", message="2", act="delete")
    page = await text(ann, deleted.headers["Location"])
    assert "The message was deleted." in page
    assert "Nothing is waiting for you." in page
    room = await text(ann, ROOM)
    assert "welcome" in room
    assert "rude" not in room
    audit = await text(ann, f"{ROOM}audit/")
    assert "deleted message 2" in audit
    assert "kept reported message 1" in audit


@pytest.mark.parametrize(
    "fields",
    [{}, {"message": "1"}, {"message": "x", "act": "delete"}, {"message": "1", "act": "x"}],
)
async def test_a_form_that_is_none_does_nothing(people, fields):
    ann, _ = people
    assert (await ann.post(f"{ROOM}reports/", **fields)).status == 400
    assert "welcome" in await text(ann, ROOM)


async def test_a_message_that_is_not_there_is_404(people):
    ann, _ = people
    assert (await ann.post(f"{ROOM}reports/", message="9", act="delete")).status == 404
    kept = await ann.post(f"{ROOM}reports/", message="9", act="dismiss")
    assert kept.status == 303
    assert "Nothing was done here yet." in await text(ann, f"{ROOM}audit/")


async def test_reports_are_for_moderators_and_the_audit_log_for_owners(people, browse, app):
    ann, ben = people
    cid = browse()
    await cid.register("Cid")
    user = (await cid.join()).welcome["user"]
    for path in ("reports/", "audit/"):
        assert (await ben.get(ROOM + path)).status == 403
        assert (await cid.get(ROOM + path)).status == 403
    assert (await ben.post(f"{ROOM}reports/", message="1", act="delete")).status == 403
    assert (await ben.post(f"{ROOM}reports/", message="1", act="dismiss")).status == 403
    assert "welcome" in await text(ann, ROOM)
    guest = Visitor(User("u_0123456789abcdef", "Guest 0123"))
    with pytest.raises(NotAllowed):  # by whatever way it is asked for
        await app[keys.MODERATION].reports.dismiss(guest, "lobby", 1)

    await app[keys.STORE].members.set_role("lobby", User(**user), Role.MODERATOR)
    await app[keys.ROOMS].renew("lobby")
    assert "audit/" not in await text(cid, f"{ROOM}reports/")
    assert (await cid.get(f"{ROOM}audit/")).status == 403
    assert "audit/" in await text(ann, f"{ROOM}reports/")
    assert "reports/" in await text(cid, ROOM)
    assert "reports/" not in await text(ben, ROOM)


async def test_a_private_room_has_no_such_pages_for_strangers(browse, app):
    ann, ben = browse(), browse()
    await ann.register("Ann")
    visitor = User((await ann.join()).welcome["user"]["id"], "Ann")
    await app[keys.STORE].members.make_room("~den", "Den", visitor)
    for path in ("reports/", "audit/"):
        assert (await ann.get(f"/chat/~den/{path}")).status == 200
        hidden = await ben.get(f"/chat/~den/{path}")
        absent = await ben.get(f"/chat/~nowhere/{path}")
        assert hidden.status == absent.status == 404
        assert "Den" not in await hidden.text()


async def test_the_audit_log_says_who_did_what_to_whom_until_when(people, app):
    ann, ben = people
    user = (await ben.join()).welcome["user"]["id"]
    owner = await ann.join()
    for number, command in enumerate(
        [
            {"type": "kick", "user": user},
            {"type": "mute", "user": user, "seconds": 3600},
            {"type": "lift", "user": user, "what": "mute"},
            {"type": "ban", "user": user},
        ]
    ):
        await owner.send({"id": f"command-{number}", **command})
        await owner.expect("done", id=f"command-{number}")
    page = await text(ann, f"{ROOM}audit/")
    rows = page.partition("<tbody>")[2].split("<tr>")[1:]
    for row, what in zip(rows, ("banned", "lifted the mute", "muted", "put out"), strict=True):
        assert what in row
        assert "<bdi>Ann</bdi>" in row
        assert "<bdi>Guest" in row
    assert "until" in rows[2]
    assert "until" not in rows[0]


async def test_the_audit_log_is_paged(people, app):
    ann, _ = people
    for number in range(60):
        deed = Deed(User("u_1", f"mod{number}"), "kick", number, User("u_2", "Ben"))
        await app[keys.STORE].audit.note("lobby", deed)
    page = await text(ann, f"{ROOM}audit/")
    assert page.count("<bdi>mod") == 50
    assert "mod59<" in page
    older = page.partition(f'href="{ROOM}audit/?before=')[2].partition('"')[0]
    past = await text(ann, f"{ROOM}audit/?before={older}")
    assert past.count("<bdi>mod") == 10
    assert "mod0<" in past
    assert (await ann.get(f"{ROOM}audit/?before=x")).status == 400
