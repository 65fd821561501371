"""A real server, in a process of its own."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

ROOT = Path(__file__).parents[1]
# A fault test measures the program, not its limits.
NO_LIMITS = (
    "limits.message_rate=0",
    "limits.rooms_per_user=0",
    "limits.rooms_per_address=0",
    "limits.connections_per_address=0",
    "limits.handshakes_per_address=0",
)
START_SECONDS = STOP_SECONDS = 60.0  # until one that hangs is given up


class Process(Protocol):
    """What we ask of one: as of subprocess.Popen."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int, /) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


@dataclass(frozen=True)
class Server:
    url: str  # "http://127.0.0.1:40123"
    process: Process
    log: Path  # what it wrote to stdout and stderr


async def _url(process: Process, log: Path) -> str:
    deadline = asyncio.get_running_loop().time() + START_SECONDS
    while asyncio.get_running_loop().time() < deadline and process.poll() is None:
        if found := re.search(r"(http://[^\s/]+:\d+)/chat/", log.read_text()):
            return found[1]
        await asyncio.sleep(0.02)
    raise AssertionError(
        f"no URL on stdout; exit status {process.poll()}; it said:\n{log.read_text()}"
    )


async def start(
    folder: Path,
    *settings: str,
    program: Sequence[str] = ("run.py",),
    environment: Mapping[str, str] = MappingProxyType({}),
    python: Path = Path(sys.executable),
    cwd: Path = ROOT,
) -> Server:
    """Start a server with its data in folder, and wait until it listens.

    `program` is what `python` runs in the folder `cwd`, `environment` what it finds
    besides ours. It is the caller's to end.
    """
    command = [str(python), "-W", "error", *program, *arguments(folder, *settings)]
    ours = {key: value for key, value in os.environ.items() if not key.startswith("CHAT_")}
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=cwd, env={**ours, **environment}, stdout=output, stderr=subprocess.STDOUT
        )
    return await listening(process, log)


def arguments(folder: Path, *settings: str) -> list[str]:
    """What run.py is told, to serve with its data in folder."""
    ours = ("server.port=0", f"storage.folder={folder / 'data'}", *settings)
    return [word for setting in ours for word in ("--set", setting)]


async def listening(process: Process, log: Path) -> Server:
    """Wait until a server listens; one that does not is ended."""
    try:
        return Server(await _url(process, log), process, log)
    except BaseException:
        end(process)
        raise


def end(process: Process) -> None:
    """End a process at once, if it runs."""
    if process.poll() is None:
        process.kill()
        process.wait()


@asynccontextmanager
async def serve(
    folder: Path,
    *settings: str,
    stop: signal.Signals = signal.SIGTERM,
    program: Sequence[str] = ("run.py",),
    environment: Mapping[str, str] = MappingProxyType({}),
    python: Path = Path(sys.executable),
    cwd: Path = ROOT,
) -> AsyncIterator[Server]:
    """Run a server as `start` does until the block ends; it must end well too.

    It is ended by the signal `stop`, if the block has not ended it already.
    """
    server = await start(
        folder, *settings, program=program, environment=environment, python=python, cwd=cwd
    )
    async with ending_well(server, stop):
        yield server


@asynccontextmanager
async def ending_well(server: Server, stop: signal.Signals) -> AsyncIterator[None]:
    """End a server as `serve` does."""
    process = server.process
    try:
        yield
        process.send_signal(stop)
        status = await asyncio.to_thread(process.wait, STOP_SECONDS)
        said = server.log.read_text()
        expected = -signal.SIGKILL if stop is signal.SIGKILL else 0
        assert status == expected, f"exit status {status} after {stop.name}; it said:\n{said}"
        assert "Traceback" not in said, said
    finally:
        end(process)
