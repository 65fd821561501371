"""Messages of emoji alone: the server and the page's script must agree on them."""

import json
from pathlib import Path

import pytest

from chat_app.web.emoji import is_emoji

# tests/js/texts.test.js reads the same.
CASES = json.loads((Path(__file__).parents[1] / "emoji.json").read_text())


@pytest.mark.parametrize("text", CASES["alone"])
def test_one_to_three_emoji_alone_are_emoji(text):
    assert is_emoji(text)


@pytest.mark.parametrize("text", CASES["others"])
def test_text_digits_and_more_emoji_are_not(text):
    assert not is_emoji(text)


async def test_the_rooms_page_has_them_large_from_the_start(client, join):
    ann = await join("emoji")
    for text in ("👍", "👍 ok"):
        await ann.post(text)
    page = await (await client.get("/chat/emoji/")).text()
    assert [" emoji" in part.partition('"')[0] for part in page.split('<li class="row')[1:]][
        :2
    ] == [True, False]
