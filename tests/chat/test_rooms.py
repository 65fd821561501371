"""Fan-out and cursors, without a socket: what each member was written, byte for byte."""

import asyncio
from itertools import count
from types import SimpleNamespace

import pytest

from chat_app.chat import behind, messages, presence, tail
from chat_app.chat import room as one_room
from chat_app.chat.rooms import Rooms
from chat_app.config import Storage
from chat_app.errors import StoreUnavailable
from chat_app.models import Appended, Event, Kind, User
from chat_app.store import open_store
from tests.clients import SECONDS, settled

ANN = User("u_ann", "Ann")


class Member:
    """Takes frames up to `room` bytes, then holds a backlog until it is drained."""

    hears = True

    def __init__(self):
        self.got = []
        self.signals = []
        self.held = 0
        self.stuck = False
        self.was_cut = False

    def write(self, frames):
        self.got += frames.decode().split()
        if self.stuck:
            self.held += len(frames)
        return len(frames)

    @property
    def writer(self):
        return self.write

    def signal(self, frame):
        self.signals.append(frame)
        if self.stuck:
            self.held += len(frame)

    def backlog(self):
        return self.held

    def cut(self, error):
        self.was_cut, self.error = True, error


@pytest.fixture
async def store(tmp_path):
    store = await open_store(Storage(folder=str(tmp_path)))
    yield store
    await store.close()


@pytest.fixture
async def house(store):
    house = Rooms(
        store,
        lambda event: f"{event.seq}:{event.message}\n".encode(),
        lambda op, users, count: f"{op} {[user.name for user in users]} of {count}".encode(),
    )
    yield house
    await house.close()


@pytest.fixture
def say(house):
    async def say(room, *texts):
        """Post texts in one turn; return their outcomes."""
        outcomes = [asyncio.get_running_loop().create_future() for _ in texts]
        for text, outcome in zip(texts, outcomes, strict=True):
            draft = messages.draft(room.key, room.name, ANN, text, None, most_chars=0)
            house.post(room, draft, lambda _, result, to=outcome: to.set_result(result))
        return await asyncio.gather(*outcomes)

    return say


async def test_a_turn_is_one_write_of_the_same_bytes_for_all(house, say):
    room = await house.open("lobby")
    writes = []

    class Recorder(Member):
        def write(self, frames):
            writes.append(frames)
            return len(frames)

    for _ in range(3):
        room.join(Recorder(), 0)
    await say(room, "a", "b", "c")
    assert writes == [b"1:a\n2:b\n3:c\n"] * 3
    assert len({id(frames) for frames in writes}) == 1


async def test_who_knows_of_messages_alone_is_written_these_out_of_a_flush(house):
    room = await house.open("lobby")
    full, bare = Member(), Member()
    bare.hears = False
    room.join(full, 0)
    room.join(bare, 0)
    for seq, kind in enumerate((Kind.MESSAGE, Kind.MESSAGE, Kind.DELETION), 1):
        room.apply(Event("lobby", seq, f"e{seq}", ANN, kind.name, 0, kind, 1))
    room.show()
    assert full.got == ["1:MESSAGE", "2:MESSAGE", "3:DELETION"]
    assert bare.got == full.got[:2]


class Short(Member):
    """Its writer takes `room` bytes until it has none left; `write` keeps the rest."""

    def __init__(self, room):
        super().__init__()
        self.room = room
        self.bytes = b""

    def take(self, frames):
        if not self.room:
            raise BlockingIOError
        taken = frames[: self.room]
        self.room -= len(taken)
        self.bytes += taken
        return len(taken)

    def write(self, frames):
        self.bytes += frames
        self.held += len(frames)
        return len(frames)

    @property
    def writer(self):
        return self.write if self.held else self.take


