"""What is read out to those who do not see the page: what others say, and nothing else.

How often, and from how many on it is only counted: tests/js/page.test.js.
"""

from playwright.async_api import Page

from tests.e2e.waiting import until
from tests.servers import Server
from tests.visitors import visitor

# Every text that was in it, from before the page was there.
RECORD = """
window.said = []
new MutationObserver(() => {
    const text = document.querySelector('#announcer')?.textContent
    if (text && text !== said.at(-1)) said.push(text)
}).observe(document, {subtree: true, childList: true, characterData: true})
"""
ROWS = "document.querySelectorAll('.chunk > .row').length"


async def test_only_what_others_say_now_is_read_out(page: Page, server: Server):
    await page.add_init_script(RECORD)
    async with visitor(server.url, "aloud", "Bob") as bob:
        for number in range(60):
            await bob.post(f"before {number}")
        await page.goto("/chat/aloud/")
        await page.keyboard.type("mine")
        await page.keyboard.press("Enter")
        await until(page, f"{ROWS} === 51")
        await page.evaluate("document.querySelector('#chat-log').scrollTop = 0")
        await until(page, f"{ROWS} === 61")  # all of the past
        # Were one of those read out, it would be before this, or in one breath with it.
        await bob.post("hello")
        await until(page, "said.length")
        assert await page.evaluate("said") == ["Bob: hello"]
        assert await page.get_attribute("#announcer", "role") == "log"
