"""A server in a process of its own, on a core of its own."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.machine import ROOT, SERVER_CORE, on_core
from bench.programs import Command

START_SECONDS = STOP_SECONDS = 60.0


@dataclass
class Server:
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    status: int | None = field(default=None)  # its exit status, once it has been stopped

    @property
    def said(self) -> str:
        """What it has written: its log."""
        return self.log.read_text(errors="replace")

    def pids(self) -> list[int]:
        """Return the server's process and those that it has started."""
        return tree(self.process.pid)

    def stop(self) -> None:
        """Ask it to end as an operator would; whoever does not listen is killed."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.status = self.process.wait()


def tree(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found.extend(parents.get(one, []))
    return found


@contextmanager
def serving(command: Command, folder: Path) -> Iterator[Server]:
    """Run a server until the block ends; what it says goes to folder/server.log."""
    port = _free_port()
    log = folder / "server.log"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CHAT_")}
    with log.open("wb") as output, on_core(SERVER_CORE):
        process = subprocess.Popen(
            command(port, folder),
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(port, process, log)
    try:
        _wait_until_listening(server)
        yield server
    finally:
        server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_listening(server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", server.port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    said = re.sub(r"\s+", " ", server.log.read_text(errors="replace"))[-400:]
    if (status := server.process.poll()) is not None:
        raise RuntimeError(f"it does not listen; exit status {status}: {said}")
    # Starved by a neighbour, or stuck by itself? Its CPU time in ticks tells.
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    raise RuntimeError(f"it does not listen; state {fields[0]}, {ticks} ticks of CPU: {said}")
