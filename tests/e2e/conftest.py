"""A real server in a process of its own, and a profile of its own in a real browser, for each test.

Every test runs in Chromium and in Firefox; what is driven through the DevTools protocol
is marked `chromium` and runs there alone.

Own fixtures over playwright's async API: its pytest plugins and pytest-asyncio do
not get along. A browser starts once (Firefox takes seconds), and so does what drives it: all
tests here share an event loop. A fixture of theirs that awaits is a `fixture` of tests.e2e.loop.
"""

import asyncio
import inspect
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
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

from tests.e2e.browsers import NAMES, OPTIONS, executable
from tests.e2e.loop import fixture
from tests.e2e.waiting import SECONDS
from tests.forked import serve
from tests.servers import Server

Connect = Callable[[str], Awaitable[Browser]]

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


@pytest.fixture(scope="session")
def endpoint_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """endpoint_of(browser): its address; it runs from then on, whichever is asked for next."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("browsers")
        yield cache(lambda name: stack.enter_context(launched(name, folder / f"{name}.json")))


@contextmanager
def launched(browser_name: str, config: Path) -> Iterator[str]:
    """A running browser's address; each who connects sees only what is their own."""
    path = executable(browser_name)
    if path is None:
        variable = browser_name.upper()
        pytest.fail(f"no {browser_name}: `make test` installs it, or set {variable}", pytrace=False)
    config.write_text(json.dumps({"executablePath": path, **OPTIONS[browser_name]}))
    command = [sys.executable, "-m", "playwright", "launch-server"]
    command += [f"--browser={browser_name}", f"--config={config}"]
    # A session of its own: the wrapper in Python would leave the one in Node behind.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, start_new_session=True
    ) as process:
        assert process.stdout
        address = process.stdout.readline().decode().strip()
        assert address.startswith("ws://"), f"{browser_name} did not start: {address}"
        try:
            yield address
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.stdout.read()  # until all of them have gone


@fixture(scope="session")
async def connected(endpoint_of: Callable[[str], str]) -> AsyncIterator[Connect]:
    """connected(browser_name): to each once."""
    connections: dict[str, Browser] = {}
    async with async_playwright() as playwright:

        async def connect(name: str) -> Browser:
            if name not in connections:
                connections[name] = await playwright[name].connect(endpoint_of(name))
            return connections[name]

        yield connect
        for browser in connections.values():
            await browser.close()


@fixture
async def browser(browser_name: str, connected: Connect) -> Browser:
    return await connected(browser_name)


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


@fixture
async def context(new_context: Callable[..., Awaitable[BrowserContext]]) -> BrowserContext:
    return await new_context()


@fixture
async def page(context: BrowserContext) -> Page:
    return await context.new_page()
