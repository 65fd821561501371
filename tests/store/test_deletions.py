"""What every store promises of deletions, and that the text is really gone."""

from pathlib import Path

import pytest

from chat_app.config import Storage
from chat_app.models import Draft, Kind
from chat_app.store import open_store
from tests.store.test_store import ANN, BEN, draft, seqs

SECRET = "nobody may ever read this"


def deletion(id, target, author=ANN, room="lobby"):
    return Draft(room, room, id, author, "", 2_000, target)


async def entries(store):
    return [
        (event.seq, event.kind, event.target, event.message)
        for event in await store.events("lobby", limit=9)
    ]


async def test_a_deletion_takes_the_next_seq_and_leaves_a_tombstone(store):
    await store.append([draft("id-1", SECRET), draft("id-2")])
    (appended,) = await store.append([deletion("id-3", 1, BEN)])
    event = appended.event
    assert (event.seq, event.kind, event.target, event.user) == (3, Kind.DELETION, 1, BEN)
    assert (event.message, event.at, appended.duplicate) == ("", 2_000, False)
    assert await entries(store) == [
        (1, Kind.TOMBSTONE, 3, ""),
        (2, Kind.MESSAGE, 0, "hi"),
        (3, Kind.DELETION, 1, ""),
    ]
    tombstone = (await store.events("lobby", limit=9))[0]
    assert (tombstone.id, tombstone.user, tombstone.at) == ("id-1", ANN, 1_000)
    assert (await store.append([draft("id-4")]))[0].event.seq == 4


async def test_a_deletion_is_found_by_its_id_and_by_its_target(store):
    await store.append([draft("id-1"), draft("id-2"), draft("id-3", room="other")])
    first, again, other, new = await store.append(
        [
            deletion("id-5", 1),
            deletion("id-5", 2),
            deletion("id-6", 1, BEN),
            deletion("id-5", 1, room="other"),
        ]
    )
    assert (first.event.seq, first.duplicate) == (3, False)
    assert (again.event, again.duplicate) == (first.event, True)
    assert (other.event, other.duplicate) == (first.event, True)
    assert (new.event.seq, new.duplicate) == (2, False)
    assert await seqs(store) == [1, 2, 3]
    assert (await entries(store))[1] == (2, Kind.MESSAGE, 0, "hi")


async def test_a_message_and_its_deletion_may_be_in_one_batch(store):
    said, deleted, after = await store.append([draft("id-1"), deletion("id-2", 1), draft("id-3")])
    assert [said.event.seq, deleted.event.seq, after.event.seq] == [1, 2, 3]
    assert [kind for _, kind, _, _ in await entries(store)] == [
        Kind.TOMBSTONE,
        Kind.DELETION,
        Kind.MESSAGE,
    ]


async def test_a_retried_message_that_was_deleted_stays_so(store):
    await store.append([draft("id-1", SECRET), deletion("id-2", 1)])
    (again,) = await store.append([draft("id-1", SECRET)])
    assert (again.event.seq, again.event.kind, again.duplicate) == (1, Kind.TOMBSTONE, True)
    assert again.event.message == ""
    assert await seqs(store) == [1, 2]


async def test_a_deletion_of_nothing_is_refused_and_takes_no_seq(store):
    await store.append([draft("id-1")])
    with pytest.raises(LookupError):
        await store.append([draft("id-2"), deletion("id-3", 7)])
    assert await seqs(store) == [1]


async def test_no_file_has_the_text_any_more(tmp_path):
    storage = Storage(folder=str(tmp_path))
    store = await open_store(storage)
    await store.append([draft(f"id-{number}", f"{SECRET} {number}") for number in range(50)])
    await store.append([deletion(f"id-d{number}", number + 1) for number in range(50)])
    await store.close()
    for file in Path(storage.folder).iterdir():
        assert SECRET.encode() not in file.read_bytes(), file


async def test_a_deletion_cannot_be_deleted(store):
    await store.append([draft("id-1"), deletion("id-2", 1)])
    with pytest.raises(LookupError):
        await store.append([deletion("id-3", 2)])
    assert await seqs(store) == [1, 2]


async def test_messages_before_and_after_a_deletion_in_one_batch_stay_in_order(store):
    await store.append([draft("id-1", SECRET)])
    appended = await store.append(
        [
            draft("id-2"),
            draft("id-1"),
            deletion("id-3", 1),
            draft("id-4"),
            draft("id-2"),
            draft("id-5"),
        ]
    )
    assert [(one.event.seq, one.duplicate) for one in appended] == [
        (2, False),
        (1, True),
        (3, False),
        (4, False),
        (2, True),
        (5, False),
    ]
    assert await seqs(store) == [1, 2, 3, 4, 5]