async def test_what_one_does_not_take_is_kept_for_it_and_not_overtaken(house, say):
    room = await house.open("lobby")
    members = [Short(room) for room in (1000, 0, 6, 0, 1)]
    for member in members:
        room.join(member, 0)
    members[1].hears = members[4].hears = False
    await say(room, "a", "b")
    await say(room, "c")
    room.apply(Event("lobby", 4, "e4", ANN, "", 0, Kind.DELETION, 1))
    room.apply(Event("lobby", 5, "e5", ANN, "e", 0))
    room.show()
    full, bare = b"1:a\n2:b\n3:c\n4:\n5:e\n", b"1:a\n2:b\n3:c\n5:e\n"
    assert [member.bytes for member in members] == [full, bare, full, full, bare]
    assert [member.held for member in members] == [0, len(bare), 13, len(full), len(bare) - 1]


async def test_one_that_has_read_what_was_kept_is_written_to_the_short_way_again(
    house, say, monkeypatch
):
    monkeypatch.setattr(one_room, "BACKLOG_BYTES", 20)
    room = await house.open("lobby")
    member = Short(4)
    room.join(member, 0)
    await say(room, "a", "b")
    assert (member.held, member.room) == (4, 0)
    member.held, member.room = 0, 1000
    await say(room, "c", "d")
    assert (member.held, member.room) == (8, 1000)  # nobody has looked
    member.held = 0
    room.signal(b"ping")  # at which they look
    await say(room, "e")
    assert (member.held, member.room) == (0, 996)
    assert member.bytes == b"1:a\n2:b\n3:c\n4:d\n5:e\n"


async def test_one_that_holds_something_back_is_redirected_wherever_it_is(house, say):
    room = await house.open("lobby")
    live, late, gone = Short(1000), Short(1000), Short(1000)
    await say(room, "a")
    room.join(live, 1)
    room.join(late, 0)
    for member in (live, late, gone):
        member.write(b"answer ")
        room.redirect(member)
    await say(room, "b")
    assert live.bytes == b"answer 2:b\n"
    await settled()
    assert late.bytes == b"answer 1:a\n2:b\n"
    assert gone.bytes == b"answer "


async def test_a_duplicate_that_the_room_has_not_seen_is_shown(house, store):
    """It was said on another node, or the reply to its first commit was lost."""
    room = await house.open("lobby")
    member = Member()
    room.join(member, 0)
    draft = messages.draft("lobby", "lobby", ANN, "hi", "same-id-1", most_chars=0)
    await store.append([draft])
    outcome = asyncio.get_running_loop().create_future()
    house.post(room, draft, lambda _, result: outcome.set_result(result))
    assert (await outcome).duplicate
    assert member.got == ["1:hi"]


async def test_done_is_heard_before_the_room_sees_the_message(house):
    room = await house.open("lobby")
    order: list[str] = []

    class Watcher(Member):
        def write(self, frames):
            order.append("shown")
            return len(frames)

    room.join(Watcher(), 0)
    draft = messages.draft("lobby", "lobby", ANN, "hi", None, most_chars=0)
    house.post(room, draft, lambda *_: order.append("acknowledged"))
    while len(order) < 2:
        await asyncio.sleep(0)
    assert order == ["acknowledged", "shown"]


async def test_a_refused_batch_is_shown_to_nobody(house, say, store, monkeypatch):
    room = await house.open("lobby")
    member = Member()
    room.join(member, 0)

    async def append(drafts):
        raise StoreUnavailable("full")

    with monkeypatch.context() as patch:
        patch.setattr(store, "append", append)
        outcomes = await say(room, "lost", "too")
    assert all(isinstance(outcome, StoreUnavailable) for outcome in outcomes)
    (outcome,) = await say(room, "kept")
    assert isinstance(outcome, Appended)
    assert member.got == ["1:kept"]


async def test_a_fault_in_the_store_refuses_the_batch_and_the_next_goes_on(
    house, say, store, monkeypatch, caplog
):
    room = await house.open("lobby")

    async def append(drafts):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(store, "append", append)
        (outcome,) = await say(room, "lost")
    assert isinstance(outcome, StoreUnavailable)
    assert "ZeroDivisionError" in caplog.text
    (outcome,) = await say(room, "kept")
    assert outcome.event.seq == 1


