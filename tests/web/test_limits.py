"""Limits, as forms and sockets meet them: one rule for both, each refusal with its code."""

import pytest
from aiohttp import WSServerHandshakeError

from chat_app import keys

GUESTS = ["limits.guest_messages_per_address=3"]


@pytest.mark.parametrize("settings", [GUESTS])
async def test_another_cookie_is_no_other_bucket(browse, app):
    statuses = [(await browse().post("/chat/lobby/", message=f"{n}")).status for n in range(5)]
    assert statuses == [303, 303, 303, 429, 429]
    socket = await browse().join()
    await socket.send({"type": "post", "id": "refused-1", "message": "me too"})
    refused = await socket.expect("error", id="refused-1")
    assert refused["code"] == "rate_limited"
    assert 0 < refused["retry_ms"] <= 20_001
    assert (await app[keys.STORE].room("lobby")).top == 3


@pytest.mark.parametrize("settings", [GUESTS])
async def test_who_has_an_account_is_not_counted_with_the_guests(browse):
    ann = browse()
    await ann.register("Ann")
    for number in range(3):
        await browse().post("/chat/lobby/", message=f"{number}")
    assert (await ann.post("/chat/lobby/", message="hi")).status == 303
    socket = await ann.join()
    assert (await socket.post("hi again"))["seq"] == 5


@pytest.mark.parametrize("settings", [["limits.message_rate=0.01", "limits.message_burst=2"]])
async def test_forms_and_sockets_draw_from_one_bucket(browse):
    browser = browse()
    socket = await browser.join()
    await socket.post("one")
    assert (await browser.post("/chat/lobby/", message="two")).status == 303
    refused = await browser.post("/chat/lobby/", message="three")
    assert refused.status == 429
    assert "too fast" in await refused.text()
    await socket.send({"type": "post", "id": "refused-1", "message": "three"})
    assert (await socket.expect("error", id="refused-1"))["code"] == "rate_limited"


@pytest.mark.parametrize("settings", [["limits.message_rate=0", "limits.rooms_per_user=2"]])
async def test_the_first_message_of_too_many_rooms_is_refused(browse, app):
    browser = browse()
    assert (await browser.post("/chat/one/", message="hi")).status == 303
    await (await browser.join("two")).post("hi")
    socket = await browser.join("three")
    await socket.send({"type": "post", "id": "refused-1", "message": "hi"})
    refused = await socket.expect("error", id="refused-1")
    assert (refused["code"], refused["retry_ms"]) == ("too_many_rooms", 1_800_000)
    page = await browser.post("/chat/three/", message="hi")
    assert (page.status, "Too many new rooms" in await page.text()) == (429, True)
    assert await app[keys.STORE].room("three") is None
    # What is there already is open to everybody, this one too.
    await browse().post("/chat/three/", message="hi")
    assert (await socket.expect("message"))["message"] == "hi"
    await socket.post("thanks")


@pytest.mark.parametrize("settings", [["limits.message_rate=0", "limits.rooms_per_user=1"]])
async def test_all_that_is_said_first_in_a_room_makes_one_room(browse):
    socket = await browse().join("lobby")
    for number in range(20):
        await socket.send({"type": "post", "id": f"at-once-{number:02}", "message": "hi"})
    for number in range(20):
        await socket.expect("ack", id=f"at-once-{number:02}")


@pytest.mark.parametrize("settings", [["limits.rooms_per_address=2", "limits.message_rate=0"]])
async def test_rooms_are_counted_by_address_too(browse):
    statuses = [(await browse().post(f"/chat/{n}/", message="hi")).status for n in range(4)]
    assert statuses == [303, 303, 429, 429]


PROXY = "server.trusted_proxies=127.0.0.0/8"


@pytest.mark.parametrize(
    "settings",
    [[PROXY, "limits.handshakes_per_address=2"], [PROXY, "limits.connections_per_address=2"]],
)
async def test_connections_are_counted_by_household_behind_a_proxy(client, settings):
    async def connect(address):
        return await client.ws_connect("/ws/chat/x/", headers={"X-Forwarded-For": address})

    held = [await connect("2001:db8::1"), await connect("2001:db8::2")]
    with pytest.raises(WSServerHandshakeError) as refused:
        await connect("2001:db8::3")
    assert refused.value.status == 429
    assert refused.value.headers is not None
    assert refused.value.headers["Retry-After"] == "30"
    others = ("2001:db8:0:1::1", "192.0.2.1", "192.0.2.1")
    held += [await connect(address) for address in others]
    with pytest.raises(WSServerHandshakeError):
        await connect("::ffff:192.0.2.1")


@pytest.mark.parametrize("settings", [["limits.handshakes_per_address=3"]])
async def test_a_socket_that_was_refused_its_room_is_a_handshake_too(client):
    for _ in range(3):
        async with client.ws_connect("/ws/chat/a%2Fb/", protocols=("chat.v1",)) as ws:
            assert (await ws.receive()).data == 4504
    with pytest.raises(WSServerHandshakeError) as refused:
        await client.ws_connect("/ws/chat/lobby/")
    assert refused.value.status == 429
