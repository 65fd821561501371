"""The line above what came since one looked."""

from collections.abc import Awaitable, Callable

from playwright.async_api import BrowserContext, Page

from tests.e2e.waiting import until

SAYS = "text => document.querySelector('#chat-log').value.includes(text)"
# Every row and line in order, the line of the unread as "---"; days are left out.
SHOWN = """[...document.querySelectorAll('.chunk > :not(.day)')].map(
    li => li.matches('.unread') ? '---' : li.querySelector('.body').textContent
).join()"""
HIDE = """hidden => {
    Object.defineProperty(document, 'hidden', {value: hidden, configurable: true})
    document.dispatchEvent(new Event('visibilitychange'))
}"""


async def say(page: Page, text: str, *others: Page) -> None:
    await page.keyboard.type(text)
    await page.keyboard.press("Enter")
    for each in (page, *others):
        await until(each, SAYS, text)


async def test_a_line_is_above_what_came_since_the_last_visit(
    new_context: Callable[..., Awaitable[BrowserContext]],
):
    ann = await (await new_context()).new_page()
    bob = await (await new_context()).new_page()
    for page in (ann, bob):
        await page.goto("/chat/unread/")
    await say(ann, "one", bob)
    assert await bob.evaluate(SHOWN) == "one"

    await bob.goto("/chat/")
    await say(ann, "two")
    await say(ann, "three")
    await bob.goto("/chat/unread/")
    await until(bob, f"{SHOWN} === 'one,---,two,three'")
    assert await bob.evaluate("document.querySelector('.unread ~ .row').matches('.head')")

    await bob.evaluate(HIDE, True)
    assert await bob.evaluate(SHOWN) == "one,two,three"
    await say(bob, "mine", ann)
    await say(ann, "four", bob)
    await say(ann, "five", bob)
    await bob.evaluate(HIDE, False)
    assert await bob.evaluate(SHOWN) == "one,two,three,mine,---,four,five"
