"""What every store promises of rooms with a door: the contracts of `MemberStore`, `InviteStore`."""

import asyncio

import pytest

from chat_app.errors import Banned, LinkRefused, OwnerNeeded, RoomNotFound
from chat_app.models import (
    Account,
    Draft,
    Invite,
    Membership,
    Role,
    Room,
    RoomSettings,
    Sanction,
    User,
)

ANN, BEN, CID = User("u_ann", "Ann"), User("u_ben", "Ben"), User("u_cid", "Cid")


@pytest.fixture
async def members(store):
    """Of a store with Ann's private room ~den."""
    await store.members.make_room("~den", "Den", ANN)
    return store.members


def draft(room, author=ANN, id="id-00001", at=1):
    return Draft(room, room.upper(), id, author, "hi", at)


def ban(user=BEN, until=None, kind="ban", at=5, **more):
    return Sanction(kind, user, until, ANN, at, **more)


def invite(id="hash", uses=1, until=100, made_at=1):
    return Invite(id, "~den", ANN, made_at, until, uses)


async def test_a_private_room_is_there_before_its_first_event(store, members):
    assert await store.room("~den") == Room("~den", "Den", 0, guarded=True)
    assert await members.of("~den") == [Membership(ANN, Role.OWNER)]
    (appended,) = await store.append([draft("~den", BEN)])
    assert appended.event.seq == 1
    assert await store.room("~den") == Room("~den", "Den", 1, guarded=True)
    assert await members.role("~den", BEN.id) is Role.NONE


async def test_who_speaks_first_with_an_account_owns_the_room(store):
    await store.accounts.make(Account(ANN, "hash", False), ["ann"], None)
    await store.append([draft("hers"), draft("guests", BEN)])
    await store.append([draft("guests", id="id-00002"), draft("hers", BEN)])
    assert await store.members.of("hers") == [Membership(ANN, Role.OWNER)]
    assert await store.members.of("guests") == []
    assert (await store.room("guests")).guarded is False
    assert (await store.room("hers")).guarded is True


async def test_roles_are_given_and_taken(members):
    assert await members.role("~den", BEN.id) is Role.NONE
    await members.set_role("~den", BEN, Role.MEMBER)
    await members.set_role("~den", BEN, Role.MODERATOR)
    await members.set_role("~den", CID, Role.MEMBER)
    assert await members.role("~den", BEN.id) is Role.MODERATOR
    assert [each.user for each in await members.of("~den")] == [ANN, BEN, CID]
    await members.set_role("~den", BEN, Role.NONE)
    assert await members.role("~den", BEN.id) is Role.NONE
    assert await members.role("~other", ANN.id) is Role.NONE


async def test_a_private_room_keeps_an_owner(store, members):
    for change in (
        members.set_role("~den", ANN, Role.MEMBER),
        members.set_role("~den", ANN, Role.NONE),
        members.sanction("~den", ban(ANN)),
    ):
        with pytest.raises(OwnerNeeded):
            await change
    assert await members.role("~den", ANN.id) is Role.OWNER
    assert await members.sanctions("~den") == []
    await members.set_role("~den", BEN, Role.OWNER)
    await members.set_role("~den", ANN, Role.NONE)
    await store.accounts.make(Account(ANN, "hash", False), ["ann"], None)
    await store.append([draft("hers")])
    await members.set_role("hers", ANN, Role.NONE)


async def test_ones_rooms_the_newest_first(store, members):
    await members.make_room("~two", "Two", ANN)
    await members.set_role("~two", BEN, Role.MEMBER)
    found = await members.rooms(ANN.id)
    assert [(room.key, room.name, role) for room, role in found] == [
        ("~two", "Two", Role.OWNER),
        ("~den", "Den", Role.OWNER),
    ]
    ((room, role),) = await members.rooms(BEN.id)
    assert (room.key, role) == ("~two", Role.MEMBER)


async def test_settings(store, members):
    settings = RoomSettings(announce=True, locked=True, slow_seconds=30)
    await members.settle("~den", settings)
    assert (await store.room("~den")).settings == settings


