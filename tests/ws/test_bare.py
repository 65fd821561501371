"""The tutorial's client: it says {"message": …} and prints `message` of every frame."""

import asyncio
import json
from urllib.parse import quote

import pytest

from chat_app import keys
from chat_app.ws.heartbeat import sweep


async def test_everyone_in_the_room_gets_the_same_bytes_once(join):
    alice = await join("lobby", "alice", bare=True)
    bob = await join("lobby", "bob", bare=True)
    carol = await join("lobby", "carol")

    await alice.send({"message": "hello"})

    said = await alice.raw()
    assert json.loads(said)["message"] == "hello"
    assert await bob.raw() == said
    assert await carol.raw() == said

    await bob.send({"message": "again"})
    assert json.loads(await alice.raw())["message"] == "again"


async def test_another_room_gets_nothing(join):
    alice = await join("one", "alice", bare=True)
    bob = await join("two", "bob", bare=True)

    await alice.send({"message": "for one"})
    await alice.next()
    await bob.send({"message": "for two"})

    assert (await bob.next())["message"] == "for two"


async def test_it_never_gets_a_frame_without_a_string_message(join):
    bare = await join("lobby", "alice", bare=True)
    full = await join("lobby", "bob")
    for nonsense in ("nonsense", "[]", '{"type":"history","id":"12345678"}'):
        await bare.send(nonsense)
    await bare.send({"message": ""})
    await bare.send({"message": " \n"})
    await full.post("one")
    await bare.send({"message": "two"})

    assert [(await bare.next())["message"] for _ in range(2)] == ["one", "two"]


@pytest.mark.parametrize("room", ["로비", "점심 모임", "café-1", "🎉party", "a%b", "x?y#z", "-"])
async def test_any_name_is_a_room(join, room):
    alice = await join(room, "alice", bare=True)
    await alice.send({"message": "안녕"})
    assert (await alice.next())["message"] == "안녕"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("caf\u00e9", "cafe\u0301"),
        ("로비", "\u1105\u1169\u1107\u1175"),
        ("Lobby", "LOBBY"),
        ("Straße", "STRASSE"),
        ("a  b ", "a b"),
    ],
)
async def test_two_spellings_are_one_room(join, one, other):
    alice = await join(one, "alice", bare=True)
    bob = await join(other, "bob", bare=True)
    await alice.send({"message": "hi"})
    assert await bob.raw() == await alice.raw()


@pytest.mark.parametrize(
    "room", ["a/b", "..", " ", "x" * 65, "a\x00b", "a\nb", "a\u202eb", "a\u2066b"]
)
async def test_a_refused_name_is_400_to_a_bare_client_and_4504_to_a_full_one(join, client, room):
    # yarl would take ".." as a step upwards; a client that writes it out does not.
    path = quote(room, safe="").replace(".", "%2E")
    for prefix in ("/chat/", "/ws/chat/"):
        answer = await _get(client, f"{prefix}{path}/")
        assert answer.startswith("HTTP/1.1 400 "), (prefix, room, answer)
    if room != "..":
        refused = await join(room)
        assert await refused.close_code() == 4504


async def _get(client, path):
    """Send a request as it stands, without a library to tidy it; return its answer's head."""
    reader, writer = await asyncio.open_connection(client.host, client.port)
    upgrade = (
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        if path.startswith("/ws/")
        else "Connection: close\r\n"
    )
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {client.host}\r\n{upgrade}\r\n".encode())
    head = await reader.readuntil(b"\r\n")
    writer.close()
    await writer.wait_closed()
    return head.decode()


@pytest.mark.parametrize("settings", [["limits.message_rate=50", "limits.message_burst=2"]])
async def test_it_is_read_more_slowly_beyond_its_rate_and_loses_nothing(join, settings):
    alice = await join("lobby", "alice", bare=True)
    for number in range(6):
        await alice.send({"message": str(number)})
    assert [(await alice.next())["message"] for _ in range(6)] == ["0", "1", "2", "3", "4", "5"]


@pytest.mark.parametrize("settings", [["limits.message_rate=0.01", "limits.message_burst=1"]])
async def test_one_that_is_read_slowly_is_not_expected_to_answer(join, app, settings):
    alice = await join("lobby", "alice", bare=True)
    await alice.send({"message": "one"})
    await alice.send({"message": "two"})
    await alice.next()
    (conn,) = app[keys.CONNECTIONS]
    while conn.is_read:
        await asyncio.sleep(0)
    for _ in range(100):
        sweep(conn)
    assert not conn.closing


async def test_an_id_that_is_none_costs_it_nothing(join):
    alice = await join("lobby", "alice", bare=True)
    await alice.send({"message": "one", "id": 5})
    await alice.send({"message": "two", "id": "x"})
    assert [(await alice.next())["message"] for _ in range(2)] == ["one", "two"]