async def test_whoever_comes_back_gets_what_was_missed_then_what_is_new(house, say, monkeypatch):
    monkeypatch.setattr(tail, "RING_BYTES", 20)  # four frames: the rest is in the store
    monkeypatch.setattr(tail, "SLICE_EVENTS", 3)
    room = await house.open("lobby")
    await say(room, *"abcdefgh")
    for since in range(9):
        member = Member()
        room.join(member, since)
        await settled()
        (outcome,) = await say(room, "x")
        top = outcome.event.seq
        assert [int(frame.split(":")[0]) for frame in member.got] == list(range(since + 1, top + 1))
        assert member in room._live
        room.leave(member)


async def test_a_room_keeps_more_frames_the_more_members_it_has(house, say, monkeypatch):
    """Those who are behind count too; and what is kept has an end."""
    monkeypatch.setattr(tail, "MEMBER_BYTES", 20)
    monkeypatch.setattr(tail, "RING_BYTES", 50)
    room = await house.open("lobby")
    kept = []

    async def speak():
        await say(room, *"abcdefghijklmnopqrstuvwxyz")
        kept.append(sum(map(len, room._tail._ring)))

    await speak()
    members = [Member() for _ in range(4)]
    members[1].held = 1 << 30  # so that it is behind for good
    for member in members:
        room.join(member, 0)
        await settled()
        await speak()
    for member in members[1:]:
        room.leave(member)
    await speak()
    for most, size in zip([20, 20, 40, 50, 50, 20], kept, strict=True):
        assert most - len("123:x") < size <= most


async def test_a_storm_of_resumes_reads_each_slice_once(house, say, store, monkeypatch):
    monkeypatch.setattr(tail, "RING_BYTES", 20)
    monkeypatch.setattr(tail, "SLICE_EVENTS", 3)
    room = await house.open("lobby")
    await say(room, *"abcdefghijklmnopqrstuvwxyz")
    read = []
    events = store.events

    async def counted(key, **page):
        read.append(page["after"])
        return await events(key, **page)

    monkeypatch.setattr(store, "events", counted)
    storm = [Member() for _ in range(40)]
    for number, member in enumerate(storm):
        room.join(member, number % 20)
    await settled()
    for number, member in enumerate(storm):
        seqs = [int(frame.split(":")[0]) for frame in member.got]
        assert seqs == list(range(number % 20 + 1, 27))
    assert sorted(read) == list(range(0, 24, 3))
    assert not room._tail._slices


async def test_what_is_committed_but_not_applied_is_not_sent_twice(house, say, store):
    """The store may be ahead of the room for a moment: a thread commits."""
    room = await house.open("lobby")
    await say(room, "a", "b")
    room._tail._ring.clear()
    draft = messages.draft("lobby", "lobby", ANN, "c", None, most_chars=0)
    (appended,) = await store.append([draft])
    member = Member()
    room.join(member, 0)
    await settled()
    room.apply(appended.event)
    room.flush()
    await settled()
    assert member.got == ["1:a", "2:b", "3:c"]


async def test_one_that_does_not_read_is_left_behind_and_delays_nobody(house, say, monkeypatch):
    monkeypatch.setattr(one_room, "BACKLOG_BYTES", 20)
    monkeypatch.setattr(behind, "DRAINED_BYTES", 10)
    monkeypatch.setattr(behind, "PAUSE_SECONDS", 0)
    room = await house.open("lobby")
    stuck, quick = Member(), Member()
    stuck.stuck = True
    room.join(stuck, 0)
    room.join(quick, 0)
    for text in "abcdefghijklmnop":
        await say(room, text)
    assert len(quick.got) == 16
    assert len(stuck.got) < 16

    stuck.stuck, stuck.held = False, 0
    await settled()
    await say(room, "z")
    assert stuck.got == quick.got


async def test_a_member_that_joins_again_is_in_one_place(house, say, monkeypatch):
    monkeypatch.setattr(one_room, "BACKLOG_BYTES", 3)
    monkeypatch.setattr(behind, "DRAINED_BYTES", 1)
    room = await house.open("lobby")
    member = Member()
    member.stuck = True
    room.join(member, 0)
    await say(room, "a", "b")
    assert room.position(member) == 2
    await say(room, "c", "d")
    assert room.position(member) == 2  # behind: the rest was not sent
    room.join(member, room.top)
    assert room.position(member) == 4
    assert not room._behind
    room.join(member, 1)
    assert not room._live


