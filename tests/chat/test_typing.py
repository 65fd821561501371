"""Which signs of typing are passed on."""

from chat_app.chat.typing import EVERY_SECONDS, MOST, Typing


def test_one_user_is_passed_on_once_in_a_while():
    now = [0.0]
    typing = Typing(lambda: now[0])
    passed = []
    for _ in range(100):
        passed.append(typing.pass_on("u_ann"))
        now[0] += EVERY_SECONDS / 10
    assert sum(passed) == 10
    assert passed[0]


def test_in_a_crowd_a_few_are_passed_on_however_many_type():
    now = [0.0]
    typing = Typing(lambda: now[0])
    seconds, passed = 20, 0
    for step in range(seconds * 100):
        passed += typing.pass_on(f"u_{step % 500}")
        now[0] += 0.01
        assert len(typing._passed) <= MOST
    assert passed <= MOST * (seconds / EVERY_SECONDS + 1)
    assert passed >= MOST * (seconds / EVERY_SECONDS - 1)


def test_who_was_dropped_has_its_turn_later():
    now = [0.0]
    typing = Typing(lambda: now[0])
    users = [f"u_{number}" for number in range(MOST + 1)]
    assert [typing.pass_on(user) for user in users] == [True] * MOST + [False]
    now[0] += EVERY_SECONDS
    assert typing.pass_on(users[-1])
