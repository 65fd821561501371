"""What every store promises of people: the contract of `chat_app.store.accounts.AccountStore`."""

import asyncio

import pytest

from chat_app.errors import LinkRefused, NameTaken, WrongPassword
from chat_app.models import Account, Draft, Link, Session, User
from chat_app.store import open_store, open_store_beside

ANN, BEN = User("u_ann", "Ann"), User("u_ben", "Ben")
LINK = Link("link-1", "owner", 5_000)


@pytest.fixture
def accounts(store):
    return store.accounts


def account(user=ANN, password="hash-1", *, owner=False):
    return Account(user, password, owner)


def session(id, user=ANN, at=1_000):
    return Session(id, user, False, "Firefox · Linux", at, at)


async def test_an_account_keeps_the_id_and_the_messages_of_its_guest(store, accounts):
    guest = User(ANN.id, "Guest 1234")
    await store.append([Draft("lobby", "lobby", "id-1", guest, "hi", 1)])
    await accounts.make(account(), ["ann"], None)
    assert await accounts.known(ANN.id) == (ANN, True)
    assert await accounts.account("ann") == await accounts.account_of(ANN.id) == account()
    (event,) = await store.events("lobby", limit=1)
    assert event.user == guest
    assert await accounts.account("ben") is None
    assert await accounts.account_of(BEN.id) is None


async def test_a_key_belongs_to_one_account(accounts):
    await accounts.make(account(), ["ann", "anna"], None)
    with pytest.raises(NameTaken):
        await accounts.make(account(BEN), ["ben", "anna"], None)
    assert await accounts.known(BEN.id) is None
    await accounts.make(account(BEN), ["ben"], None)
    with pytest.raises(NameTaken):
        await accounts.rename(BEN, ["ann"])
    with pytest.raises(NameTaken):
        await accounts.rename(User("u_guest", "Ann"), ["ann"])
    assert await accounts.known("u_guest") is None


async def test_a_user_has_one_account(accounts):
    await accounts.make(account(), ["ann"], None)
    with pytest.raises(NameTaken):
        await accounts.make(account(password="hash-2"), ["other"], None)
    assert await accounts.account("ann") == account()
    assert await accounts.account("other") is None


async def test_an_account_that_is_renamed_leaves_its_old_name_to_others(accounts):
    await accounts.make(account(), ["ann"], None)
    await accounts.rename(User(ANN.id, "Anna"), ["anna"])
    assert (await accounts.account("anna")).user == User(ANN.id, "Anna")
    assert await accounts.account("ann") is None
    await accounts.rename(User(BEN.id, "Ann"), ["ann"])


async def test_guests_who_chose_a_name_are_found_by_it(accounts):
    await accounts.rename(ANN, ["ann"])
    await accounts.rename(User(BEN.id, "Аnn"), ["ann", "aпn"])
    await accounts.rename(User("u_cat", "Cat"), ["cat"])
    assert await accounts.namesakes(["ann", "aпn"], "u_other") == [ANN.id, BEN.id]
    assert await accounts.namesakes(["ann"], ANN.id) == [BEN.id]
    await accounts.unname(User(BEN.id, "Guest 1234"))
    assert await accounts.known(BEN.id) == (User(BEN.id, "Guest 1234"), False)
    await accounts.make(account(), ["ann"], None)
    assert await accounts.namesakes(["ann", "aпn"], "u_other") == []


async def test_a_link_is_used_once_and_with_what_it_was_used_for(accounts):
    assert not await accounts.has_owner()
    await accounts.make(account(), ["ann"], None)
    with pytest.raises(NameTaken):
        await accounts.make(account(BEN, owner=True), ["ann"], LINK)
    await accounts.make(account(BEN, owner=True), ["ben"], LINK)
    assert await accounts.has_owner()
    for again in (
        accounts.make(account(User("u_cat", "Cat")), ["cat"], LINK),
        accounts.make_owner(ANN.id, LINK),
        accounts.set_password(ANN.id, "hash-2", LINK),
    ):
        with pytest.raises(LinkRefused):
            await again
    assert await accounts.account("cat") is None
    assert await accounts.account("ann") == account()
    await accounts.forget(sessions_before=0, links_before=5_001)
    await accounts.make_owner(ANN.id, LINK)
    assert (await accounts.account("ann")).owner


