import pytest

from chat_app.chat.names import guest, room_key, room_name, user_name
from chat_app.errors import RoomNameRefused, UserNameRefused


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("로비", "로비"),
        ("  점심   모임 ", "점심 모임"),
        ("cafe\u0301-1", "café-1"),
        ("🎉party", "🎉party"),
        ("a\u2003b\u00a0c", "a b c"),
        ("...", "..."),
        ("x" * 64, "x" * 64),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("<script>", "<script>"),
    ],
)
def test_a_room_is_called_what_was_written_tidied(written, shown):
    assert room_name(written) == shown


@pytest.mark.parametrize(
    "written",
    [
        "",
        "   ",
        "a/b",
        ".",
        "..",
        " .. ",
        "x" * 65,
        "a\x00",
        "a\tb",
        "a\x85b",
        "\u202eabc",
        "\u2066abc",
        "\ud800",
    ],
)
def test_a_room_is_not_called(written):
    with pytest.raises(RoomNameRefused):
        room_name(written)


def test_a_name_is_measured_after_composition():
    assert len(room_name("e\u0301" * 64)) == 64


@pytest.mark.parametrize(
    ("one", "other"),
    [("LOBBY", "lobby"), ("Straße", "STRASSE"), ("cafe\u0301", "CAFÉ"), ("ǰ", "J\u030c")],
)
def test_spellings_of_one_room_share_a_key(one, other):
    assert room_key(room_name(one)) == room_key(room_name(other))


def test_keys_of_different_rooms_differ():
    assert len({room_key(name) for name in ("a", "b", "a b", "ab", "á")}) == 5


def test_a_person_is_called_what_was_written_tidied():
    assert user_name("  김  철수 ") == "김 철수"
    assert user_name("x" * 32) == "x" * 32


@pytest.mark.parametrize(
    "written", ["", " ", "\u200b", "\u3164\u115f", "x" * 33, "a\nb", "\u202eann"]
)
def test_a_person_is_not_called(written):
    with pytest.raises(UserNameRefused):
        user_name(written)


def test_a_guest_is_named_after_the_id():
    assert guest("u_7f3a00112233").name == "Guest 7f3a"
