"""How a message is drawn, by what is in it: the server and the page's script must agree."""

import json
from pathlib import Path

import pytest

from chat_app.models import Event, User
from chat_app.web.emoji import is_emoji
from chat_app.web.rows import Row, rows

# tests/js/texts.test.js reads the same.
CASES = json.loads((Path(__file__).parents[1] / "texts.json").read_text())


@pytest.mark.parametrize("text", CASES["alone"])
def test_one_to_three_emoji_alone_are_emoji(text):
    assert is_emoji(text)


@pytest.mark.parametrize("text", CASES["others"])
def test_text_digits_and_more_emoji_are_not(text):
    assert not is_emoji(text)


def drawn(text: str) -> Row:
    event = Event("room", 1, "id-00000001", User("u_1", "Ann"), text, 0)
    return next(rows([event], "u_2"))


@pytest.mark.parametrize("text", CASES["rtl"])
def test_what_is_written_from_the_right_stands_there(text):
    assert "rtl" in drawn(text).classes.split()


@pytest.mark.parametrize("text", CASES["ltr"])
def test_what_is_not_does_not(text):
    assert "rtl" not in drawn(text).classes.split()


def test_korean_is_told_from_the_rest():
    assert {drawn(text).lang for text in CASES["korean"]} == {"ko"}
    assert {drawn(text).lang for text in CASES["foreign"]} == {""}


async def test_the_rooms_page_has_them_large_from_the_start(client, join):
    ann = await join("emoji")
    for text in ("👍", "👍 ok"):
        await ann.post(text)
    page = await (await client.get("/chat/emoji/")).text()
    assert [" emoji" in part.partition('"')[0] for part in page.split('<li class="row')[1:]][
        :2
    ] == [True, False]
