"""`python run.py`, as an operator meets it."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar

from chat_app import keys
from chat_app.main import cut_when_hurried
from tests.clients import Client
from tests.servers import serve

ROOT = Path(__file__).parents[1]


def run(*arguments, cwd=ROOT):
    """Run it to its end; return (status, stdout, stderr)."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CHAT_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", ROOT / "run.py", *arguments],
        check=False,
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
    )
    return done.returncode, done.stdout, done.stderr


def refused(tmp_path, *arguments):
    """Return the one line with which it ends with status 2."""
    status, out, err = run("--set", f"storage.folder={tmp_path / 'data'}", *arguments)
    assert (status, out) == (2, ""), (out, err)
    assert err.count("\n") == 1, err
    return err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_says_where_it_listens_and_ends_well(tmp_path, number):
    async with serve(tmp_path, stop=number) as server, ClientSession() as visitor:
        answer = await visitor.get(f"{server.url}/chat/")
        assert answer.status == 200
    where, owner = server.log.read_text().splitlines()
    assert where == f"Rooms are open at {server.url}/chat/"
    assert f": {server.url}/link/" in owner
    assert {file.name for file in (tmp_path / "data").iterdir()} <= {"chat.db", "lock"}


async def test_a_connection_is_told_when_it_goes_down(tmp_path):
    async with serve(tmp_path) as server, ClientSession() as visitor:
        ws = await visitor.ws_connect(f"{server.url}/ws/chat/lobby/", protocols=["chat.v1"])
        client = Client(ws)
        await client.greeted()
        await client.post("hi")
        server.process.send_signal(signal.SIGTERM)
        await client.expect("bye")
        assert await client.close_code() == 1012


async def test_what_was_acknowledged_is_there_after_kill_9(tmp_path):
    async with serve(tmp_path, stop=signal.SIGKILL) as server, ClientSession() as visitor:
        ws = await visitor.ws_connect(f"{server.url}/ws/chat/lobby/", protocols=["chat.v1"])
        client = Client(ws)
        await client.greeted()
        ack = await client.post("still here", id="before-the-end")
        server.process.kill()
    async with serve(tmp_path) as server, ClientSession() as visitor:
        ws = await visitor.ws_connect(f"{server.url}/ws/chat/lobby/", protocols=["chat.v1"])
        client = Client(ws)
        await client.greeted()
        await client.send({"type": "history", "id": "page-0001"})
        (event,) = (await client.expect("history"))["events"]
        assert (event["seq"], event["id"], event["message"]) == (
            ack["seq"],
            "before-the-end",
            "still here",
        )
        page = await (await visitor.get(f"{server.url}/chat/lobby/")).text()
        assert page.count("still here") == 1


async def test_a_second_process_on_the_same_data_ends_with_one_line(tmp_path):
    async with serve(tmp_path) as server:
        line = await asyncio.to_thread(refused, tmp_path, "--set", "server.port=0")
        assert f"in use by another process (pid {server.process.pid})" in line


def test_a_port_in_use_is_said_in_one_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refused(tmp_path, "--set", f"server.port={port}")
    assert f"server.port {port}: " in line
    assert "in use" in line


def test_a_host_that_is_not_here_is_said_in_one_line(tmp_path):
    assert "server.host 203.0.113.1" in refused(tmp_path, "--set", "server.host=203.0.113.1")


def test_a_database_that_is_none_is_said_in_one_line(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "chat.db").write_text("not a database" * 100)
    assert "not a database" in refused(tmp_path)


async def test_a_visitor_is_the_same_on_every_node(tmp_path, postgres):
    settings = (f"storage.url={postgres.schema()}", "storage.durability=process")
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    async with (
        serve(tmp_path / "one", *settings) as one,
        serve(tmp_path / "two", *settings) as two,
        ClientSession(cookie_jar=CookieJar(unsafe=True)) as visitor,
    ):
        acks: list[dict[str, Any]] = []
        users: list[dict[str, str]] = []
        for node in (one, two):
            url = f"{node.url}/ws/chat/lobby/"
            client = Client(await visitor.ws_connect(url, protocols=["chat.v1"]))
            await client.greeted()
            users.append(client.welcome["user"])
            acks.append(await client.post("hi", id="same-id-1"))
        assert users[0] == users[1]
        assert [(ack["seq"], ack["duplicate"]) for ack in acks] == [(1, False), (1, True)]
    assert not (tmp_path / "one" / "data").exists()


def test_a_postgresql_that_does_not_answer_is_said_in_one_line(tmp_path):
    url = "postgresql://ann:secret@127.0.0.1:1/chat"
    line = refused(tmp_path, "--set", f"storage.url={url}")
    assert "storage.url postgresql://127.0.0.1:1/chat: " in line


