"""The access matrix of the socket: every command × who is connected.

And all of it once more by somebody whose login ends while the socket is open: nothing
that is sent afterwards is taken, and nothing is answered but by the close.
"""

from typing import Any

import msgspec
import pytest
from aiohttp import WSServerHandshakeError

from chat_app import keys
from chat_app.ws.commands import COMMANDS
from tests.access.conftest import WHO, Cast
from tests.clients import Client, settled


class Rule(msgspec.Struct, frozen=True):
    """How a command is answered: by the type of a frame, by the code of an error, or by "".

    `guest`: where `accounts.guests` is yes, and read. With no there is no socket. `account`:
    for all who have one, but those whom `roles` names. "ack" and "done" write.
    """

    frame: dict[str, Any]
    guest: tuple[str, str]
    account: str
    roles: dict[str, str] = {}

    def answer(self, taken_for: str, guests: str) -> str:
        if taken_for == "guest":
            return self.guest[("yes", "read").index(guests)]
        return self.roles.get(taken_for, self.account)


def for_guides(frame: dict[str, Any]) -> Rule:
    roles = {"owner": "done", "moderator": "done"}
    return Rule(frame, ("not_allowed", "not_allowed"), "not_allowed", roles)


MUTED = {"muted": "muted"}
ANOTHERS = {"owner": "ack", "moderator": "ack"}
RULES = {
    "post": Rule({"message": "hi"}, ("ack", "log_in"), "ack", MUTED),
    "delete": Rule({"target": "seq"}, ("not_allowed", "not_allowed"), "not_allowed", ANOTHERS),
    "history": Rule({}, ("history", "history"), "history"),
    "resume": Rule({"epoch": "?", "since": 0}, ("reset", "reset"), "reset"),
    "typing": Rule({}, ("", "log_in"), "", MUTED),
    "report": Rule({"target": "seq"}, ("done", "done"), "done"),
    "kick": for_guides({"user": "target"}),
    "mute": for_guides({"user": "target"}),
    "ban": for_guides({"user": "target"}),
    "lift": for_guides({"user": "target", "what": "mute"}),
    "pong": Rule({}, ("", ""), ""),
}


async def frame_of(cast: Cast, command: str, id: str) -> dict[str, Any]:
    """Return the command's frame, with somebody, or a message of Olga's, to do it to."""
    frame = {"type": command, "id": id, **RULES[command].frame}
    if frame.get("target"):
        frame["target"] = await cast.say("lobby")
    if frame.get("user"):
        frame["user"] = (await cast.known_guest(f"Target {cast.number()}")).id
    if command == "lift":
        moderation = cast.app[keys.MODERATION]
        await moderation.mute(cast.olga, "lobby", frame["user"], None)
    return frame


def test_every_command_has_a_rule():
    assert {command.__struct_config__.tag for command in COMMANDS} == set(RULES)


async def connect(cast: Cast, cookie: str | None) -> Client:
    headers = {"Cookie": cookie} if cookie else {}
    ws = await cast.browser.ws_connect(
        f"{cast.own_origin}/ws/chat/lobby/", headers=headers, protocols=("chat.v1",)
    )
    client = Client(ws)
    await client.greeted()
    return client


async def answer(cast: Cast, client: Client, frame: dict[str, Any]) -> str:
    """Send a command; return what it was answered by."""
    await client.send(frame)
    # An answer that waits for a commit comes with it; all others come before this one's.
    probe = f"probe-{cast.number():06}"
    await client.send({"type": "history", "id": probe, "limit": 1})
    told: list[dict[str, Any]] = []
    while not told or told[-1].get("id") != probe:
        told.append(await client.next())
    if frame["type"] == "post" and not any(each["type"] == "error" for each in told):
        told.append(await client.expect("ack", id=frame["id"]))
    codes = [each["code"] for each in told if each["type"] == "error"]
    answers = ("ack", "done", "history", "resumed", "reset")
    types = [each["type"] for each in told if each.get("id") != probe and each["type"] in answers]
    return "".join(codes or types)


@pytest.mark.parametrize("guests", ["yes", "read"])
async def test_nobody_says_what_they_may_not(cast, guests):
    wrong = []
    for command, rule in RULES.items():
        for who, taken_for in WHO.items():
            client = await connect(cast, await cast.cookie(who))
            if who == "banned":
                if await client.close_code() != 4503 or client.welcome:
                    wrong.append(f"{who}: closed with {client.ws.close_code}")
                await client.ws.close()
                continue
            frame = await frame_of(cast, command, f"cell-{cast.number():06}")
            await settled()
            with cast.watched() as written:
                got = await answer(cast, client, frame)
            wanted = rule.answer(taken_for, guests)
            cell = f"{command} by {who}, guests={guests}"
            if got != wanted:
                wrong.append(f"{cell}: {got!r}, not {wanted!r}")
            if bool(written) != (wanted in ("ack", "done")):
                wrong.append(f"{cell}: {written or 'nothing'} was written")
            if cast.of_others(written):
                wrong.append(f"{cell}: something of another's was changed")
            if client.welcome["user"]["id"] in {cast.ann.user.id, cast.gil.id}:
                wrong.append(f"{cell}: taken for another")
            await client.ws.close()
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("guests", ["no"])
async def test_where_guests_may_not_read_they_get_no_socket(cast, guests):
    for who, taken_for in WHO.items():
        cookie = await cast.cookie(who)
        client = await connect(cast, cookie)
        if who == "banned":
            assert await client.close_code() == 4503
            await client.ws.close()
            continue
        if taken_for != "guest":
            frame = await frame_of(cast, "history", "cell-history")
            assert await answer(cast, client, frame) == "history", who
            await client.ws.close()
            continue
        assert await client.close_code() == 4501, who
        assert client.welcome == {}, who
        await client.ws.close()
        with pytest.raises(WSServerHandshakeError) as refused:
            await cast.browser.ws_connect(
                f"{cast.own_origin}/ws/chat/lobby/", headers={"Cookie": cookie} if cookie else {}
            )
        assert refused.value.status == 401, who


@pytest.mark.parametrize("guests", ["yes"])
@pytest.mark.parametrize("command", RULES)
async def test_who_is_logged_out_while_connected_says_nothing_more(cast, command, guests):
    cookie = await cast.cookie("other account")
    client = await connect(cast, cookie)
    found = await cast.app[keys.SESSIONS].find(cookie.partition("=")[2])
    await cast.app[keys.SESSIONS].end(found.user, [found.id])
    frame = await frame_of(cast, command, "too-late")
    with cast.watched() as written:
        await client.send(frame)
        frames: list[str] = []
        while not (message := await client.ws.receive(timeout=5)).type.name.startswith("CLOS"):
            frames.append(message.data)
        assert client.ws.close_code == 4501
        assert not [frame for frame in frames if "too-late" in frame]
        await client.ws.close()
    assert not written
