"""The messages lie on a layer of their own, so that one that comes is all that is painted."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import BrowserContext

from tests.chat.nodes import until as happens
from tests.e2e.waiting import until
from tests.servers import Server
from tests.visitors import visitor

pytestmark = pytest.mark.chromium


@pytest.mark.parametrize("width", [360, 1280])
async def test_scrolling_paints_nothing_anew(
    new_context: Callable[..., Awaitable[BrowserContext]], server: Server, width: int
):
    context = await new_context(viewport={"width": width, "height": 600})
    page = await context.new_page()
    devtools = await context.new_cdp_session(page)
    layers: list[dict[str, Any]] = []

    def changed(tree: dict[str, Any]) -> None:
        layers[:] = tree.get("layers") or layers

    devtools.on("LayerTree.layerTreeDidChange", changed)
    async with visitor(server.url, "layers", "Ann") as ann:
        await page.goto("/chat/layers/")
        for number in range(60):
            await ann.post(f"{number}")
    await until(page, "document.querySelector('#chat-log').value.endsWith('59\\n')")
    await devtools.send("DOM.enable")
    await devtools.send("LayerTree.enable")
    await page.evaluate("document.querySelector('#chat-log').scrollTop -= 200")
    await until(page, "document.querySelector('#chat-log').scrollTop > 0")
    height = await page.evaluate("document.querySelector('.sheet').offsetHeight")
    # What the browser says of its layers comes when it has drawn, which may be later.
    await happens(lambda: any(layer["height"] == height for layer in layers))
    assert not [layer for layer in layers if layer.get("scrollRects")]


async def test_a_wheel_turned_beside_the_sheet_turns_the_messages(
    new_context: Callable[..., Awaitable[BrowserContext]], server: Server
):
    context = await new_context(viewport={"width": 1000, "height": 600})
    page = await context.new_page()
    async with visitor(server.url, "desk", "Ann") as ann:
        for number in range(45):
            await ann.post(f"{number}")
    await page.goto("/chat/desk/")
    await until(page, "document.querySelector('#chat-log').scrollTop > 400")
    before = await page.evaluate("document.querySelector('#chat-log').scrollTop")
    beside = "document.elementFromPoint(40, 300).className"
    assert await page.evaluate(beside) == "timeline"
    await page.mouse.move(40, 300)
    await page.mouse.wheel(0, -300)
    await until(page, f"document.querySelector('#chat-log').scrollTop == {before} - 300")
