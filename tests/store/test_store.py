"""What every store promises: the contract of `chat_app.store.Store`."""

from chat_app.models import Draft, Room, User
from chat_app.store import open_store

ANN, BEN = User("u_ann", "Ann"), User("u_ben", "Ben")


def draft(id, message="hi", room="lobby", author=ANN, at=1_000):
    return Draft(room.casefold(), room, id, author, message, at)


async def seqs(store, room="lobby", **page):
    return [event.seq for event in await store.events(room, **{"limit": 100} | page)]


async def test_a_room_counts_its_events_from_one(store):
    first = await store.append([draft("id-1"), draft("id-2"), draft("id-3", room="other")])
    second = await store.append([draft("id-4")])
    assert [(a.event.seq, a.duplicate) for a in first + second] == [
        (1, False),
        (2, False),
        (1, False),
        (3, False),
    ]
    assert await seqs(store) == [1, 2, 3]


async def test_a_check_changes_nothing_that_anybody_sees(store):
    await store.append([draft("id-1")])
    epoch = store.epoch
    for _ in range(2):
        await store.check()
    assert store.epoch == epoch
    assert await seqs(store) == [1]


async def test_an_event_is_kept_as_it_was_said(store):
    (appended,) = await store.append([draft("id-1", "안녕\n\t😀 '; DROP TABLE", at=123)])
    (event,) = await store.events("lobby", limit=1)
    assert event == appended.event
    assert (event.user, event.message, event.at) == (ANN, "안녕\n\t😀 '; DROP TABLE", 123)


async def test_the_same_id_of_an_author_in_a_room_is_one_event(store):
    (first,) = await store.append([draft("id-1", "first")])
    again, other_author, other_room, last = await store.append(
        [
            draft("id-1", "second", at=2_000),
            draft("id-1", author=BEN),
            draft("id-1", room="other"),
            draft("id-1", "third"),
        ]
    )
    assert (again.event, again.duplicate) == (first.event, True)
    assert (other_author.event.seq, other_author.duplicate) == (2, False)
    assert (other_room.event.seq, other_room.duplicate) == (1, False)
    assert (last.event, last.duplicate) == (first.event, True)
    assert await seqs(store) == [1, 2]


async def test_a_duplicate_within_a_batch_takes_no_number(store):
    batch = await store.append([draft("id-1"), draft("id-1"), draft("id-2")])
    assert [(a.event.seq, a.duplicate) for a in batch] == [(1, False), (1, True), (2, False)]


async def test_pages_are_oldest_first(store):
    await store.append([draft(f"id-{number}") for number in range(1, 8)])
    assert await seqs(store, limit=3) == [5, 6, 7]
    assert await seqs(store, before=5, limit=3) == [2, 3, 4]
    assert await seqs(store, before=1) == []
    assert await seqs(store, after=2, limit=3) == [3, 4, 5]
    assert await seqs(store, after=7) == []
    assert await seqs(store, "nowhere") == []


async def test_a_room_is_known_from_its_first_event_and_keeps_its_spelling(store):
    assert await store.room("lobby") is None
    await store.append([draft("id-1", room="Lobby"), draft("id-2", room="LOBBY")])
    assert await store.room("lobby") == Room("lobby", "Lobby", 2)


async def test_an_author_is_known_from_the_first_event_or_name(store):
    assert await store.accounts.known(ANN.id) is None
    await store.append([draft("id-1")])
    assert await store.accounts.known(ANN.id) == (ANN, False)
    await store.accounts.rename(User(BEN.id, "Benjamin"), ["benjamin"])
    await store.accounts.rename(User(ANN.id, "Anna"), ["anna"])
    await store.append([draft("id-2", author=BEN), draft("id-3", author=User(ANN.id, "Anna"))])
    assert await store.accounts.known(BEN.id) == (User(BEN.id, "Benjamin"), False)
    assert [event.user.name for event in await store.events("lobby", limit=9)] == [
        "Ann",
        "Ben",
        "Anna",
    ]


async def test_everything_is_there_after_a_restart(storage):
    store = await open_store(storage)
    await store.append([draft("id-1")])
    epoch, secret = store.epoch, await store.secret("cookie")
    await store.close()

    store = await open_store(storage)
    try:
        assert (store.epoch, await store.secret("cookie")) == (epoch, secret)
        again, new = await store.append([draft("id-1", "other"), draft("id-2")])
        assert (again.event.seq, again.event.message, again.duplicate) == (1, "hi", True)
        assert new.event.seq == 2
    finally:
        await store.close()


async def test_secrets_are_random_and_named(store):
    one, two = await store.secret("one"), await store.secret("two")
    assert one != two
    assert await store.secret("one") == one
    assert len(bytes.fromhex(one)) == 32


async def test_the_tops_of_many_rooms_are_asked_for_at_once(store):
    await store.append([draft("id-1"), draft("id-2"), draft("id-3", room="Other '회의'")])
    keys = ["lobby", "other '회의'", "none"]
    assert await store.tops(keys) == {"lobby": 2, "other '회의'": 1}
    assert await store.tops([]) == {}
    assert await store.tops([f"{number}" for number in range(40_000)]) == {}