async def test_one_sanction_of_a_kind(store, members):
    await store.append([draft("lobby")])
    first, mute = ban(until=9), ban(kind="mute", at=6)
    await members.sanction("lobby", first)
    await members.sanction("lobby", mute)
    assert await members.sanctions("lobby") == [mute, first]
    assert (await store.room("lobby")).guarded is True
    second = ban(at=7, network="192.0.2.1", network_until=8)
    await members.sanction("lobby", second)
    assert await members.sanctions("lobby") == [second, mute]
    await members.lift("lobby", BEN.id, "ban")
    await members.lift("lobby", CID.id, "ban")
    assert await members.sanctions("lobby") == [mute]


async def test_a_ban_takes_the_role_and_a_mute_does_not(members):
    for kind, left in (("mute", Role.MODERATOR), ("ban", Role.NONE)):
        await members.set_role("~den", BEN, Role.MODERATOR)
        await members.sanction("~den", ban(kind=kind))
        assert await members.role("~den", BEN.id) is left


async def test_a_room_that_is_not_there_cannot_be_changed(store):
    for change in (
        store.members.set_role("none", BEN, Role.MODERATOR),
        store.members.settle("none", RoomSettings()),
        store.members.sanction("none", ban()),
        store.members.lift("none", BEN.id, "ban"),
        store.invites.add(invite()),
        store.invites.revoke("~den", "hash"),
    ):
        with pytest.raises(RoomNotFound):
            await change
    assert await store.members.of("none") == await store.members.sanctions("none") == []
    assert await store.room("none") is None


async def test_an_invitation_works_so_many_times(store, members):
    await store.invites.add(invite(uses=2))
    assert await store.invites.room_key("hash", 50) == "~den"
    assert await store.invites.use("hash", BEN, 50) == "~den"
    assert await store.invites.use("hash", BEN, 50) == "~den"  # is a member, and uses nothing up
    assert await store.invites.of("~den", 50) == [invite(uses=1)]
    assert await store.invites.use("hash", CID, 50) == "~den"
    assert await store.invites.of("~den", 50) == []
    assert await store.invites.room_key("hash", 50) is None
    with pytest.raises(LinkRefused):
        await store.invites.use("hash", User("u_dan", "Dan"), 50)
    assert [each.role for each in await members.of("~den")] == [Role.OWNER] + [Role.MEMBER] * 2


async def test_only_one_of_many_takes_the_last_use(store, members):
    await store.invites.add(invite())
    crowd = [User(f"u_{number}", "Guest") for number in range(20)]
    results = await asyncio.gather(
        *(store.invites.use("hash", user, 50) for user in crowd), return_exceptions=True
    )
    assert results.count("~den") == 1
    assert len(await members.of("~den")) == 2


async def test_an_invitation_leaves_a_higher_role(store, members):
    await store.invites.add(invite())
    await store.invites.use("hash", ANN, 50)
    assert await members.role("~den", ANN.id) is Role.OWNER
    assert await store.invites.of("~den", 50) == [invite()]


async def test_an_invitation_ends(store, members):
    await store.invites.add(invite(until=100))
    assert await store.invites.room_key("hash", 100) is None
    assert await store.invites.of("~den", 100) == []
    with pytest.raises(LinkRefused):
        await store.invites.use("hash", BEN, 100)


async def test_an_invitation_is_revoked_in_its_own_room_only(store, members):
    await members.make_room("~two", "Two", BEN)
    await store.invites.add(invite())
    await store.invites.revoke("~two", "hash")
    assert await store.invites.of("~den", 50) == [invite()]
    await store.invites.revoke("~den", "hash")
    with pytest.raises(LinkRefused):
        await store.invites.use("hash", BEN, 50)


async def test_an_invitation_does_not_lift_a_ban(store, members):
    await store.invites.add(invite())
    await members.sanction("~den", ban(until=60))
    with pytest.raises(Banned):
        await store.invites.use("hash", BEN, 50)
    assert await store.invites.of("~den", 50) == [invite()]
    assert await store.invites.use("hash", BEN, 60) == "~den"
