"""Trouble below: a full disk, and a copy made and put back under load."""

import asyncio
import resource
import subprocess
import sys

from aiohttp import ClientSession
from aiohttp.test_utils import unused_port
from yarl import URL

from tests.clients import Client
from tests.faults.checker import Checker, read_log
from tests.faults.talker import Talker, settle, talking
from tests.servers import ROOT, serve

NO_LIMIT = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


async def join(visitor, server, room="lobby"):
    ws = await visitor.ws_connect(f"{server.url}/ws/chat/{room}/", protocols=["chat.v1"])
    client = Client(ws)
    await client.greeted()
    return client


async def test_a_full_disk_refuses_and_heals_by_itself(tmp_path):
    """A limit on the size of files stands for the disk: SQLite hears the same from both."""
    async with serve(tmp_path, "limits.message_rate=0") as server, ClientSession() as visitor:
        client = await join(visitor, server)
        for number in range(20):
            await client.post(f"before {number}")
        await client.messages(20)

        written = max(file.stat().st_size for file in (tmp_path / "data").iterdir())
        full = (written + 8192, resource.RLIM_INFINITY)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, full)
        refused = ""
        for number in range(20):
            id = f"while-full-{number:02}"
            await client.send({"type": "post", "id": id, "message": "x" * 3000})
            answer = await client.next()
            while answer["type"] == "message":
                answer = await client.next()
            if answer["type"] == "error":
                assert (answer["code"], answer["id"]) == ("unavailable", id)
                assert answer["retry_ms"] > 0
                refused = id
                break
        assert refused

        await client.send({"type": "history", "id": "still-read", "limit": 100})
        assert len((await client.expect("history"))["events"]) >= 20
        page = await visitor.get(f"{server.url}/chat/lobby/")
        assert page.status == 200
        answer = await visitor.post(
            f"{server.url}/chat/lobby/",
            data={"message": "x" * 3000},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert answer.status == 503
        assert "x" * 3000 in await answer.text()

        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, NO_LIMIT)
        ack = await client.post("after", id=refused)
        assert ack["duplicate"] is False
    lines = server.log.read_text().splitlines()
    assert sum("cannot be written" in line for line in lines) == 1
    assert sum("can be written again" in line for line in lines) == 1
    log = read_log(tmp_path / "data" / "chat.db")["lobby"]
    assert list(log) == list(range(1, ack["seq"] + 1))


async def run(*arguments, folder):
    command = [sys.executable, "-W", "error", "run.py", "--set", f"storage.folder={folder}"]
    return await asyncio.to_thread(
        subprocess.run,
        [*command, *arguments],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


async def test_a_backup_under_load_is_sound_and_restoring_it_resets_every_client(tmp_path):
    checker = Checker()
    port = unused_port()
    settings = (f"server.port={port}", "limits.message_rate=0")
    base = URL(f"http://127.0.0.1:{port}")
    talkers = [
        Talker(f"talker-{number}", f"room {number % 2}", base, checker, str(number))
        for number in range(6)
    ]
    copy = tmp_path / "copy.db"
    async with talking(talkers):
        async with serve(tmp_path, *settings):
            while checker.acknowledged < 500:
                await asyncio.sleep(0.01)
            done = await run("backup", str(copy), folder=tmp_path / "data")
            assert done.returncode == 0, done.stderr
            before = checker.acknowledged
            while checker.acknowledged < before + 500:
                await asyncio.sleep(0.01)
            checked = await run("check", folder=tmp_path / "data")
            assert (checked.returncode, checked.stderr) == (0, ""), checked.stdout
            await settle(talkers, checker)
            assert not any(talker.resets for talker in talkers)
        assert not checker.verdict(
            tmp_path / "data" / "chat.db", [(talker.name, talker.room) for talker in talkers]
        )
        (tmp_path / "other").mkdir()
        done = await run("restore", str(copy), folder=tmp_path / "other" / "data")
        assert done.returncode == 0, done.stderr
        async with serve(tmp_path / "other", *settings):
            async with asyncio.timeout(30):
                while not all(talker.resets for talker in talkers):
                    await asyncio.sleep(0.01)
            restored = read_log(tmp_path / "other" / "data" / "chat.db")
            assert {talker.cursor for talker in talkers if talker.room == "room 0"} == {
                len(restored["room 0"])
            }
    whole = read_log(tmp_path / "data" / "chat.db")
    for room, entries in restored.items():
        assert 0 < len(entries) < len(whole[room])
        assert entries == {seq: whole[room][seq] for seq in range(1, len(entries) + 1)}
