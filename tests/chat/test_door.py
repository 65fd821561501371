"""Who may come in, and what they may do there."""

import time
from contextlib import suppress

import pytest

from chat_app.chat.door import Door
from chat_app.chat.rights import Right, Visitor, rights_of
from chat_app.config import Storage
from chat_app.errors import (
    AnnounceOnly,
    Banned,
    LogInNeeded,
    Muted,
    NotAllowed,
    RoomLocked,
    RoomNotFound,
    SlowMode,
)
from chat_app.models import Draft, Role, RoomSettings, Sanction, User
from chat_app.store import open_store

ANN, BEN, CID = User("u_ann", "Ann"), User("u_ben", "Ben"), User("u_cid", "Cid")
HOME = "192.0.2.1"
SOON = time.time_ns() // 1_000_000 + 3_600_000
WRITES = Right.READ | Right.POST | Right.HURRY


def visitor(user=BEN, **more):
    return Visitor(user, network=HOME, **more)


@pytest.fixture
async def store(tmp_path):
    store = await open_store(Storage(folder=str(tmp_path)))
    await store.members.make_room("~den", "Den", ANN)
    await store.append([Draft("lobby", "Lobby", "id-00001", CID, "hi", 1)])
    yield store
    await store.close()


@pytest.fixture
def open_door(store):
    async def open_door(key="lobby"):
        door = Door(key)
        await door.load(store)
        return door

    return open_door


def sanction(kind="ban", until=None, user=BEN, **more):
    return Sanction(kind, user, until, ANN, 1, **more)


@pytest.mark.parametrize("key", ["lobby", "nobody spoke here"])
async def test_a_public_room_is_open_to_whoever_knows_its_name(open_door, key):
    assert (await open_door(key)).rights(visitor()) == WRITES


@pytest.mark.parametrize("key", ["~den", "~none"])
async def test_a_private_room_hides_from_all_but_its_members(open_door, key):
    door = await open_door(key)
    for right in (Right.READ, Right.POST, Right.MANAGE):
        with pytest.raises(RoomNotFound) as refused:
            door.check(visitor(), right)
        assert refused.value.message == "There is no such room."


async def test_a_private_room_that_is_not_there_is_not_there_for_the_owner_of_the_server(open_door):
    owner = visitor(owner=True)
    assert (await open_door("~den")).rights(owner) & Right.MANAGE
    with pytest.raises(RoomNotFound):
        (await open_door("~none")).rights(owner)


async def test_nobody_comes_in_before_a_private_rooms_door_was_read():
    with pytest.raises(RoomNotFound):
        Door("~den").rights(visitor(owner=True))


@pytest.mark.parametrize(
    ("role", "more"),
    [
        (Role.MEMBER, 0),
        (Role.MODERATOR, Right.INVITE | Right.MODERATE),
        (Role.OWNER, Right.INVITE | Right.MODERATE | Right.MANAGE),
    ],
)
async def test_a_role_brings_rights(store, open_door, role, more):
    await store.members.set_role("~den", BEN, role)
    assert (await open_door("~den")).rights(visitor()) == WRITES | more


def test_nobody_invites_into_a_public_room():
    for role in Role:
        assert not rights_of(role, RoomSettings(), private=False) & Right.INVITE


@pytest.mark.parametrize(
    ("settings", "role", "error"),
    [
        (RoomSettings(announce=True), Role.NONE, AnnounceOnly),
        (RoomSettings(announce=True), Role.MEMBER, AnnounceOnly),
        (RoomSettings(announce=True), Role.MODERATOR, None),
        (RoomSettings(locked=True), Role.NONE, RoomLocked),
        (RoomSettings(locked=True), Role.OWNER, RoomLocked),
        (RoomSettings(announce=True, locked=True), Role.NONE, RoomLocked),
    ],
)
async def test_settings_say_who_writes(store, open_door, settings, role, error):
    await store.members.settle("lobby", settings)
    await store.members.set_role("lobby", BEN, role)
    door = await open_door()
    assert door.rights(visitor()) & Right.READ
    if error is None:
        assert door.check(visitor(), Right.POST)
    else:
        with pytest.raises(error):
            door.check(visitor(), Right.POST)


async def test_slow_mode_is_for_each_and_not_for_moderators(store, open_door):
    await store.members.settle("lobby", RoomSettings(slow_seconds=3600))
    await store.members.set_role("lobby", CID, Role.MODERATOR)
    door = await open_door()
    assert door.rights(visitor(CID)) & Right.HURRY
    assert not door.rights(visitor()) & Right.HURRY
    door.take_turn(visitor())
    with pytest.raises(SlowMode) as slow:
        door.take_turn(visitor())
    assert slow.value.retry_ms is not None
    assert 3_500_000 < slow.value.retry_ms <= 3_600_001
    door.take_turn(visitor(ANN))
    await door.load(store)  # something else has changed
    with pytest.raises(SlowMode):
        door.take_turn(visitor())


async def test_slow_mode_that_becomes_quicker_does_so_for_those_who_wait(store, open_door):
    door = await open_door()
    for seconds in (3600, 5):
        await store.members.settle("lobby", RoomSettings(slow_seconds=seconds))
        await door.load(store)
        with suppress(SlowMode):
            door.take_turn(visitor())
        with pytest.raises(SlowMode) as slow:
            door.take_turn(visitor())
        assert slow.value.retry_ms is not None
        assert slow.value.retry_ms <= seconds * 1000 + 1
    await store.members.settle("lobby", RoomSettings())
    await door.load(store)
    door.take_turn(visitor())


async def test_guests_who_may_only_read(open_door):
    with pytest.raises(LogInNeeded):
        (await open_door()).check(visitor(speaks=False), Right.POST)


async def test_what_a_role_does_not_allow(open_door):
    for right in (Right.INVITE, Right.MODERATE, Right.MANAGE):
        with pytest.raises(NotAllowed):
            (await open_door()).check(visitor(), right)


@pytest.mark.parametrize(
    ("until", "holds"),
    [(None, True), pytest.param(SOON, True, id="soon"), (1, False)],
)
async def test_a_ban_or_mute_holds_until_it_is_over(store, open_door, until, holds):
    for kind, error in (("mute", Muted), ("ban", Banned)):
        await store.members.sanction("lobby", sanction(kind, until))
        door = await open_door()
        if holds:
            with pytest.raises(error):
                door.check(visitor(account=True), Right.POST)
        else:
            door.check(visitor(account=True), Right.POST)


async def test_a_mute_lets_read(store, open_door):
    await store.members.sanction("lobby", sanction("mute"))
    assert (await open_door()).rights(visitor()) == Right.READ | Right.HURRY


async def test_an_address_is_banned_for_a_while_and_for_guests(store, open_door):
    await store.members.sanction("lobby", sanction(network=HOME, network_until=SOON))
    door = await open_door()
    with pytest.raises(Banned):
        door.rights(visitor(CID))
    door.rights(visitor(CID, account=True))
    door.rights(Visitor(CID, network="192.0.2.2"))
    await store.members.sanction("lobby", sanction(network=HOME, network_until=2))
    (await open_door()).rights(visitor(CID))
    await store.members.sanction("lobby", sanction(until=2, network=HOME, network_until=SOON))
    (await open_door()).rights(visitor(CID))


async def test_who_owns_the_server_is_kept_out_of_nothing(store, open_door):
    await store.members.sanction("lobby", sanction())
    await store.members.sanction("lobby", sanction("mute"))
    door = await open_door()
    assert door.role_of(visitor(owner=True)) is Role.OWNER
    assert door.check(visitor(owner=True), Right.POST)
