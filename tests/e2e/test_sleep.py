"""A page that was put to sleep, as phones do with what is out of sight."""

from collections.abc import Awaitable, Callable

from playwright.async_api import BrowserContext, WebSocketRoute

from tests.e2e.room import VALUE
from tests.e2e.waiting import until

# Asleep, no timer runs out: a page that then waits for its next try would wait for ever.
SLEEPER = """
window.asleep = false
const set = setTimeout
window.setTimeout = (...told) => asleep ? 0 : set(...told)
"""
SLEEP = """asleep => {
    window.asleep = asleep
    Object.defineProperty(document, 'hidden', {value: asleep, configurable: true})
    document.dispatchEvent(new Event('visibilitychange'))
}"""
LIVE = "document.querySelector('#members-list').children.length === 2"


async def test_a_page_that_slept_catches_up_as_soon_as_it_wakes(
    new_context: Callable[..., Awaitable[BrowserContext]],
):
    ann = await (await new_context()).new_page()
    bob = await (await new_context()).new_page()
    sockets: list[WebSocketRoute] = []

    def connect(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    await ann.route_web_socket("**/ws/**", connect)
    await ann.add_init_script(SLEEPER)
    for page in (ann, bob):
        await page.goto("/chat/sleep/")
    await until(ann, LIVE)
    await ann.keyboard.type("half a thou")
    await ann.evaluate(SLEEP, True)
    await sockets[0].close(code=1011)  # a phone that sleeps loses it
    for text in ("one", "two"):
        await bob.keyboard.type(text)
        await bob.keyboard.press("Enter")
        await until(bob, f"text => {VALUE}.includes(text)", text)
    assert await ann.evaluate(VALUE) == ""
    assert len(sockets) == 1

    await ann.evaluate(SLEEP, False)
    await until(ann, f"{VALUE} === 'one\\ntwo\\n'")
    assert len(sockets) == 2
    await ann.keyboard.type("ght")
    await ann.keyboard.press("Enter")
    for page in (ann, bob):
        await until(page, f"{VALUE} === 'one\\ntwo\\nhalf a thought\\n'")