def test_a_bad_setting_ends_it_before_anything_is_opened(tmp_path):
    assert "server.port: expected int" in refused(tmp_path, "--set", "server.port=x")
    assert "cannot be read" in refused(tmp_path, "--config", str(tmp_path / "none.yaml"))
    assert not (tmp_path / "data").exists()


async def make_account(url, link, name):
    """Open a link as a person does, and make an account with it."""
    async with ClientSession(headers={"Sec-Fetch-Site": "same-origin"}) as visitor:
        form = await (await visitor.get(link)).text()
        token = re.findall(r'name="link" value="([^"]+)"', form)[0]
        fields = {"name": name, "password": "correct horse", "link": token}
        async with visitor.post(f"{url}/account/", data=fields, allow_redirects=False) as answer:
            return answer.status


async def test_the_first_person_with_the_printed_link_owns_the_server(tmp_path):
    async with serve(tmp_path) as server:
        (link,) = re.findall(r"http\S+/link/\S+", server.log.read_text())
        assert await make_account(server.url, link, "Ann") == 303
        async with ClientSession() as late, late.get(link) as answer:
            assert answer.status == 410
    async with serve(tmp_path) as server:
        pass
    assert "/link/" not in server.log.read_text()


async def test_links_are_printed_beside_a_running_server(tmp_path):
    folder = ["--set", f"storage.folder={tmp_path / 'data'}"]
    async with serve(tmp_path, "accounts.registration=closed") as server:
        for job, name in (("owner-link", "Ann"), ("invite-link", "Ben")):
            done = await asyncio.to_thread(run, *folder, job, "--url", f"{server.url}/")
            status, link, said = done
            assert (status, said) == (0, "")
            assert link.startswith(f"{server.url}/link/")
            assert await make_account(server.url, link.strip(), name) == 303
        done = await asyncio.to_thread(run, *folder, "reset-password", "ann", "--url", server.url)
        headers, jar = {"Sec-Fetch-Site": "same-origin"}, CookieJar(unsafe=True)
        async with ClientSession(headers=headers, cookie_jar=jar) as visitor:
            answer = await visitor.post(done[1].strip(), data={"password": "another horse"})
            assert "Your account" in await answer.text()
    line = await asyncio.to_thread(refused, tmp_path, "reset-password", "Nobody")
    assert "nobody called 'Nobody' has an account" in line


def test_a_link_is_printed_before_the_first_start(tmp_path):
    status, link, _ = run("--set", f"storage.folder={tmp_path / 'data'}", "owner-link")
    assert status == 0
    assert link.startswith("http://127.0.0.1:8000/link/")


async def test_what_is_no_http_leaves_nothing_in_the_log(tmp_path):
    async with serve(tmp_path) as server:
        port = int(server.url.rpartition(":")[2])
        for rubbish in (
            b"FOO\r\n\r\n",
            b"\x16\x03\x01\r\n\r\n",
            b"GET / HTTP/1.1\r\nx\x01: y\r\n\r\n",
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(rubbish)
            assert b" 400 " in await reader.readline()
            writer.close()
            await writer.wait_closed()
    assert server.log.read_text().count("\n") == 2


async def test_a_second_signal_is_no_failure(tmp_path):
    async with serve(tmp_path) as server:
        for _ in range(20):
            server.process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.005)


async def test_while_it_drains_it_serves_and_says_that_it_is_not_ready(tmp_path):
    async with serve(tmp_path, "server.drain_seconds=600") as server, ClientSession() as visitor:

        async def ready():
            async with visitor.get(f"{server.url}/readyz") as answer:
                return answer.status

        assert await ready() == 200
        server.process.send_signal(signal.SIGTERM)
        while await ready() != 503:
            await asyncio.sleep(0.01)
        async with visitor.get(f"{server.url}/chat/lobby/") as page:
            assert page.status == 200
        ws = await visitor.ws_connect(f"{server.url}/ws/chat/lobby/", protocols=["chat.v1"])
        client = Client(ws)
        await client.greeted()
        await client.post("still served")
        # The end of this block is a second signal, and nobody waits for ten minutes.


async def test_who_is_in_a_hurry_waits_for_no_peer(join, client):
    alice = await join("lobby")
    drain = client.app[keys.DRAIN]
    cutting = asyncio.create_task(cut_when_hurried(drain, client.server.runner))
    drain.ask()
    await alice.post("served as ever")
    drain.ask()
    await cutting
    assert await alice.close_code() == 1006
    assert not await drain.wait_for(asyncio.Event().wait(), 600)


def test_help_and_version(tmp_path):
    status, out, _ = run("--help")
    assert status == 0
    assert "--set SECTION.KEY=VALUE" in out
    assert run("--version")[1].startswith("chat-app ")
    assert run("--nonsense")[0] == 2
