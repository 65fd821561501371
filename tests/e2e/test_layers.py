"""The messages lie on a layer of their own, so that one that comes is all that is painted."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import BrowserContext

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
    await page.evaluate("new Promise(requestAnimationFrame)")
    assert any(layer["height"] == height for layer in layers)
    assert not [layer for layer in layers if layer.get("scrollRects")]
