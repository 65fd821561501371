"""What a page does for who is not looking: the count in its title, a notification, a tone."""

from playwright.async_api import Page

from tests.e2e.room import NewContext
from tests.e2e.waiting import until

SAYS = "text => document.querySelector('#chat-log').value.includes(text)"
HIDE = """hidden => {
    Object.defineProperty(document, 'hidden', {value: hidden, configurable: true})
    document.dispatchEvent(new Event('visibilitychange'))
}"""
# Of a browser that shows notifications, with or without a service worker; and what is heard.
RECORD = """
    window.shown = []
    window.heard = 0
    window.icon = null
    const record = (title, {body}) => shown.push([title, body])
    if (window.ServiceWorkerRegistration)
        ServiceWorkerRegistration.prototype.showNotification = async (...told) => record(...told)
    window.Notification = class {
        static permission = 'default'
        static async requestPermission() { this.permission = 'granted' }
        constructor(...told) { record(...told) }
        close() {}
    }
    const start = OscillatorNode.prototype.start
    OscillatorNode.prototype.start = function () { heard++; start.call(this) }
    Navigator.prototype.setAppBadge = async count => { icon = count }
"""


async def say(page: Page, text: str, *others: Page) -> None:
    await page.keyboard.type(text)
    await page.keyboard.press("Enter")
    for each in (page, *others):
        await until(each, SAYS, text)


async def two(new_context: NewContext) -> tuple[Page, Page]:
    ann, bob = [await (await new_context()).new_page() for _ in range(2)]
    await bob.add_init_script(RECORD)
    for page in (ann, bob):
        await page.goto("/chat/bell/")
    return ann, bob


async def test_the_title_and_the_icon_count_what_others_say_while_it_is_hidden(
    new_context: NewContext,
):
    ann, bob = await two(new_context)
    await say(ann, "seen", bob)
    await bob.evaluate(HIDE, True)
    await say(ann, "one", bob)
    await say(bob, "mine", ann)
    await say(ann, "two", bob)
    assert await bob.title() == "(2) bell · Rooms"
    assert await bob.evaluate("icon") == 2
    await bob.evaluate(HIDE, False)
    assert await bob.title() == "bell · Rooms"
    assert await bob.evaluate("icon") == 0
    assert await bob.evaluate("shown") == []
    assert await bob.evaluate("heard") == 0


async def test_who_asked_to_be_told_is_told_of_others_messages_while_it_is_hidden(
    new_context: NewContext,
):
    ann, bob = await two(new_context)
    await bob.click("#me summary")
    await until(bob, "!document.querySelector('#bell').hidden")
    assert await bob.get_attribute("#bell", "aria-pressed") == "false"
    await bob.click("#bell")
    await until(bob, "document.querySelector('#bell').innerText.endsWith('on')")
    assert await bob.evaluate("heard") > 0  # what one will hear
    await bob.keyboard.press("Escape")
    await bob.focus("#chat-message-input")
    await say(ann, "seen", bob)
    await bob.evaluate(HIDE, True)
    await say(bob, "mine", ann)
    await say(ann, "unseen", bob)
    name = await ann.text_content("#me .name")
    await until(bob, "shown.length")
    assert await bob.evaluate("shown") == [[f"{name} · bell", "unseen"]]

    await bob.reload()
    await bob.evaluate("Notification.permission = 'granted'")
    await bob.evaluate(HIDE, True)
    await say(ann, "again", bob)
    await until(bob, "shown.length === 1")
    await bob.evaluate(HIDE, False)
    await bob.click("#me summary")
    await bob.click("#bell")
    assert await bob.get_attribute("#bell", "aria-pressed") == "false"
    await bob.evaluate(HIDE, True)
    await say(ann, "quiet", bob)
    await bob.evaluate(HIDE, False)
    await bob.click("#bell")
    await bob.evaluate(HIDE, True)
    await say(ann, "loud", bob)
    await until(bob, "shown.length > 1")
    assert await bob.evaluate("shown.map(([, text]) => text)") == ["again", "loud"]


async def test_where_notifications_are_refused_it_says_so(new_context: NewContext):
    _, bob = await two(new_context)
    # In a block: a function that is the value of what is evaluated would be called there and then.
    await bob.evaluate("""() => {
        Notification.requestPermission = async () => { Notification.permission = 'denied' }
    }""")
    await bob.click("#me summary")
    await bob.click("#bell")
    await until(bob, "document.querySelector('#bell').innerText.endsWith('sound only')")
