"""Slashes in the form of a page without scripts: nothing goes out by accident."""

import pytest

ROOM = "/chat/lobby/"


@pytest.mark.parametrize("text", ["/kick Ann", "  /help", "/도움말", "\n/x"])
async def test_a_command_is_refused_and_stays_in_the_field(browse, text):
    browser = browse()
    answer = await browser.post(ROOM, message=text)
    page = await answer.text()
    assert answer.status == 400
    assert "Commands need scripts." in page
    assert f">{text.strip()}</textarea>" in page.replace("\n", "").replace(">  ", ">")
    assert "row head" not in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("//shrug", "/shrug"),
        ("///shrug", "//shrug"),
        ("/ shrug", "/ shrug"),
        ("/1", "/1"),
        ("/", "/"),
        ("// shrug", "// shrug"),
        ("a /b", "a /b"),
    ],
)
async def test_what_is_no_command_is_said(browse, join, text, said):
    listener = await join("lobby")
    assert (await browse().post(ROOM, message=text)).status == 303
    assert (await listener.expect("message"))["message"] == said


@pytest.mark.parametrize("bare", [True, False])
async def test_a_program_says_what_it_says(join, bare):
    listener, client = await join("lobby", "ann"), await join("lobby", "ben", bare=bare)
    await client.send({"type": "post", "id": "message-1", "message": "/kick Ann"})
    assert (await listener.expect("message"))["message"] == "/kick Ann"
