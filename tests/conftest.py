"""What every test runs under: both event loops, none of them ever blocked, and no skip in CI."""

import asyncio
import itertools
import os
import secrets
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import blockbuster.blockbuster
import pytest
import uvloop
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestClient, get_port_socket
from argon2 import PasswordHasher
from blockbuster import BlockBuster, BlockBusterFunction, BlockingError
from pytest_aiohttp import AiohttpClient
from yarl import URL

import chat_app
from chat_app.broker import Broker, MemoryBroker
from chat_app.broker.memory import Exchange
from chat_app.broker.redis import RedisBroker
from chat_app.config import Config, load_config
from chat_app.main import create_app, set_bounds
from tests.browser import FIREFOX, Browser
from tests.clients import Client
from tests.engines import Redis
from tests.postgres import Postgres, running_postgres

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

OURS = chat_app.__path__[0]
# What reads and inserts SQLite's rows.
SQLITE = [path.name for path in Path(OURS, "store").glob("sqlite*.py")]
IN_CI = os.environ.get("CI") == "true"


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run every async test on both loops; a folder's own conftest.py may say otherwise."""
    return {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


class AnyFunction:
    """All functions of a file: BlockBuster asks for names, by `in`."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        raise TypeError("not a list")


# What may block the loop, by the start of its name, and where.
MAY_BLOCK: tuple[tuple[tuple[str, ...], str], ...] = (
    # SQLite's rows are read and inserted by the loop, by design; nothing else is:
    # neither files nor sleeping in the same module.
    *((("sqlite3.",), f"chat_app/store/{file}") for file in SQLITE),
    # A job, which has its loop for itself.
    (("sqlite3.",), "chat_app/store/migrate.py"),
    # A new connection to PostgreSQL looks for ~/.pgpass and certificates.
    (("os.", "io."), "asyncpg/connect_utils.py"),
    # main() hands log records to a thread; under pytest they are written on the spot.
    (("io.",), "logging/__init__.py"),
)


@pytest.fixture(autouse=True)
def blocking_calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Fail the test if code of chat_app, or code that it called, blocked the running loop.

    The call raises BlockingError on the spot. Since that becomes a mere 500 in a
    handler and can be swallowed elsewhere, each call is kept and told at the end too.
    Threads have no running loop and may block.
    """
    calls: list[str] = []

    class Recorded(BlockingError):
        def __init__(self, func: str) -> None:
            super().__init__(func)
            frames = traceback.extract_stack()[:-2]
            ours = itertools.dropwhile(lambda frame: not frame.filename.startswith(OURS), frames)
            calls.append(f"{func}\n{''.join(traceback.format_list(list(ours)))}")

    monkeypatch.setattr(blockbuster.blockbuster, "BlockingError", Recorded)
    watch = BlockBuster("chat_app")
    for name, function in watch.functions.items():
        for prefixes, file in MAY_BLOCK:
            if name.startswith(prefixes):
                function.can_block_in(file, AnyFunction())
    # 40 ms each.
    for name in ("hash", "verify"):
        watch.functions[f"argon2.{name}"] = BlockBusterFunction(
            PasswordHasher, name, scanned_modules="chat_app"
        )
    watch.activate()
    try:
        yield calls
    finally:
        watch.deactivate()
    if calls:
        pytest.fail("the event loop was blocked by " + "\n".join(calls), pytrace=False)


def _fail_if_skipped(report: Report) -> Report:
    if IN_CI and report.skipped:
        skip = report.longrepr[2] if isinstance(report.longrepr, tuple) else "expected to fail"
        report.outcome = "failed"
        report.longrepr = f"not allowed in CI: {skip} {vars(report).pop('wasxfail', '')}"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _fail_if_skipped((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _fail_if_skipped((yield))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for all tests: each makes a schema of its own."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def settings() -> list[str]:
    """What a test sets otherwise, as "section.key=value"; limits of rate are off."""
    return ["limits.message_rate=0"]


@pytest.fixture
def config(tmp_path: Path, settings: list[str]) -> Config:
    return load_config(None, [f"storage.folder={tmp_path / 'data'}", *settings], {})


@pytest.fixture
def app(config: Config) -> web.Application:
    return create_app(config)


@pytest.fixture
async def client(
    aiohttp_client: AiohttpClient, app: web.Application
) -> TestClient[web.Request, web.Application]:
    """One visitor of a server of its own; `join` brings more."""

    def listening(host: str, port: int, family: socket.AddressFamily) -> socket.socket:
        sock = get_port_socket(host, port, family)
        set_bounds(sock)
        return sock

    return await aiohttp_client(app, server_kwargs={"socket_factory": listening})


@pytest.fixture
async def join(
    client: TestClient[web.Request, web.Application],
) -> AsyncIterator[Callable[..., Awaitable[Client]]]:
    """join(room, as_="alice", bare=False, **query): a person's socket in a room.

    Each name is another browser with cookies of its own. A full client has its
    `welcome` read, if it got one.
    """
    async with AsyncExitStack() as stack:
        browsers: dict[str, ClientSession] = {}
        people: list[Client] = []  # a socket that nobody holds is closed

        async def join(
            room: str, as_: str = "alice", *, bare: bool = False, **query: object
        ) -> Client:
            if as_ not in browsers:
                jar = CookieJar(unsafe=True)
                browsers[as_] = await stack.enter_async_context(ClientSession(cookie_jar=jar))
            url = client.make_url(f"/ws/chat/{quote(room, safe='')}/").with_query(
                {name: str(value) for name, value in query.items()}
            )
            protocols = () if bare else ("chat.v1",)
            ws = await browsers[as_].ws_connect(URL(str(url), encoded=True), protocols=protocols)
            person = Client(ws)
            people.append(person)
            if not bare:
                await person.greeted()
            return person

        yield join


@pytest.fixture
async def browse(
    client: TestClient[web.Request, web.Application],
) -> AsyncIterator[Callable[..., Browser]]:
    """browse(user_agent): a browser with cookies of its own."""
    async with AsyncExitStack() as stack:

        def browse(user_agent: str = FIREFOX) -> Browser:
            browser = Browser(client.make_url("/"), user_agent)
            stack.push_async_callback(browser.close)
            return browser

        yield browse


@pytest.fixture(scope="session")
def shared_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """One engine for all tests that leave it alone: each has an epoch of its own."""
    redis = Redis(tmp_path_factory.mktemp("redis"))
    redis.start()
    yield redis
    redis.kill()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """An engine of one's own, to be killed."""
    redis = Redis(tmp_path)
    redis.start()
    yield redis
    redis.kill()


@pytest.fixture(params=["memory", "redis"])
def new_broker(request: pytest.FixtureRequest) -> Callable[[], Broker]:
    """new_broker(): one of several nodes of the same log."""
    if request.param == "memory":
        exchange = Exchange()
        numbers = itertools.count(1)
        return lambda: MemoryBroker(exchange, f"node {next(numbers)}")
    redis, epoch = request.getfixturevalue("shared_redis"), secrets.token_hex(8)
    return lambda: RedisBroker(redis.url, epoch)
