"""A real server in a process of its own, and a profile of its own in a real browser, for each test.

Every test runs in Chromium and in Firefox; what is driven through the DevTools protocol
is marked `chromium` and runs there alone, as are paper and a page without scripts.

Own fixtures over playwright's async API: its pytest plugins and pytest-asyncio do
not get along. A browser starts once (Firefox takes seconds), and so does what drives it: all
tests here share an event loop. A fixture of theirs that awaits is a `fixture` of tests.e2e.loop.
"""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
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
    expect,
)

from tests.e2e.browsers import NAMES, executable, launch_options, split
from tests.e2e.loop import fixture
from tests.e2e.waiting import SECONDS
from tests.forked import serve
from tests.servers import Server

Launch = Callable[..., Awaitable[Browser]]

expect.set_options(timeout=SECONDS * 1000)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "browser_name" in metafunc.fixturenames:
        alone = metafunc.definition.get_closest_marker("chromium")
        metafunc.parametrize("browser_name", ["chromium"] if alone else NAMES)


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makemodule() -> Generator[None, pytest.Module, pytest.Module]:
    module = yield
    module.add_marker(pytest.mark.asyncio(loop_scope="session"))
    return module


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
    """Fail what would otherwise wait for ever, in a loop that nobody runs."""
    if inspect.iscoroutinefunction(fixturedef.func) or inspect.isasyncgenfunction(fixturedef.func):
        loop = getattr(fixturedef.func, "_loop_scope", None)
        assert loop == "session", f"{fixturedef.argname} is no `fixture` of tests.e2e.loop"
    return (yield)


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """One loop here: the server under test has its own, in its own process."""
    return {"asyncio": asyncio.new_event_loop}


@fixture
async def server(tmp_path: Path, settings: list[str]) -> AsyncIterator[Server]:
    async with serve(tmp_path, *settings) as running:
        yield running


@fixture(scope="session")
async def launch() -> AsyncIterator[Launch]:
    """launch(browser_name, what it is started for): each such browser once."""
    running: dict[tuple[str, tuple[str, ...]], Browser] = {}
    async with async_playwright() as playwright:

        async def launch(name: str, apart: tuple[str, ...] = ()) -> Browser:
            if (name, apart) not in running:
                path = executable(name)
                if path is None:
                    how = f"`make test` installs it, or set {name.upper()}"
                    pytest.fail(f"no {name}: {how}", pytrace=False)
                options = launch_options(name, apart)
                running[name, apart] = await playwright[name].launch(
                    executable_path=path, **options
                )
            return running[name, apart]

        yield launch
        for browser in running.values():
            await browser.close()


@pytest.fixture
def problems() -> Iterator[list[str]]:
    """What the pages complained of: errors, uncaught exceptions, broken policy.

    Anything left in it fails the test; one that provokes an error looks and clears.
    """
    found: list[str] = []
    yield found
    assert not found, "\n".join(found)


@fixture
async def new_context(
    browser_name: str, launch: Launch, server: Server, problems: list[str]
) -> AsyncIterator[Callable[..., Awaitable[BrowserContext]]]:
    """Make a browser profile, that is, one person: new_context(**options of playwright)."""

    def console(message: ConsoleMessage) -> None:
        if message.type == "error":  # a violation of the page's policy too
            problems.append(f"console: {message.text} ({message.location})")

    def exception(error: WebError) -> None:
        problems.append(f"uncaught: {error.error}")

    contexts: list[BrowserContext] = []

    async def make(**options: Any) -> BrowserContext:
        apart, rest = split(browser_name, options)
        browser = await launch(browser_name, apart)
        context = await browser.new_context(**{"base_url": server.url, "locale": "en-US"} | rest)
        contexts.append(context)
        context.on("console", console)
        context.on("weberror", exception)
        return context

    yield make
    for context in contexts:
        await context.close()


@fixture
async def context(new_context: Callable[..., Awaitable[BrowserContext]]) -> BrowserContext:
    return await new_context()


@fixture
async def page(context: BrowserContext) -> Page:
    return await context.new_page()
