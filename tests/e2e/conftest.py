"""A real server in a process of its own and a real browser, both new for every test.

Own fixtures over playwright's async API: its pytest plugins and pytest-asyncio do
not get along. A new browser for each test costs 0.6 s and keeps everything within
the test's own event loop; a loop shared by a session would hang any test that forgot it.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    WebError,
    async_playwright,
)

from tests.servers import Server, serve

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """One loop here: the server under test has its own, in its own process."""
    return {"asyncio": asyncio.new_event_loop}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with serve(tmp_path) as running:
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.fail("no Chromium: `make test` installs it, or set CHROMIUM", pytrace=False)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield running
        await running.close()


@pytest.fixture
def problems() -> Iterator[list[str]]:
    """What the pages complained of: errors, uncaught exceptions, broken policy.

    Anything left in it fails the test; one that provokes an error looks and clears.
    """
    found: list[str] = []
    yield found
    assert not found, "\n".join(found)


@pytest.fixture
async def new_context(
    browser: Browser, server: Server, problems: list[str]
) -> AsyncIterator[Callable[..., Awaitable[BrowserContext]]]:
    """Make a browser profile, that is, one person: new_context(**options of playwright)."""

    def console(message: ConsoleMessage) -> None:
        if message.type == "error":  # a violation of the page's policy too
            problems.append(f"console: {message.text} ({message.location})")

    def exception(error: WebError) -> None:
        problems.append(f"uncaught: {error.error}")

    contexts: list[BrowserContext] = []

    async def make(**options: Any) -> BrowserContext:
        context = await browser.new_context(**{"base_url": server.url, "locale": "en-US"} | options)
        contexts.append(context)
        context.on("console", console)
        context.on("weberror", exception)
        return context

    yield make
    for context in contexts:
        await context.close()


@pytest.fixture
async def context(new_context: Callable[..., Awaitable[BrowserContext]]) -> BrowserContext:
    return await new_context()


@pytest.fixture
async def page(context: BrowserContext) -> Page:
    return await context.new_page()
