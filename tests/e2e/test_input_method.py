"""Typing with an input method, driven through the DevTools protocol.

An input method takes the key itself: the page sees keydown 229, and the text comes
as a composition. "Nothing was sent" and "sent once" are proved without waiting:
a further message closes each test, and a room's log keeps one author's order.
"""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import CDPSession, Page

from tests.e2e.loop import fixture
from tests.e2e.room import FIELD, SEND
from tests.e2e.waiting import until

pytestmark = pytest.mark.chromium

LINES = "document.querySelector('#chat-log').value.split('\\n').filter(line => line)"
KOREAN = {"안": "ㅇ아", "녕": "ㄴ녀", "하": "ㅎ", "세": "ㅅ", "요": "ㅇ"}


class Typist:
    """A keyboard with an input method behind it, in front of one page."""

    def __init__(self, page: Page, devtools: CDPSession) -> None:
        self.page = page
        self._devtools = devtools

    async def compose(self, *texts: str) -> None:
        """Show each text in turn as the composition; the last stays open."""
        for text in texts:
            await self._process_key("Process", "")
            await self._devtools.send(
                "Input.imeSetComposition",
                {"text": text, "selectionStart": len(text), "selectionEnd": len(text)},
            )

    async def commit(self, text: str) -> None:
        """End the composition with this text."""
        await self._devtools.send("Input.insertText", {"text": text})

    async def korean(self, *, leave_open: str) -> None:
        """Type 안녕하세요 syllable by syllable; the last one is still being composed."""
        for syllable, stages in KOREAN.items():
            await self.compose(*stages, syllable)
            if syllable != leave_open:
                await self.commit(syllable)

    async def enter_taken_by_the_method(self) -> None:
        """Press Enter, as the page sees it when the input method keeps it: keydown 229."""
        await self._process_key("Enter", "Enter")

    async def _process_key(self, key: str, code: str) -> None:
        await self._devtools.send(
            "Input.dispatchKeyEvent",
            {"type": "rawKeyDown", "key": key, "code": code, "windowsVirtualKeyCode": 229},
        )

    async def press(self, keys: str) -> None:
        await self.page.keyboard.press(keys)

    async def field(self) -> str:
        return await self.page.input_value(FIELD)

    async def sent(self) -> list[str]:
        """Send "end", and return what the room got before it."""
        await self.page.keyboard.type("end")
        await self.press("Enter")
        await until(self.page, f"{LINES}.at(-1) === 'end'")
        # Nor did the server refuse any.
        assert await self.page.locator("#pending .row").count() == 0
        lines: list[str] = await self.page.evaluate(LINES)
        return lines[:-1]

    async def wait_until_sent(self, text: str) -> None:
        await until(self.page, f"text => {LINES}.includes(text)", text)


@fixture
async def typist(page: Page) -> Typist:
    await page.goto("/chat/typing/")
    return Typist(page, await page.context.new_cdp_session(page))


async def test_korean_enter_sends_the_whole_message_once(typist: Typist):
    await typist.korean(leave_open="요")
    await typist.enter_taken_by_the_method()
    await typist.commit("요")
    assert await typist.field() == "안녕하세요"
    await typist.press("Enter")
    await typist.wait_until_sent("안녕하세요")
    assert await typist.field() == ""
    assert await typist.sent() == ["안녕하세요"]


async def test_a_further_enter_on_the_emptied_field_sends_nothing(typist: Typist):
    await typist.korean(leave_open="요")
    await typist.enter_taken_by_the_method()
    await typist.commit("요")
    await typist.press("Enter")
    await typist.press("Enter")
    assert await typist.field() == ""
    assert await typist.sent() == ["안녕하세요"]


async def test_japanese_enter_confirms_and_the_next_one_sends(typist: Typist):
    await typist.compose("に", "にほ", "にほん", "日本")
    await typist.enter_taken_by_the_method()
    await typist.commit("日本")
    assert await typist.field() == "日本"
    await typist.press("Enter")
    assert await typist.sent() == ["日本"]


async def test_an_enter_that_safari_tells_after_the_commit_sends_nothing(typist: Typist):
    await typist.compose("に", "にほ", "にほん", "日本")
    await typist.commit("日本")
    await typist.enter_taken_by_the_method()
    assert await typist.field() == "日本"
    await typist.press("Enter")
    assert await typist.sent() == ["日本"]


async def test_after_a_composition_shift_enter_is_a_line_and_ctrl_enter_sends_once(typist: Typist):
    await typist.korean(leave_open="")
    await typist.press("Shift+Enter")
    await typist.compose("ㄴ", "네")
    await typist.commit("네")
    assert await typist.field() == "안녕하세요\n네"
    await typist.press("Control+Enter")
    await typist.press("Control+Enter")
    assert await typist.field() == ""
    assert await typist.sent() == ["안녕하세요", "네"]  # two lines of one message


async def by_the_click(typist: Typist) -> None:
    """The browser ends the composition as the mouse goes down."""
    await typist.commit("요")
    await typist.page.click(SEND)


async def after_the_click(typist: Typist) -> None:
    """The button leaves the focus in the field, so the composition outlives the click."""
    await typist.page.click(SEND)
    if await typist.page.evaluate("composing"):
        await typist.commit("요")


@pytest.mark.parametrize("ended", [by_the_click, after_the_click])
async def test_a_click_on_send_in_mid_composition_sends_once(
    typist: Typist, ended: Callable[[Typist], Awaitable[None]]
):
    await typist.page.evaluate("""() => {
        window.composing = false
        addEventListener('compositionstart', () => { window.composing = true })
        addEventListener('compositionend', () => { window.composing = false })
    }""")
    await typist.korean(leave_open="요")
    assert await typist.page.evaluate("composing")
    await ended(typist)
    await typist.wait_until_sent("안녕하세요")
    assert await typist.field() == ""
    assert await typist.sent() == ["안녕하세요"]
