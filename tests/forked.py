"""A real server in a process of its own, which begins with its modules read: as `python run.py`,
in a quarter of the time. What begins and ends with the program is tested on that one."""

import multiprocessing
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from chat_app.main import main
from tests.servers import ROOT, Server, arguments, ending_well, listening

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.preloaded"])


class Forked:
    """A tests.servers.Process: Python's own says the same in other words."""

    def __init__(self, words: Sequence[str], log: Path) -> None:
        self._process = _CONTEXT.Process(target=_run, args=(words, log), daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("run.py", timeout or 0)
        return self._process.exitcode

    def send_signal(self, sig: int, /) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _run(words: Sequence[str], log: Path) -> None:
    """Be `python -W error run.py`, with its output in a file and nothing set by environment."""
    os.chdir(ROOT)
    for name in [name for name in os.environ if name.startswith("CHAT_")]:
        del os.environ[name]
    with log.open("wb") as output:
        for standard in (sys.stdout, sys.stderr):
            os.dup2(output.fileno(), standard.fileno())
    warnings.simplefilter("error")
    sys.argv = ["run.py", *words]
    sys.exit(main())


@asynccontextmanager
async def serve(
    folder: Path, *settings: str, stop: signal.Signals = signal.SIGTERM
) -> AsyncIterator[Server]:
    """Run a server as tests.servers.serve does, without what that can do besides."""
    log = folder / "server.log"
    log.write_bytes(b"")
    server = await listening(Forked(arguments(folder, *settings), log), log)
    async with ending_well(server, stop):
        yield server
