"""A page that the browser put to sleep, as phones do with what is out of sight."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import BrowserContext

from tests.e2e.waiting import until


@pytest.mark.chromium
async def test_a_page_that_slept_catches_up_when_it_wakes(
    new_context: Callable[..., Awaitable[BrowserContext]], problems: list[str]
):
    ann = await (await new_context()).new_page()
    bob = await (await new_context()).new_page()
    for page in (ann, bob):
        await page.goto("/chat/sleep/")
    await until(ann, "document.querySelector('#members-list').children.length === 2")
    # Freezing alone leaves the socket as it is; a phone that sleeps loses it.
    await ann.context.set_offline(True)
    await until(ann, "document.querySelector('#status').matches('.shown')")
    devtools = await ann.context.new_cdp_session(ann)
    await devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
    for text in ("one", "two"):
        await bob.keyboard.type(text)
        await bob.keyboard.press("Enter")
        await until(bob, "text => document.querySelector('#chat-log').value.includes(text)", text)
    assert await ann.evaluate("document.querySelector('#chat-log').value") == ""
    await ann.context.set_offline(False)
    await devtools.send("Page.setWebLifecycleState", {"state": "active"})
    await until(ann, "document.querySelector('#chat-log').value === 'one\\ntwo\\n'")
    problems[:] = [each for each in problems if "ERR_INTERNET_DISCONNECTED" not in each]
