"""One-time links, and who may make an account."""

import asyncio
import re

import pytest

from chat_app import keys
from chat_app.chat import links
from chat_app.chat.links import Links

PASSWORD = "correct horse"


@pytest.fixture
def make(client, app):
    """make(kind, name=None): the path of a one-time link, as the operator's jobs print it."""

    async def make(kind, key=None):
        account = await app[keys.STORE].accounts.account(key) if key else None
        return f"/link/{app[keys.LINKS].make(kind, account)}/"

    return make


async def is_owner(browser):
    return '<span class="tag">Owner</span>' in await (await browser.get("/account/")).text()


def token_in(page):
    return re.findall(r'name="link" value="([^"]+)"', page)[0]


async def test_the_first_person_with_the_link_becomes_the_owner(browse, make):
    link = await make("first")
    first, second = browse(), browse()
    pages = [await (await browser.get(link)).text() for browser in (first, second)]
    assert all("owner of this server" in page for page in pages)
    await first.register("Ann", link=token_in(pages[0]))
    assert await is_owner(first)
    late = await second.post("/account/", name="Ben", password=PASSWORD, link=token_in(pages[1]))
    assert (late.status, "has an owner already" in await late.text()) == (410, True)
    assert (await second.get(await make("first"))).status == 410


async def test_of_two_at_once_one_becomes_the_owner(browse, make, app):
    token = token_in(await (await browse().get(await make("first"))).text())
    people = [browse() for _ in range(4)]
    answers = await asyncio.gather(
        *(
            person.post("/account/", name=f"name {number}", password=PASSWORD, link=token)
            for number, person in enumerate(people)
        )
    )
    assert sorted(answer.status for answer in answers) == [303, 410, 410, 410]


async def test_an_account_becomes_an_owner_by_another_link(browse, make):
    browser = browse()
    await browser.register("Ann")
    link = await make("owner")
    assert "Become the owner" in await (await browser.get(link)).text()
    assert not await is_owner(browser)
    assert (await browser.post(link)).headers["Location"] == "/account/?done=owner"
    assert await is_owner(browser)
    other = browse()
    await other.register("Ben")
    assert (await other.post(link)).status == 410
    assert not await is_owner(other)


@pytest.mark.parametrize("kind", ["invite", "reset"])
async def test_no_other_link_makes_an_owner(browse, make, kind):
    browser = browse()
    await browser.register("Ann")
    assert (await browser.post(await make(kind))).status in (400, 410)
    assert not await is_owner(browser)


async def test_a_forgotten_password_is_set_anew_and_ends_all_sessions(browse, make):
    one, two = browse(), browse()
    await one.register("Ann")
    link, another = await make("reset", "ann"), await make("reset", "ann")
    assert "Set a new password" in await (await two.get(link)).text()
    short = await two.post(link, password="short")
    assert (short.status, "at least" in await short.text()) == (400, True)
    assert (await two.post(link, password="another horse")).status == 303
    assert "Your account" in await (await two.get("/account/")).text()
    assert "Your account" not in await (await one.get("/account/")).text()
    for used in (link, another):
        assert (await browse().get(used)).status == 410
        assert (await browse().post(used, password="a third horse")).status == 410
    assert (await browse().log_in("Ann", "another horse")).status == 303


async def test_looking_at_a_link_does_not_use_it_up(browse, make):
    await browse().register("Ann")
    link = await make("reset", "ann")
    for _ in range(3):
        assert (await browse().get(link)).status == 200
    assert (await browse().post(link, password="another horse")).status == 303


async def test_a_link_that_is_too_old_or_not_ours_is_refused(browse, make, monkeypatch):
    monkeypatch.setitem(links.LASTS_MS, "owner", -1)
    assert (await browse().get(await make("owner"))).status == 410
    forged = Links("another secret").make("owner")
    assert (await browse().get(f"/link/{forged}/")).status == 410
    assert (
        await browse().post("/account/", name="A", password=PASSWORD, link=forged)
    ).status == 410
    for rubbish in ("x", "a.b", "%C3%A9", "WyJhIl0.x"):
        assert (await browse().get(f"/link/{rubbish}/")).status == 410


@pytest.mark.parametrize("settings", [["accounts.registration=invite"]])
async def test_an_invitation_lets_one_in(browse, make):
    refused = await browse().post("/account/", name="Ann", password=PASSWORD)
    assert (refused.status, "invitation" in await refused.text()) == (403, True)
    assert 'name="password"' not in await (await browse().get("/account/")).text()
    link = await make("invite")
    guest = browse()
    token = token_in(await (await guest.get(link)).text())
    await guest.register("Ann", link=token)
    assert not await is_owner(guest)
    again = await browse().post("/account/", name="Ben", password=PASSWORD, link=token)
    assert again.status == 410
    assert (await guest.get(link)).headers["Location"] == "/account/"


@pytest.mark.parametrize("settings", [["accounts.registration=invite"]])
async def test_a_name_that_is_refused_does_not_use_up_the_invitation(browse, make):
    token = (await make("invite")).split("/")[2]
    refused = await browse().post("/account/", name="admin", password=PASSWORD, link=token)
    assert (refused.status, token_in(await refused.text())) == (400, token)
    await browse().register("Ann", link=token)


@pytest.mark.parametrize("settings", [["accounts.registration=closed"]])
async def test_closed_is_closed_but_for_an_owner(browse, make):
    assert (await browse().post("/account/", name="Ann", password=PASSWORD)).status == 403
    token = (await make("owner")).split("/")[2]
    browser = browse()
    await browser.register("Ann", link=token)
    assert await is_owner(browser)


@pytest.mark.parametrize("settings", [["accounts.registration=closed"]])
async def test_a_link_for_a_new_password_makes_no_account(browse, make):
    token = (await make("owner")).split("/")[2]
    await browse().register("Ann", link=token)
    token = (await make("reset", "ann")).split("/")[2]
    refused = await browse().post("/account/", name="Ben", password=PASSWORD, link=token)
    assert refused.status == 403


@pytest.mark.parametrize("settings", [["accounts.registration=invite"]])
async def test_every_link_is_another_one(browse, make):
    tokens = [(await make("invite")).split("/")[2] for _ in range(2)]
    await browse().register("Ann", link=tokens[0])
    await browse().register("Ben", link=tokens[1])
