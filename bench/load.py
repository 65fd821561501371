"""The load generator, as a function."""

import json
import subprocess
from typing import Any

from bench.build import build
from bench.machine import LOAD_CORE, on_core
from bench.scenarios import Load
from bench.server import Server

Measured = dict[str, Any]  # what load.c prints


def load(server: Server, mode: str, options: Load) -> Measured:
    """Put load on a server and return what came of it.

    Raises RuntimeError if the generator itself could not do it.
    """
    command = [str(build("load")), mode, "--port", str(server.port)]
    for pid in server.pids():
        command += ["--pid", str(pid)]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    with on_core(LOAD_CORE):
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    try:
        said, complaints = process.communicate()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if process.returncode:
        raise RuntimeError(f"load: exit status {process.returncode}: {complaints.strip()}")
    measured: Measured = json.loads(said)
    return measured
