"""Two browsers on two nodes, of which one dies.

    Ann ─ Proxy ─ first ──┬─ PostgreSQL
    Bob ───────── second ─┴─ Valkey

The proxy is what balances: while the first node lives it leads there, then to the second.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.e2e.loop import fixture
from tests.e2e.room import (
    FIELD,
    LINES,
    NAMES,
    TYPING,
    WAITING,
    forget_lost_connections,
    say,
)
from tests.e2e.waiting import SECONDS, until
from tests.engines import Redis
from tests.forked import serve
from tests.postgres import Postgres
from tests.proxy import Proxy, proxied
from tests.servers import Server

# The room has these and nothing else, and nothing waits. Nobody tells the page to try again.
SAYS = f"""lines =>
    {WAITING}.length === 0 && JSON.stringify({LINES}) === JSON.stringify(lines)
"""
WIDE = {"width": 1280, "height": 800}


@pytest.fixture
def log(postgres: Postgres) -> str:
    return postgres.schema()


@fixture
async def nodes(tmp_path: Path, log: str, shared_redis: Redis) -> AsyncIterator[list[Server]]:
    """The first ends by being killed, the second as an operator ends it."""
    async with AsyncExitStack() as stack:
        servers = []
        for name, stop in [("first", signal.SIGKILL), ("second", signal.SIGTERM)]:
            folder = tmp_path / name
            folder.mkdir()
            settings = (
                f"storage.url={log}",
                "storage.durability=process",
                f"broker.url={shared_redis.url}",
            )
            servers.append(await stack.enter_async_context(serve(folder, *settings, stop=stop)))
        yield servers


@pytest.fixture
def server(nodes: list[Server]) -> Server:
    return nodes[1]


@fixture
async def balancer(nodes: list[Server]) -> AsyncIterator[Proxy]:
    async with proxied(port_of(nodes[0])) as proxy:
        yield proxy


def port_of(server: Server) -> int:
    port = urlsplit(server.url).port
    assert port is not None
    return port


async def name_of(page: Page) -> str:
    return str(await page.text_content("#me .name"))


async def see_each_other(*pages: Page) -> None:
    names = sorted([await name_of(page) for page in pages])
    for page in pages:
        await until(page, f"names => {NAMES}.sort().join() === names.join()", names)
        await expect(page.locator("#members-count")).to_have_text(str(len(pages)))


async def is_seen_typing(page: Page, others: Page) -> None:
    """Type until the other page says so: it forgets after a while, and a busy machine is slow."""
    line = f"{await name_of(page)} is typing…"
    async with asyncio.timeout(SECONDS):
        while await others.evaluate(TYPING) != line:
            await page.keyboard.type("a")
    await page.fill(FIELD, "")


async def test_who_was_on_a_node_that_died_goes_on_at_another_and_misses_nothing(
    new_context: Callable[..., Awaitable[BrowserContext]],
    nodes: list[Server],
    balancer: Proxy,
    problems: list[str],
):
    through_balancer = {"base_url": f"http://127.0.0.1:{balancer.port}", "viewport": WIDE}
    ann = await (await new_context(**through_balancer)).new_page()
    bob = await (await new_context(viewport=WIDE)).new_page()
    for page in (ann, bob):
        await page.goto("/chat/nodes/")
    await see_each_other(ann, bob)
    await is_seen_typing(ann, bob)
    await is_seen_typing(bob, ann)
    await say(ann, "hello")
    await until(bob, SAYS, ["hello"])
    await say(bob, "hello, Ann")
    for page in (ann, bob):
        await until(page, SAYS, ["hello", "hello, Ann"])

    # It was committed and told; its author is never answered.
    balancer.flows.clear()
    await say(ann, "one")
    await until(bob, SAYS, ["hello", "hello, Ann", "one"])
    nodes[0].process.kill()
    nodes[0].process.wait()
    balancer.cut()
    balancer.flows.set()
    await say(bob, "two")
    await until(bob, SAYS, ["hello", "hello, Ann", "one", "two"])
    await say(ann, "three")
    await until(ann, f"{WAITING}.join() === 'one,three'")

    ann_was = await name_of(ann)
    balancer.target = port_of(nodes[1])
    everything = ["hello", "hello, Ann", "one", "two", "three"]
    for page in (ann, bob):
        await until(page, SAYS, everything)
    await see_each_other(ann, bob)
    await is_seen_typing(ann, bob)
    await is_seen_typing(bob, ann)
    # The same person, by the same cookie, and the same room.
    await ann.reload()
    await until(ann, SAYS, everything)
    assert await name_of(ann) == ann_was
    await see_each_other(ann, bob)
    forget_lost_connections(problems)
