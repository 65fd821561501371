"""A private room in real browsers: made, invited into, kept friendly."""

from tests.e2e.room import LIVE, PASSWORD, NewContext
from tests.e2e.waiting import until


async def test_a_private_room_from_its_making_to_a_ban(
    new_context: NewContext, problems: list[str]
):
    ann = await (await new_context()).new_page()
    await ann.goto("/chat/")
    await ann.click("a[href='/rooms/']")
    await ann.click("a[href^='/login/']")
    await ann.click("a[href^='/account/']")
    await ann.fill("#name", "Ann")
    await ann.fill("#password", PASSWORD)
    await ann.press("#password", "Enter")
    await ann.wait_for_url("**/rooms/")
    await ann.fill("#name", "The den")
    await ann.press("#name", "Enter")
    await until(ann, LIVE)
    room = ann.url
    assert "/chat/~" in room
    await ann.keyboard.type("hello in here")
    await ann.click("#chat-message-submit")
    await until(ann, "document.querySelector('.chunk .own')")

    stranger = await (await new_context()).new_page()
    answer = await stranger.goto(room)
    assert answer is not None
    assert answer.status == 404

    await ann.click("#me summary")
    await ann.click("#me .menu a[href$='/settings/']")
    await ann.click("#invites .outline")
    await until(ann, "document.querySelector('.qr svg').getBoundingClientRect().width > 100")
    link = await ann.input_value("#link")
    await stranger.goto(link)
    await stranger.click("form .primary")
    await until(stranger, LIVE)
    await until(stranger, "document.querySelector('#chat-log').value.includes('hello in here')")
    await stranger.keyboard.type("thank you")
    await stranger.click("#chat-message-submit")
    await until(stranger, "document.querySelector('.chunk .own')")

    await ann.goto(f"{room}settings/")
    await ann.click(".people summary")
    await ann.select_option(".people select[name=act]", "ban")
    await ann.click(".people details .outline")
    await until(ann, "document.querySelector('.tag.warn')")
    await until(stranger, "document.querySelector('#status').textContent.includes('put out')")
    answer = await stranger.goto(room)
    assert answer is not None
    assert answer.status == 404
    problems[:] = [each for each in problems if "the server responded with a status" not in each]


async def test_a_room_that_is_locked_says_so_before_one_writes(new_context: NewContext):
    ann = await (await new_context()).new_page()
    await ann.goto("/account/?next=/chat/lunch/")
    await ann.fill("#name", "Ann")
    await ann.fill("#password", PASSWORD)
    await ann.press("#password", "Enter")
    await until(ann, LIVE)
    await ann.fill("#chat-message-input", "first")
    await ann.click("#chat-message-submit")
    await until(ann, "document.querySelector('.chunk .own')")
    await ann.goto("/chat/lunch/settings/")
    await ann.check("[name=locked]")
    await ann.click("form .primary")
    await until(ann, "document.querySelector('[role=status]')")
    guest = await (await new_context()).new_page()
    await guest.goto("/chat/lunch/")
    await until(guest, LIVE)
    assert "This room is locked" in await guest.inner_text("#composer")
