"""The load generator, as a function."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bench.build import build
from bench.machine import LOAD_CORE, on_core
from bench.scenarios import Load
from bench.server import Server

Measured = dict[str, Any]  # what load.c prints


class Loading:
    """A load generator at work."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def wait_until_connected(self) -> None:
        """Return when the warm-up begins. Raises RuntimeError if it never does."""
        assert self._process.stderr is not None  # noqa: S101 - a pipe, as started below
        for line in self._process.stderr:
            if line.startswith("connected "):
                return
        raise RuntimeError("load: it ended before it began")

    def result(self) -> Measured:
        """Wait for the end. Raises RuntimeError if the generator itself could not do it."""
        said, complaints = self._process.communicate()
        if self._process.returncode:
            status = self._process.returncode
            raise RuntimeError(f"load: exit status {status}: {complaints.strip()}")
        measured: Measured = json.loads(said)
        return measured


@contextmanager
def loading(server: Server, mode: str, options: Load) -> Iterator[Loading]:
    """Put load on a server, from another core than its own."""
    with loading_at([server.port], server.pids(), mode, options) as generator:
        yield generator


@contextmanager
def loading_at(
    ports: Sequence[int], pids: Sequence[int], mode: str, options: Load
) -> Iterator[Loading]:
    """Put load on servers: measured["cpu_s"] has the CPU time of each process, as in `pids`."""
    command = [str(build("load")), mode]
    for port in ports:
        command += ["--port", str(port)]
    for pid in pids:
        command += ["--pid", str(pid)]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    with on_core(LOAD_CORE):
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    try:
        yield Loading(process)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def load(server: Server, mode: str, options: Load) -> Measured:
    """Put load on a server and return what came of it; RuntimeError as `Loading.result`."""
    with loading(server, mode, options) as generator:
        return generator.result()
