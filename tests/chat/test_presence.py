"""Who is present, and what its members are told of it, by a clock of our own."""

from itertools import pairwise
from typing import Any

import pytest

from chat_app.chat.presence import (
    CROWD_NAMED,
    GRACE_SECONDS,
    MOST_NAMED,
    PACE_SECONDS,
    QUICK_SECONDS,
    Presence,
)
from chat_app.models import User


class Timer:
    def __init__(self, at, callback):
        self.at, self.callback, self.cancelled = at, callback, False

    def cancel(self):
        self.cancelled = True


class Timers:
    """A loop's `call_later`, and the time that passes when it is told to."""

    def __init__(self):
        self.now = 0.0
        self._timers = []

    def later(self, seconds, callback, *args):
        self._timers.append(Timer(self.now + seconds, lambda: callback(*args)))
        return self._timers[-1]

    @property
    def pending(self):
        return [timer for timer in self._timers if not timer.cancelled]

    def advance(self, seconds):
        until = self.now + seconds
        while due := [timer for timer in self.pending if timer.at <= until]:
            timer = min(due, key=lambda timer: timer.at)
            self._timers.remove(timer)
            self.now = timer.at
            timer.callback()
        self.now = until


class Member:
    """A full member that is up to date; what it is told, and when."""

    hears = True

    def __init__(self, room, user):
        self.room, self.user = room, user
        self.got = []

    @property
    def told(self):
        """(op, names, count) of each frame since this was last asked."""
        told = [(op, [user.name for user in users], count) for _, (op, users, count) in self.got]
        self.got.clear()
        return told

    def leave(self):
        self.room.members.remove(self)
        self.room.presence.leave(self, self.user.id)


class Room:
    """The members and their presence. A frame is a tuple, and is the same for all."""

    def __init__(self):
        self.members = []
        self.encoded = 0
        self.timers = Timers()
        self.presence = Presence(self.signal, self.encode, self.timers.later)

    def encode(self, op, users, count):
        self.encoded += 1
        return op, tuple(users), count

    def signal(self, frame, *, to=None, but=frozenset()):
        for member in self.members:
            if (to is None or member in to) and member not in but:
                member.got.append((self.timers.now, frame))

    def join(self, user):
        member: Any = Member(self, user)
        self.members.append(member)
        self.presence.enter(member, user)
        self.presence.arrived(member)
        return member

    def settle(self):
        self.timers.advance(2 * PACE_SECONDS + QUICK_SECONDS)


@pytest.fixture
def room():
    return Room()


def person(name):
    return User(f"u_{name}", name)


def test_one_who_comes_is_told_who_is_here_and_the_others_that_it_came(room):
    ann = room.join(person("Ann"))
    room.settle()
    assert ann.told == [("state", ["Ann"], 1)]
    bob = room.join(person("Bob"))
    room.settle()
    assert ann.told == [("join", ["Bob"], 2)]
    assert bob.told == [("state", ["Ann", "Bob"], 2)]


def test_after_quiet_it_is_told_at_once_and_then_once_in_a_while(room):
    ann = room.join(person("Ann"))
    room.settle()
    ann.got.clear()
    start = room.timers.now
    for number in range(30):
        room.join(person(f"{number}"))
        room.timers.advance(0.1)
    room.settle()
    times = [at - start for at, _ in ann.got]
    assert times == pytest.approx([QUICK_SECONDS + number * PACE_SECONDS for number in range(4)])


def test_three_tabs_are_one_person(room):
    ann = room.join(person("Ann"))
    tabs = [room.join(person("Bob")) for _ in range(3)]
    room.settle()
    assert len(room.presence) == 2
    assert room.presence.members("u_Bob") == set(tabs)
    ann.got.clear()
    for tab in tabs[:2]:
        tab.leave()
    room.timers.advance(2 * GRACE_SECONDS)
    assert not ann.told
    tabs[2].leave()
    room.timers.advance(2 * GRACE_SECONDS)
    assert ann.told == [("leave", ["Bob"], 1)]


