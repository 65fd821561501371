"""The service manager is told."""

import asyncio
import os
import socket
import time

import pytest

from chat_app.systemd import keep_watchdog_quiet, notify
from tests.servers import serve


@pytest.fixture
def manager(tmp_path):
    """The socket on which a service manager listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.settimeout(30)
        yield sock


async def test_it_is_told_when_the_server_listens_and_when_it_goes_down(manager, tmp_path):
    environment = {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "3600000000"}
    async with serve(tmp_path, environment=environment):
        said = [await asyncio.to_thread(manager.recv, 1024) for _ in range(2)]
        assert sorted(said) == [b"READY=1", b"WATCHDOG=1"]
        manager.setblocking(False)
        with pytest.raises(BlockingIOError):
            manager.recv(1024)
        manager.settimeout(30)
    assert await asyncio.to_thread(manager.recv, 1024) == b"STOPPING=1"


def test_an_abstract_name_is_no_file(monkeypatch):
    name = f"chat-app-test-{os.getpid()}-{time.monotonic_ns()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(f"\0{name}")
        sock.settimeout(30)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        notify("READY=1", "STATUS=well")
        assert sock.recv(1024) == b"READY=1\nSTATUS=well"


@pytest.mark.parametrize("address", ["", "/nowhere/to/be/found", "vsock:2:1234"])
def test_nobody_who_listens_is_no_fault(monkeypatch, address):
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify("READY=1")


async def test_the_watchdog_hears_of_it_again_and_again(manager, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", manager.getsockname())
    monkeypatch.setenv("WATCHDOG_USEC", "2000")
    watching = asyncio.create_task(keep_watchdog_quiet())
    for _ in range(3):
        assert await asyncio.to_thread(manager.recv, 1024) == b"WATCHDOG=1"
    watching.cancel()


@pytest.mark.parametrize(("name", "value"), [("WATCHDOG_USEC", "0"), ("WATCHDOG_PID", "1")])
async def test_another_processs_watchdog_is_left_alone(manager, monkeypatch, name, value):
    monkeypatch.setenv("NOTIFY_SOCKET", manager.getsockname())
    monkeypatch.setenv("WATCHDOG_USEC", "2000")
    monkeypatch.setenv(name, value)
    await keep_watchdog_quiet()  # it ends at once
    manager.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.recv(1024)
