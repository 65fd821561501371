"""Which names can be taken for each other."""

import pytest

from chat_app.chat.lookalikes import lookalikes, small


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Ann", "ann"),
        ("Ann", "Аnn"),  # a Cyrillic А
        ("Bob", "В0b"),  # a Cyrillic В, a zero
        ("Iris", "lris"),
        ("Iris", "iris"),
        ("Вова", "вова"),
        ("paypal", "раураl"),
        ("modern", "modem"),
        ("Ann", "Ａｎｎ"),
        ("Ann", "𝓐𝓷𝓷"),
        ("Ann", "A\u200bnn"),
        ("Ann", "Ann\ufe0f"),
        ("Ann Lee", "AnnLee"),
        ("한별", "한별\u3164"),
        ("한별", "\u1112\u1161\u11ab\u1107\u1167\u11af"),
        ("straße", "STRASSE"),
    ],
)
def test_these_can_be_taken_for_each_other(name, other):
    assert lookalikes(name) & lookalikes(other)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Ann", "Anne"),
        ("Han", "Nan"),
        ("Kim", "Tim"),
        ("김", "긴"),
        ("한별", "한빛"),
        ("王", "玉"),
        ("José", "Jose"),
        ("Ben", "Den"),
        ("田中", "山中"),
    ],
)
def test_these_cannot(name, other):
    assert not lookalikes(name) & lookalikes(other)


def test_a_name_is_found_however_its_case_is_typed():
    for name in ("Ann", "Вова", "Iris", "한별", "ΑΝΝΑ"):
        for typed in (name, name.upper(), name.lower(), name.swapcase()):
            assert small(typed) in lookalikes(name)
