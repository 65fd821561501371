"""Every command of chat.v1, and what bad input gets."""

from typing import get_args, get_type_hints

import pytest

from chat_app.errors import ChatError, Invalid, Malformed
from chat_app.ws import commands
from chat_app.ws.commands import COMMANDS, decode
from chat_app.ws.messages import Post

MALFORMED = [
    "nonsense",
    "",
    "null",
    "[]",
    '"hi"',
    "{}",
    '{"type":"no-such-type"}',
    '{"type":["post"],"id":1}',
    '{"message":5}',
    "[" * 60_000,
    '{"message":' * 5_000,
    "9" * 5000,
    '{"message":NaN}',
    '{"message":"hi","x":NaN}',
    r'{"message":"\ud800"}',
    r'{"type":"post","id":"12345678","message":"\ud800"}',
    r'{"message":"\udc00x"}',
    r'{"message":"a\u0000b"}',
    r'{"type":"post","id":"12345678","message":"\u0000"}',
]


def test_the_decoder_knows_every_command_of_the_table():
    decoded = get_args(commands._command.type)
    assert set(decoded) == set(COMMANDS)


def test_every_handler_takes_the_command_of_its_row():
    for command, row in COMMANDS.items():
        hints = get_type_hints(row.handler)
        assert hints["command"] is command


def test_a_frame_of_an_unknown_type_with_a_message_is_a_post():
    assert decode(b'{"type":"x","message":"hi"}', full=True) == Post("hi", None)
    assert decode(b'{"message":"hi","id":"12345678"}', full=True) == Post("hi", "12345678")


def test_a_field_of_a_known_command_that_is_wrong_is_refused_not_malformed():
    for frame in (
        b'{"type":"post","id":"12345678","message":5}',
        b'{"type":"history","id":"12345678","limit":0}',
        b'{"type":"history","id":"12345678","limit":101}',
        b'{"type":"history","id":"short"}',
        b'{"type":"resume","epoch":"x","since":-1}',
    ):
        with pytest.raises(Invalid):
            decode(frame, full=True)


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("frame", MALFORMED, ids=lambda frame: frame[:24])
async def test_malformed_frames_disturb_nobody(join, app, client, caplog, frame, full):
    other = await join("lobby", "bob")
    bad = await join("lobby", "mallory", bare=not full)

    for _ in range(5):
        await bad.send(frame)
        if full:
            assert (await bad.next())["code"] == "malformed"

    assert await bad.close_code() == 4500
    ack = await other.post("fine")
    assert ack["seq"] == 1  # nothing of it reached the log
    assert (await other.expect("message"))["message"] == "fine"
    await other.nothing()
    assert not caplog.records


async def test_a_binary_frame_is_malformed(join):
    alice = await join("lobby")
    for _ in range(5):
        await alice.ws.send_bytes(b'{"message":"hi"}')
        assert (await alice.next())["code"] == "malformed"
    assert await alice.close_code() == 4500


@pytest.mark.parametrize(
    "frame",
    [b'{"message":"\xff"}', b'{"message":"x","y":"\xff"}', b"\xff\xfe", b'{"\xed\xa0\x80":1}'],
)
async def test_text_that_is_not_utf8_ends_the_connection(join, frame):
    alice = await join("lobby")
    await alice.ws.send_frame(frame, 1)
    assert await alice.close_code() == 1007


async def test_a_refused_frame_is_never_counted_as_malformed(join):
    alice = await join("lobby")
    for _ in range(10):
        await alice.send({"type": "post", "id": "12345678", "message": ""})
        error = await alice.next()
        assert (error["code"], error["id"]) == ("empty", "12345678")
    await alice.post("still here")


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"message": "x" * 4001, "id": "12345678"}, "too_long"),
        ({"message": " \n", "id": "12345678"}, "empty"),
        ({"message": "\u0001", "id": "12345678"}, "empty"),
        ({"message": "x", "id": "short"}, "invalid"),
        ({"message": "x", "id": "bad id!!"}, "invalid"),
        ({"type": "history", "id": "12345678", "limit": 101}, "invalid"),
        ({"type": "history", "id": "12345678", "before": 0}, "invalid"),
        ({"type": "history", "id": "12345678", "before": 2**63}, "invalid"),
        ({"type": "history", "id": "12345678\n"}, "invalid"),
        ({"type": "resume", "id": "12345678", "epoch": "x", "since": 2**63}, "invalid"),
    ],
)
async def test_a_refusal_says_why_and_bears_the_id(join, frame, code):
    alice = await join("lobby")
    await alice.send(frame)
    error = await alice.next()
    assert (error["type"], error["code"], error["id"]) == ("error", code, frame["id"])
    assert error["message"] and "retry_ms" not in error


async def test_a_frame_that_is_too_big_closes_with_1009(join):
    alice = await join("lobby")
    await alice.send({"message": "x" * 70_000})
    assert await alice.close_code() == 1009


async def test_a_message_of_the_allowed_length_fits_a_frame_however_it_is_escaped(join):
    alice = await join("lobby")
    await alice.send('{"id":"12345678","message":"' + r"\ud83d\ude00" * 4000 + '"}')
    assert (await alice.expect("message"))["message"] == "😀" * 4000


async def test_controls_are_stripped_and_newline_and_tab_are_kept(join):
    alice = await join("lobby")
    await alice.post("a\u0007\r\nb\tc\u007f")
    assert (await alice.expect("message"))["message"] == "a\nb\tc"


def test_every_refusal_has_a_code_of_its_own():
    kinds = ChatError.__subclasses__()
    assert len({kind.code for kind in kinds}) == len(kinds)


def test_decode_raises_malformed_for_all_nonsense():
    for frame in MALFORMED:
        if r"\u0000" not in frame:
            with pytest.raises(Malformed):
                decode(frame.encode(), full=True)