async def test_one_that_is_behind_is_given_little_at_a_time(house, say, monkeypatch):
    monkeypatch.setattr(behind, "DRAINED_BYTES", 100)
    monkeypatch.setattr(behind, "PAUSE_SECONDS", 0)
    room = await house.open("lobby")
    await say(room, *["x" * 40 for _ in range(50)])
    member = Member()
    member.stuck = True
    room.join(member, 0)
    await settled()
    assert 100 < member.held < 250
    while len(member.got) < 50:
        member.held = 0
        await asyncio.sleep(0)


async def test_one_that_reads_slowly_but_reads_is_not_cut(house, say, monkeypatch):
    monkeypatch.setattr(behind, "DRAINED_BYTES", 100)
    monkeypatch.setattr(behind, "PAUSE_SECONDS", 0)
    now = [0.0]
    monkeypatch.setattr("chat_app.chat.behind.time.monotonic", lambda: now[0])
    room = await house.open("lobby")
    await say(room, *["x" * 40 for _ in range(50)])
    member = Member()
    member.stuck = True
    room.join(member, 0)
    await settled()
    while len(member.got) < 50:
        member.held -= 1
        now[0] += behind.PATIENCE_SECONDS - 1
        await asyncio.sleep(0)
    assert not member.was_cut


async def test_a_draft_that_cannot_be_stored_takes_no_other_with_it(house, say, store, monkeypatch):
    room = await house.open("lobby")
    append = store.append

    async def choosy(drafts):
        if any(draft.message == "poison" for draft in drafts):
            raise ZeroDivisionError
        return await append(drafts)

    monkeypatch.setattr(store, "append", choosy)
    outcomes = await say(room, "a", "poison", "b")
    assert [type(outcome) for outcome in outcomes] == [Appended, StoreUnavailable, Appended]
    assert [event.message for event in await store.events("lobby", limit=9)] == ["a", "b"]


