"""Pages without a network: the service worker and what it keeps."""

import asyncio
import contextlib
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import BrowserContext, Page, expect
from playwright.async_api import Error as BrowserError

from tests.e2e.waiting import until
from tests.forked import serve
from tests.servers import Server

KEPT = """async () => {
    const urls = []
    for (const name of await caches.keys())
        for (const request of await (await caches.open(name)).keys())
            urls.push(new URL(request.url).pathname)
    return urls
}"""
ACTIVE = """async () => {
    const registration = await navigator.serviceWorker.getRegistration()
    return registration?.active?.state === 'activated'
}"""


@pytest.mark.chromium  # Firefox is told to be offline, and its pages load all the same
async def test_without_a_network_a_page_says_so_and_comes_back_by_itself(
    page: Page, context: BrowserContext, problems: list[str]
):
    await page.goto("/chat/train/")
    await page.keyboard.type("a secret")
    await page.keyboard.press("Enter")
    await until(page, "document.querySelector('#chat-log').value === 'a secret\\n'")
    await until(page, ACTIVE)

    await context.set_offline(True)
    await page.reload()
    await expect(page.locator("h1").first).to_have_text("You are offline")
    assert "a secret" not in await page.content()
    await context.set_offline(False)
    await expect(page.locator(".chunk .body")).to_have_text("a secret")
    problems[:] = [each for each in problems if "ERR_INTERNET_DISCONNECTED" not in each]


async def test_while_the_server_is_away_a_page_says_so_and_comes_back_by_itself(
    page: Page, server: Server, tmp_path: Path, problems: list[str]
):
    await page.goto("/chat/away/")
    await page.keyboard.type("a secret")
    await page.keyboard.press("Enter")
    await until(page, "document.querySelector('#chat-log').value === 'a secret\\n'")
    await until(page, ACTIVE)

    server.process.terminate()
    await asyncio.to_thread(server.process.wait)
    # Firefox tells playwright of the network's failure, and shows what the worker answered.
    with contextlib.suppress(BrowserError):
        await page.reload()
    await expect(page.locator("h1").first).to_have_text("You are offline")
    assert "a secret" not in await page.content()
    await page.get_by_role("link", name="Try again").click()
    await expect(page.locator("h1").first).to_have_text("You are offline")
    async with serve(tmp_path, f"server.port={urlsplit(server.url).port}"):
        await expect(page.locator(".chunk .body")).to_have_text("a secret")
        await page.close()
    problems.clear()  # every try to connect


async def test_the_worker_keeps_static_files_and_one_page_and_cleans_up(page: Page):
    await page.goto("/healthz")  # no worker begins here: it would clean up before there is anything
    await page.evaluate("caches.open('an older version')")
    await page.goto("/chat/")
    await until(page, ACTIVE)
    await until(page, "caches.keys().then(names => names.length === 1)")
    await page.goto("/chat/kept/")
    await page.goto("/chat/kept/?before=1")
    kept = await page.evaluate(KEPT)
    assert "/offline/" in kept
    assert any(path.endswith("/css/app.css") for path in kept)
    assert all(path == "/offline/" or path.startswith("/static/") for path in kept)


async def test_the_pages_policy_lets_no_other_script_in(page: Page, problems: list[str]):
    async def complaint() -> str:
        """The next one of the browser: some tell it after the page has caught it."""
        while not problems:
            await page.evaluate("1")
        return problems.pop(0)

    await page.goto("/chat/")
    await until(page, ACTIVE)
    refused = """async address => {
        try { await navigator.serviceWorker.register(address) }
        catch (error) { return error instanceof TypeError }
    }"""
    assert await page.evaluate(refused, "/sw.js")  # a plain text, not one that the policy made
    assert re.search("TrustedScriptURL|require-trusted-types-for", await complaint())
    made = """() => {
        try { trustedTypes.createPolicy('app', {}) }
        catch (error) { return error instanceof TypeError }
    }"""
    assert await page.evaluate(made)  # there is one already
    assert "trusted-types app" in await complaint()
