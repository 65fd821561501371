"""What every store promises of moderation: the contract of `AuditStore`."""

import pytest

from chat_app.errors import MessageNotFound, OwnerNeeded, RoomNotFound
from chat_app.models import Deed, Draft, Report, Role, RoomSettings, Sanction, User

ANN, BEN, CID = User("u_ann", "Ann"), User("u_ben", "Ben"), User("u_cid", "Cid")


@pytest.fixture
async def store(store):
    """Ann has said two things in the lobby."""
    await store.append([said("id-000001"), said("id-000002")])
    return store


def said(id, author=ANN, target=0, room="lobby"):
    return Draft(room, room, id, author, "" if target else "hi", 1, target)


def deed(what="kick", about=BEN, at=5, detail=""):
    return Deed(ANN, what, at, about, detail)


async def deeds(store, room="lobby", **page):
    return [
        (one.by, one.what, one.about, one.detail, one.at)
        for one in await store.audit.deeds(room, **{"limit": 9} | page)
    ]


async def test_reports_wait_until_somebody_deals_with_them(store):
    first, second = Report(2, BEN, "rude", 10), Report(2, CID, "", 20)
    other, again = Report(1, CID, "spam", 30), Report(2, BEN, "very rude", 40)
    for report in (first, second, other, again):
        await store.audit.report("lobby", report)
    assert await store.audit.reports("lobby", 9) == [other, second, again]
    assert await store.audit.reports("lobby", 1) == [other]
    assert await store.audit.reports("elsewhere", 9) == []
    await store.audit.dismiss("lobby", 2, deed("dismiss", ANN, detail="2"))
    assert await store.audit.reports("lobby", 9) == [other]
    assert await deeds(store) == [(ANN, "dismiss", ANN, "2", 5)]


async def test_what_is_deleted_is_reported_no_more(store):
    await store.append([said("id-000003", target=1)])
    for seq in (1, 3, 4):
        with pytest.raises(MessageNotFound):
            await store.audit.report("lobby", Report(seq, BEN, "too late", 1))
    assert await store.audit.reports("lobby", 9) == []


async def test_dismissing_nothing_is_no_deed(store):
    await store.audit.dismiss("lobby", 2, deed("dismiss"))
    assert await deeds(store) == []


async def test_a_deletion_closes_the_reports_and_is_a_deed_if_it_was_anothers(store):
    for seq in (1, 2):
        await store.audit.report("lobby", Report(seq, CID, "", 1))
    await store.append([said("id-000003", BEN, target=1)])
    assert [report.seq for report in await store.audit.reports("lobby", 9)] == [2]
    assert await deeds(store) == [(BEN, "delete", ANN, "1", 1)]
    await store.append([said("id-000004", ANN, target=2), said("id-000005", BEN, target=1)])
    assert await store.audit.reports("lobby", 9) == []
    assert len(await deeds(store)) == 1


async def test_deeds_are_paged_newest_first_and_keep_names(store):
    await store.append([said("id-000001", room="other")])
    for number in range(1, 6):
        await store.audit.note("lobby", deed(at=number))
    await store.audit.note("other", deed())
    await store.accounts.rename(User(BEN.id, "Benjamin"), ["benjamin"])
    page = await store.audit.deeds("lobby", limit=2)
    assert [one.at for one in page] == [5, 4]
    assert [one.at for one in await store.audit.deeds("lobby", before=page[-1].id, limit=9)] == [
        3,
        2,
        1,
    ]
    assert page[0].about == BEN
    assert len(await deeds(store, "other")) == 1
    assert await deeds(store, "nowhere") == []


async def test_what_changes_a_room_takes_its_deed_along(store):
    members = store.members
    await members.sanction("lobby", Sanction("mute", BEN, None, ANN, 1), deed("mute"))
    await members.lift("lobby", BEN.id, "ban", deed("lift", detail="ban"))  # there is none
    await members.lift("lobby", BEN.id, "mute", deed("lift", detail="mute"))
    await members.set_role("lobby", BEN, Role.MODERATOR, deed("role", detail="moderator"))
    await members.settle("lobby", RoomSettings(locked=True), deed("settings", None))
    assert [(what, detail) for _, what, _, detail, _ in await deeds(store)] == [
        ("settings", ""),
        ("role", "moderator"),
        ("lift", "mute"),
        ("mute", ""),
    ]


async def test_what_was_refused_is_no_deed(store):
    await store.members.make_room("~den", "Den", ANN)
    with pytest.raises(OwnerNeeded):
        await store.members.set_role("~den", ANN, Role.NONE, deed("role"))
    with pytest.raises(OwnerNeeded):
        await store.members.sanction("~den", Sanction("ban", ANN, None, ANN, 1), deed("ban"))
    assert await deeds(store, "~den") == []


async def test_a_room_that_is_not_there_has_neither(store):
    for change in (
        store.audit.report("none", Report(1, BEN, "", 1)),
        store.audit.dismiss("none", 1, deed()),
        store.audit.note("none", deed()),
    ):
        with pytest.raises(RoomNotFound):
            await change