async def test_a_session_brings_its_user_along(accounts):
    await accounts.make(account(owner=True), ["ann"], None)
    await accounts.start_session(session("s-1"), "hash-1")
    found = await accounts.session("s-1", since=999)
    assert found == Session("s-1", ANN, True, "Firefox · Linux", 1_000, 1_000)
    assert await accounts.session("s-1", since=1_000) is None
    assert await accounts.session("s-2", since=0) is None
    await accounts.rename(User(ANN.id, "Anna"), ["anna"])
    assert (await accounts.session("s-1", since=0)).user.name == "Anna"


async def test_sessions_are_listed_and_ended_by_their_user_only(accounts):
    await accounts.make(account(), ["ann"], None)
    await accounts.make(account(BEN), ["ben"], None)
    for id, user, at in [("a-1", ANN, 1_000), ("a-2", ANN, 2_000), ("b-1", BEN, 3_000)]:
        await accounts.start_session(session(id, user, at), "hash-1")
    await accounts.end_sessions(BEN.id, ["a-1", "b-1", "none"])
    assert [each.id for each in await accounts.sessions(ANN.id, since=0)] == ["a-2", "a-1"]
    assert await accounts.sessions(BEN.id, since=0) == []
    await accounts.seen(["a-1"], 4_000)
    await accounts.seen(["a-1"], 3_000)
    assert [each.id for each in await accounts.sessions(ANN.id, since=0)] == ["a-1", "a-2"]
    assert [each.id for each in await accounts.sessions(ANN.id, since=2_000)] == ["a-1"]
    assert await accounts.lasting(["a-1", "a-2", "b-1"], since=2_000) == {"a-1"}
    await accounts.forget(sessions_before=3_000, links_before=0)
    assert [each.id for each in await accounts.sessions(ANN.id, since=0)] == ["a-1"]


async def test_another_password_ends_all_sessions(accounts):
    await accounts.make(account(), ["ann"], None)
    await accounts.start_session(session("a-1"), "hash-1")
    assert await accounts.set_password(ANN.id, "hash-2", None) == ["a-1"]
    assert await accounts.session("a-1", since=0) is None
    assert (await accounts.account("ann")).password == "hash-2"


async def test_a_login_that_was_overtaken_by_another_password_is_none(accounts):
    await accounts.make(account(), ["ann"], None)
    await accounts.set_password(ANN.id, "hash-2", None)
    with pytest.raises(WrongPassword):
        await accounts.start_session(session("a-1"), "hash-1")
    assert await accounts.sessions(ANN.id, since=0) == []


async def test_a_rename_waits_for_the_batch_before_it(store, accounts):
    draft = Draft("lobby", "lobby", "id-1", ANN, "hi", 1)
    await asyncio.gather(store.append([draft]), accounts.make(account(), ["ann"], None))
    assert await accounts.known(ANN.id) == (ANN, True)


async def test_it_is_all_there_after_a_restart(storage):
    store = await open_store(storage)
    await store.accounts.make(account(owner=True), ["ann"], LINK)
    await store.accounts.start_session(session("a-1"), "hash-1")
    await store.close()
    store = await open_store(storage)
    try:
        assert await store.accounts.has_owner()
        assert await store.accounts.session("a-1", since=0)
        with pytest.raises(LinkRefused):
            await store.accounts.make_owner(ANN.id, LINK)
    finally:
        await store.close()


async def test_it_is_read_beside_a_server(store, storage):
    secret = await store.secret("links")
    await store.accounts.make(account(), ["ann"], None)
    beside = await open_store_beside(storage, "links")
    try:
        assert await beside.secret("links") == secret
        assert await beside.accounts.account("ann") == account()
    finally:
        await beside.close()
    await store.accounts.make(account(BEN), ["ben"], None)


async def test_a_secret_is_made_where_nobody_serves(storage):
    beside = await open_store_beside(storage, "links")
    secret = await beside.secret("links")
    await beside.close()
    store = await open_store(storage)
    try:
        assert await store.secret("links") == secret
    finally:
        await store.close()