async def test_one_that_stays_stuck_is_cut(house, say, monkeypatch):
    monkeypatch.setattr(one_room, "BACKLOG_BYTES", 3)
    monkeypatch.setattr(behind, "DRAINED_BYTES", 1)
    monkeypatch.setattr(behind, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(behind, "PATIENCE_SECONDS", 0)
    room = await house.open("lobby")
    stuck = Member()
    stuck.stuck = True
    room.join(stuck, 0)
    await say(room, "a")
    while not stuck.was_cut:
        await asyncio.sleep(0)
    assert not room._behind
    assert not room._live


async def test_a_signal_goes_to_those_who_are_up_to_date_and_takes_no_seq(house, say):
    room = await house.open("lobby")
    await say(room, "a")
    live, other, late = Member(), Member(), Member()
    room.join(live, 1)
    room.join(other, 1)
    room.join(late, 0)
    room.signal(b"x")
    room.signal(b"y", but={other})
    room.signal(b"z", to={other, late})
    assert (live.signals, other.signals, late.signals) == ([b"x", b"y"], [b"x", b"z"], [])
    assert room.top == 1
    assert not live.got


async def test_one_that_does_not_read_signals_is_left_behind(house, monkeypatch):
    monkeypatch.setattr(one_room, "BACKLOG_BYTES", 20)
    monkeypatch.setattr(behind, "DRAINED_BYTES", 10)
    monkeypatch.setattr(behind, "PAUSE_SECONDS", 0)
    room = await house.open("lobby")
    stuck, quick = Member(), Member()
    stuck.stuck = True
    room.join(stuck, 0)
    room.join(quick, 0)
    for _ in range(100):
        room.signal(b"x")
    assert len(quick.signals) == 100
    assert len(stuck.signals) == 40
    stuck.stuck, stuck.held = False, 0
    await settled()
    assert stuck in room._live


async def test_who_becomes_up_to_date_is_told_who_is_here(house, say, monkeypatch):
    monkeypatch.setattr(presence, "QUICK_SECONDS", 0)
    monkeypatch.setattr(presence, "PACE_SECONDS", 0)
    room = await house.open("lobby")
    await say(room, "a")
    member = Member()
    room.presence.enter(member, ANN)
    room.join(member, 0)
    assert not member.signals
    async with asyncio.timeout(SECONDS):
        while not member.signals:
            await asyncio.sleep(0)
    assert member.got == ["1:a"]
    assert member.signals == [b"state ['Ann'] of 1"]


async def test_members_whose_events_cannot_be_read_are_told_so(house, say, store, monkeypatch):
    monkeypatch.setattr(tail, "RING_BYTES", 1)
    room = await house.open("lobby")
    await say(room, "a", "b", "c")

    async def events(*_, **__):
        raise StoreUnavailable("not now")

    monkeypatch.setattr(store, "events", events)
    member = Member()
    room.join(member, 0)
    await settled()
    assert member.was_cut
    assert isinstance(member.error, StoreUnavailable)
    assert not room._behind


async def test_a_room_is_open_as_long_as_somebody_holds_it(house, say):
    first = await house.open("Lobby")
    assert await house.open("LOBBY") is first
    house.release(first)
    (outcome,) = await say(first, "hi")
    assert outcome.event.seq == 1
    house.release(first)
    assert not house._open
    assert (await house.open("lobby")).top == 1


async def test_closing_commits_what_was_posted_and_refuses_the_rest(house, store):
    room = await house.open("lobby")
    outcomes: list[object] = []

    def post(text):
        draft = messages.draft("lobby", "lobby", ANN, text, None, most_chars=0)
        house.post(room, draft, lambda _, outcome: outcomes.append(outcome))

    post("a")
    post("b")
    await house.close()
    post("c")
    assert [type(outcome) for outcome in outcomes] == [Appended, Appended, StoreUnavailable]
    assert len(await store.events("lobby", limit=9)) == 2


async def test_a_crowd_rests_as_long_as_its_last_flush_took(house, say, monkeypatch):
    monkeypatch.setattr(one_room, "CROWD", 1)
    monkeypatch.setattr(one_room, "time", SimpleNamespace(monotonic=iter([0, 3600]).__next__))
    room = await house.open("lobby")
    member, late = Member(), Member()
    room.join(member, 0)
    await say(room, "a", "b")
    await settled()
    await say(room, "c", "d")
    await say(room, "e")
    assert member.got == ["1:a", "2:b"]
    # Whoever joins then disturbs nobody, has not missed what waits, and does not get it twice.
    room.join(late, 5)
    await settled()
    assert member.got == ["1:a", "2:b"]
    room.flush()
    await say(room, "f")
    room.flush()
    async with asyncio.timeout(SECONDS):
        while not late.got:
            await asyncio.sleep(0)
    assert member.got[2:] == ["3:c", "4:d", "5:e", "6:f"]
    assert late.got == ["6:f"]


async def test_who_falls_behind_while_something_waits_gets_it_too(house, say, monkeypatch):
    monkeypatch.setattr(one_room, "CROWD", 1)
    monkeypatch.setattr(one_room, "BACKLOG_BYTES", 16)
    monkeypatch.setattr(one_room, "time", SimpleNamespace(monotonic=iter([0, 3600]).__next__))
    room = await house.open("lobby")
    member = Member()
    room.join(member, 0)
    await say(room, "a", "b")
    await settled()
    await say(room, "c")
    member.held = 17
    room.signal(b"x" * 16)
    assert room.position(member) == 2
    member.held = 0
    await settled()
    room.flush()
    async with asyncio.timeout(SECONDS):
        while len(member.got) < 3:
            await asyncio.sleep(0)
    assert member.got == ["1:a", "2:b", "3:c"]


async def test_a_crowd_in_which_one_speaks_at_a_time_waits_for_nothing(house, say, monkeypatch):
    monkeypatch.setattr(one_room, "CROWD", 1)
    clock = count(step=3600)
    monkeypatch.setattr(one_room, "time", SimpleNamespace(monotonic=clock.__next__))
    room = await house.open("lobby")
    member = Member()
    room.join(member, 0)
    for text in "abc":
        await say(room, text)
        await settled()
        assert member.got[-1].endswith(text)


async def test_what_waits_is_shown_after_the_rest(house, say, monkeypatch):
    monkeypatch.setattr(one_room, "CROWD", 1)
    room = await house.open("lobby")
    member = Member()
    room.join(member, 0)
    for text in "abc":
        await say(room, text)
    while len(member.got) < 3:
        await asyncio.sleep(0)
    assert member.got == ["1:a", "2:b", "3:c"]


@pytest.fixture
async def pauses(house, monkeypatch):
    """A crowd's pauses, which end as the test has them `_run`: their lengths and handles."""
    monkeypatch.setattr(one_room, "CROWD", 1)
    monkeypatch.setattr(one_room, "time", SimpleNamespace(monotonic=count().__next__))
    loop, pauses = asyncio.get_running_loop(), []
    call_later = loop.call_later

    def later(seconds, call, *args, **context):
        if not isinstance(getattr(call, "__self__", None), one_room.Room):
            return call_later(seconds, call, *args, **context)
        pauses.append((seconds, asyncio.Handle(call, args, loop)))
        return pauses[-1][1]

    monkeypatch.setattr(loop, "call_later", later)
    return pauses


@pytest.fixture
async def post(house, store, monkeypatch):
    """Post texts in one turn, and have as many batches committed as `commit` says."""
    room = await house.open("lobby")
    disk, append = asyncio.Semaphore(0), store.append
    under_way: set[int] = set()

    async def slowly(drafts):
        await disk.acquire()
        appended = await append(drafts)
        under_way.pop()
        return appended

    async def post(*texts, commit=0):
        for text in texts:
            draft = messages.draft(room.key, room.name, ANN, text, None, most_chars=0)
            house.post(room, draft, lambda draft, result: None)
        for one in range(commit):
            under_way.add(one)
            disk.release()
        async with asyncio.timeout(SECONDS):
            while under_way:
                await asyncio.sleep(0)
        await settled()

    monkeypatch.setattr(store, "append", slowly)
    yield post
    for _ in range(9):
        disk.release()


@pytest.fixture
async def rested(house, pauses, post):
    """A member of a crowd that has rested, with "c" to be shown, and "d" and "e" posted."""
    room = await house.open("lobby")
    member = Member()
    room.join(member, 0)
    await post("a", "b", commit=1)
    await post("c", commit=1)
    await post("d")
    await post("e")
    assert member.got == ["1:a", "2:b"]
    pauses[0][1]._run()  # the rest
    return member


async def test_a_rested_crowd_waits_for_what_is_on_its_way_and_not_for_what_follows(
    rested, pauses, post
):
    assert rested.got == ["1:a", "2:b"]
    await post("f", commit=1)
    assert rested.got == ["1:a", "2:b"]
    await post("g", commit=1)
    assert rested.got == ["1:a", "2:b", "3:c", "4:d", "5:e", "6:f"]
    (_, patience), _ = pauses[1:]
    assert patience.cancelled()
    await post("h", commit=1)
    assert rested.got[-1] == "6:f"


async def test_a_rested_crowd_waits_no_longer_than_it_rested(rested, pauses):
    (rest, _), (patience, over) = pauses
    assert rested.got == ["1:a", "2:b"]
    assert patience == rest == 0.5
    over._run()
    assert rested.got == ["1:a", "2:b", "3:c"]


async def test_one_that_catches_up_while_something_waits_does_not_get_it_twice(
    house, say, monkeypatch
):
    monkeypatch.setattr(one_room, "CROWD", 1)
    monkeypatch.setattr(one_room, "time", SimpleNamespace(monotonic=iter([0, 3600]).__next__))
    room = await house.open("lobby")
    member, late = Member(), Member()
    room.join(member, 0)
    await say(room, "a", "b")
    await settled()
    room.join(late, 0)
    await say(room, "c")
    await settled()
    assert member.got == ["1:a", "2:b"]
    room.flush()
    assert late.got == member.got == ["1:a", "2:b", "3:c"]