def test_one_who_reloads_neither_leaves_nor_joins(room):
    ann, bob = room.join(person("Ann")), room.join(person("Bob"))
    room.settle()
    ann.got.clear()
    for _ in range(3):
        bob.leave()
        room.timers.advance(GRACE_SECONDS - 0.1)
        assert len(room.presence) == 2
        bob = room.join(person("Bob"))
        room.timers.advance(2 * GRACE_SECONDS)
        assert bob.told == [("state", ["Ann", "Bob"], 2)]
    assert not ann.told


def test_one_who_is_gone_for_long_has_left(room):
    ann, bob = room.join(person("Ann")), room.join(person("Bob"))
    room.settle()
    ann.got.clear()
    bob.leave()
    start = room.timers.now
    room.timers.advance(2 * GRACE_SECONDS)
    ((at, frame),) = ann.got
    assert at - start == pytest.approx(GRACE_SECONDS + QUICK_SECONDS)
    assert frame == ("leave", (person("Bob"),), 1)


def test_who_comes_and_goes_between_two_frames_is_not_heard_of(room):
    ann = room.join(person("Ann"))
    room.timers.advance(QUICK_SECONDS)
    ann.got.clear()
    visitor = room.join(person("Bob"))
    visitor.leave()
    room.presence._gone("u_Bob")  # with a grace of nothing
    room.settle()
    assert not ann.told


def test_a_new_name_is_told_as_a_join_and_keeps_its_place(room):
    ann, bob = room.join(person("Ann")), room.join(person("Bob"))
    room.settle()
    ann.got.clear()
    for _ in range(3):  # each of its tabs says so
        room.presence.rename(User("u_Ann", "Anna"))
    room.settle()
    assert ann.told == [("join", ["Anna"], 2)]
    assert bob.told == [("state", ["Ann", "Bob"], 2), ("join", ["Anna"], 2)]
    assert room.join(person("Carol")) and not room.settle()
    assert room.members[-1].told == [("state", ["Anna", "Bob", "Carol"], 3)]


def test_one_who_comes_back_with_another_name_is_told(room):
    ann, bob = room.join(person("Ann")), room.join(person("Bob"))
    room.settle()
    ann.got.clear()
    bob.leave()
    room.presence.rename(User("u_Bob", "Rob"))
    room.join(User("u_Bob", "Robert"))
    room.settle()
    assert ann.told == [("join", ["Robert"], 2)]


def test_a_name_of_somebody_who_is_not_here_is_none_of_our_business(room):
    room.presence.rename(person("Bob"))
    assert not len(room.presence)
    assert not room.timers.pending


def test_joins_and_leaves_take_turns(room):
    ann = room.join(person("Ann"))
    leaving = [room.join(person(f"l{number}")) for number in range(3)]
    room.settle()
    ann.got.clear()
    for number, member in enumerate(leaving):
        member.leave()
        room.presence._leaving["u_" + member.user.name].cancel()
        room.presence._gone("u_" + member.user.name)
        room.join(person(f"j{number}"))
        room.timers.advance(PACE_SECONDS)
    room.settle()
    assert ann.told == [
        ("leave", ["l0"], 4),
        ("join", ["j0", "j1"], 4),
        ("leave", ["l1", "l2"], 4),
        ("join", ["j2"], 4),
    ]


def test_a_thousand_who_come_within_five_seconds_cost_each_a_handful_of_frames(room):
    members = []
    for number in range(1000):
        members.append(room.join(person(f"{number}")))
        room.timers.advance(5 / 1000)
    room.settle()
    frames = [len(member.got) for member in members]
    assert max(frames) <= 6
    assert min(frames) == 1
    assert room.encoded <= 12
    assert members[0].got[-1][1][2] == 1000
    for member in members:
        first, *others = [frame for _, frame in member.got]
        assert first[0] == "state"
        assert len(first[1]) <= MOST_NAMED
        assert {frame[0] for frame in others} <= {"join"}
        assert all(len(users) <= CROWD_NAMED for _, users, count in others if count > MOST_NAMED)
    # One frame for all: the same object, not an equal one.
    last = [frame for member in members[:100] for at, frame in member.got[-1:]]
    assert len({id(frame) for frame in last}) == 1


