"""What guests may do: accounts.guests."""

import pytest
from aiohttp import WSServerHandshakeError

from chat_app import keys
from chat_app.errors import StoreUnavailable

READ, NO = ["accounts.guests=read"], ["accounts.guests=no"]
TYPING = {"type": "typing"}


async def test_a_guest_stays_who_it_is_while_the_store_cannot_be_read(browse, app, monkeypatch):
    async def known(_):
        raise StoreUnavailable("The log cannot be read.")

    guest = browse()
    me = (await guest.join()).welcome["user"]
    with monkeypatch.context() as patch:
        patch.setattr(app[keys.STORE].accounts, "known", known)
        answer = await guest.get("/chat/lobby/")
        assert (answer.status, "Set-Cookie" in answer.headers) == (503, False)
    assert (await guest.join()).welcome["user"] == me


@pytest.mark.parametrize("settings", [READ])
async def test_guests_may_read_and_not_write(browse, app):
    ann, guest = browse(), browse()
    await ann.register("Ann")
    speaker = await ann.join()
    await speaker.post("hi")
    page = await (await guest.get("/chat/lobby/")).text()
    assert "Log in to write" in page
    assert ">hi</p>" in page
    listener = await guest.join(query="?since=0&epoch=" + speaker.welcome["epoch"])
    assert (await listener.expect("message"))["message"] == "hi"
    await listener.send({"type": "post", "id": "refused-1", "message": "me too"})
    assert (await listener.expect("error", id="refused-1"))["code"] == "log_in"
    await listener.send({"type": "typing"})
    assert (await listener.expect("error"))["code"] == "log_in"
    answer = await guest.post("/chat/lobby/", message="me too")
    assert (answer.status, "need to log in" in await answer.text()) == (401, True)
    bare = await guest.join(bare=True)
    await bare.send({"message": "me too"})
    await speaker.post("still here")
    assert (await bare.next())["message"] == "still here"
    assert [each.message for each in await app[keys.STORE].events("lobby", limit=9)] == [
        "hi",
        "still here",
    ]


@pytest.mark.parametrize("settings", [NO])
@pytest.mark.parametrize("path", ["/chat/", "/chat/lobby/", "/chat/lobby/?before=3", "/"])
async def test_guests_are_led_to_the_login_and_then_back(browse, path):
    browser = browse()
    answer = await browser.get(path)
    assert answer.status == 303
    login = await (await browser.get(answer.headers["Location"])).text()
    assert f'name="next" value="{path}"' in login
    await browser.register("Ann", next=path)
    assert (await browser.get("/chat/lobby/")).status == 200


@pytest.mark.parametrize("settings", [NO])
async def test_guests_get_no_socket(browse):
    browser = browse()
    full = await browser.join()
    assert await full.close_code() == 4501
    assert full.welcome == {}
    with pytest.raises(WSServerHandshakeError) as refused:
        await browser.join(bare=True)
    assert refused.value.status == 401
    await browser.register("Ann")
    assert (await browser.join()).welcome["user"]["name"] == "Ann"


@pytest.mark.parametrize("settings", [NO])
async def test_guests_post_nothing(browse, app):
    assert (await browse().post("/chat/lobby/", message="hi")).status == 401
    assert (await browse().post("/me/name", name="Ann")).status == 401
    assert await app[keys.STORE].room("lobby") is None


@pytest.mark.parametrize("settings", [NO])
async def test_what_is_everybodys_stays_open(browse, app):
    for path in ("/healthz", "/manifest.webmanifest", "/offline/", "/login/", "/account/"):
        assert (await browse().get(path)).status == 200, path
    assert (await browse().get("/nowhere")).status in (303, 401, 404)