def test_nobody_is_told_twice_within_the_pace(room):
    for number in range(100):
        room.join(person(f"{number}"))
        room.timers.advance(0.07)
        if number % 3 == 0:
            room.members[0].leave()
    room.timers.advance(3 * GRACE_SECONDS)
    for member in room.members:
        times = [at for at, _ in member.got]
        assert all(later - at >= PACE_SECONDS - 1e-6 for at, later in pairwise(times))


def test_a_crowd_that_grows_small_is_told_who_is_left(room):
    members = [room.join(person(f"{number}")) for number in range(MOST_NAMED + 50)]
    room.settle()
    assert [count for _, _, count in members[0].told] == [MOST_NAMED + 50]
    for member in members[MOST_NAMED - 1 :]:
        member.leave()
    room.timers.advance(2 * GRACE_SECONDS)
    names = [f"{number}" for number in range(MOST_NAMED - 1)]
    assert members[0].told == [("state", names, MOST_NAMED - 1)]
    members[1].leave()
    room.timers.advance(2 * GRACE_SECONDS)
    assert members[0].told == [("leave", ["1"], MOST_NAMED - 2)]


def known(member):
    """What a client knows that does as the protocol says: (users by id, count)."""
    users: dict[str, User] = {}
    count = 0
    for _, (op, named, present) in member.got:
        count = present
        if op == "state":
            users = {}
        for user in named:
            if op == "leave":
                users.pop(user.id, None)
            else:
                users[user.id] = user
    return users, count


@pytest.mark.parametrize("most", [40, MOST_NAMED + 100])
def test_what_members_know_is_what_is_so_however_people_come_and_go(room, most):
    ann = room.join(person("Ann"))
    others: list[Any] = []

    def go():
        others.pop(37 % len(others)).leave()
        room.timers.advance(0.3)

    for _ in range(3):
        while len(others) < most:
            for number in range(7):
                others.append(room.join(person(f"{(len(others) * 7 + number) % (2 * most)}")))
            room.presence.rename(User("u_7", f"seven {len(others)}"))
            go()
        while len(others) > 10:
            go()
        room.timers.advance(2 * GRACE_SECONDS)
        assert known(ann) == (room.presence._present, len(room.presence))
        assert 11 >= len(room.presence) > 1


def test_when_all_have_left_nothing_is_left(room):
    members = [room.join(person(f"{number}")) for number in range(20)]
    room.settle()
    assert not room.timers.pending
    for member in members:
        member.leave()
    room.timers.advance(2 * GRACE_SECONDS)
    assert not room.timers.pending
    presence = room.presence
    kept = (presence._members, presence._present, presence._leaving, presence._told)
    assert not any((*kept, presence._changed, presence._newcomers))


def test_closing_leaves_no_timers(room):
    room.join(person("Ann"))
    room.settle()
    room.join(person("Bob")).leave()
    assert len(room.timers.pending) == 2
    room.presence.close()
    assert not room.timers.pending


def test_leaving_without_having_entered_is_nothing(room):
    bob = room.join(person("Bob"))
    stranger = Member(room, person("Bob"))
    room.presence.leave(stranger, "u_Bob")
    room.presence.leave(stranger, "u_nobody")
    assert room.presence.members("u_Bob") == {bob}
    assert not room.presence._leaving


def test_those_who_hear_nothing_cost_nothing_and_are_there_for_the_first_who_does(room):
    for name in "abc":
        member: Any = Member(room, person(name))
        member.hears = False
        room.presence.enter(member, member.user)
        room.presence.arrived(member)
    assert not room.timers.pending
    assert not room.presence._changed
    ann = room.join(person("Ann"))
    room.settle()
    assert ann.told == [("state", ["a", "b", "c", "Ann"], 4)]
    room.join(person("Bob"))
    room.settle()
    assert ann.told == [("join", ["Bob"], 5)]
