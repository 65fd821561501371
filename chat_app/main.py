"""The composition root, and the command line."""

import argparse
import asyncio
import gc
import logging
import resource
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from logging.handlers import QueueHandler, QueueListener
from pathlib import Path
from queue import Queue

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from uvloop import new_event_loop

from chat_app import __version__, keys
from chat_app.assets import find_folder, load_assets
from chat_app.config import Config, load_config
from chat_app.drain import Drain
from chat_app.errors import StartError
from chat_app.jobs import Job, add_jobs
from chat_app.lifecycle import setup_lifecycle
from chat_app.routes import setup_routes
from chat_app.systemd import keep_watchdog_quiet, notify
from chat_app.web.around import add_headers
from chat_app.web.rendering import setup_templates
from chat_app.ws.inbox import spare_nodelay

BACKLOG = 1024  # connections that may wait to be accepted; a room may come back all at once
# For requests that are still being answered when all sockets are closed; aiohttp waits as long
# again for those that it cancels. With the goodbye it makes less than the promised 10 s.
SHUTDOWN_SECONDS = 2.0
# What the kernel may hold for a reader that has gone; by default it grows to megabytes.
SEND_BUFFER_BYTES = 64 * 1024
# In which a peer must take something. An answer would wait for its reader as long as it
# takes, and hold its memory: the kernel ends such a connection.
STALLED_SECONDS = 30
# For a request's head to come, and an idle connection to go. Reverse proxies keep theirs
# for up to 60 s and are annoyed by one that closes first; aiohttp would wait for an hour.
IDLE_SECONDS = 75.0
# New objects between two looks for garbage, and looks until the older ones are gone through
# too. What a connection or a message leaves is freed without the collector; Python's own
# 700 has it walk through all that is in flight, again and again. What was looked at once counts
# as old: the middle generation is due at once (its count of looks is above -1), and so never
# holds anything. Looked at a second time, all that many connections bring is walked through
# once more for nothing; put off to every 20th look, that held up the loop for 0.4 s.
GC_THRESHOLDS = (10_000, -1, 800)


def create_app(config: Config) -> web.Application:
    """Put the application together. Nothing is opened before it starts."""
    app = web.Application(client_max_size=256 * 1024)
    app[keys.CONFIG] = config
    app[keys.ASSETS] = load_assets(find_folder("static"))
    app.on_response_prepare.append(add_headers)
    setup_templates(app)
    setup_routes(app)
    setup_lifecycle(app)
    return app


async def serve(config: Config) -> None:
    """Serve until SIGTERM or SIGINT, and drain; a second signal cuts that short.

    Raises StartError where it cannot serve.
    """
    app = create_app(config)
    drain = app[keys.DRAIN]
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, drain.ask)
    runner = web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=SHUTDOWN_SECONDS,
        keepalive_timeout=IDLE_SECONDS,
        tcp_keepalive=False,  # `set_bounds` does
    )
    spare_nodelay()
    watchdog = asyncio.create_task(keep_watchdog_quiet(), name="watchdog")
    try:
        await runner.setup()
        # What is there now stays: a collection that walks all of it holds up a turn. This one
        # takes a twentieth of a second, so nobody is let in before it.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        host, port = config.server.host, config.server.port
        try:
            await listen(runner, host, port)
        except (OSError, UnicodeError) as error:
            reason = (getattr(error, "strerror", None) or str(error)).lower()
            raise StartError(f"server.host {host}, server.port {port}: {reason}") from error
        bound = runner.addresses[0][1]
        shown = f"[{host}]" if ":" in host else host
        lines = f"Rooms are open at http://{shown}:{bound}/chat/"
        if not await app[keys.STORE].accounts.has_owner():
            link = f"http://{shown}:{bound}/link/{app[keys.LINKS].make('first')}/"
            lines += f"\nNobody owns this server yet; who opens this can: {link}"
        print(lines, flush=True)  # at once: who waits for the first line finds both
        notify("READY=1")
        await drain.begun.wait()
        notify("STOPPING=1")
        seconds = config.server.drain_seconds
        await drain.wait_for(asyncio.sleep(seconds), seconds)
    finally:
        hurry = asyncio.create_task(cut_when_hurried(drain, runner), name="hurry")
        await runner.cleanup()
        hurry.cancel()
        watchdog.cancel()


async def cut_when_hurried(drain: Drain, runner: web.AppRunner) -> None:
    """Cut every connection once there is no time: whatever waits for a peer ends then."""
    await drain.hurried.wait()
    for connection in runner.server.connections if runner.server else ():
        if connection.transport is not None:
            connection.transport.abort()


async def listen(runner: web.AppRunner, host: str, port: int) -> None:
    """Listen on every address of `host`. Raises OSError or UnicodeError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    for family, kind, protocol, _, address in dict.fromkeys(found):
        sock = socket.socket(family, kind, protocol)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        set_bounds(sock)
        try:
            sock.bind(address)
        except BaseException:
            sock.close()
            raise
        await web.SockSite(runner, sock, backlog=BACKLOG).start()


def set_bounds(listening: socket.socket) -> None:
    """Bound what a peer that takes nothing can hold, find out those that are gone, and have
    nothing wait for more to be sent.

    Every connection inherits it: set on each of them it would take as long as signing its
    cookie.
    """
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_SECONDS * 1000)


@contextmanager
def logging_beside() -> Iterator[None]:
    """Log to stderr from a thread: who reads stderr slowly must not hold up the loop."""
    lines = logging.StreamHandler()
    lines.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    records: Queue[logging.LogRecord] = Queue()
    listener = QueueListener(records, lines)
    root = logging.getLogger()
    root.addHandler(QueueHandler(records))
    root.setLevel(logging.INFO)
    # What a client alone brings about is not written down: a subprotocol of its own,
    # and what is no HTTP, which aiohttp logs with a traceback and the client's bytes.
    logging.getLogger("aiohttp.websocket").setLevel(logging.ERROR)
    logging.getLogger("aiohttp.server").addFilter(_is_ours)
    listener.start()
    try:
        yield
    finally:
        listener.stop()


def _is_ours(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError | web.RequestPayloadError | ConnectionError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        prog=Path(sys.argv[0]).name,  # run.py, or chat-app where it is installed
        description="Rooms on the web that anybody can open.",
    )
    parser.add_argument("--version", action="version", version=f"chat-app {__version__}")
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="settings (default: config.yaml, if there)"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        dest="overrides",
        help="one setting, before those of file and environment; may be given again",
    )
    parser.set_defaults(job=_serve)
    add_jobs(parser)
    options = parser.parse_args(arguments)
    default = Path("config.yaml") if Path("config.yaml").exists() else None
    try:
        config = load_config(options.config or default, options.overrides)
        job: Job = options.job
        return job(config, options)
    except StartError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2


def _serve(config: Config, options: argparse.Namespace) -> int:
    raise_file_limit()
    with logging_beside(), asyncio.Runner(loop_factory=new_event_loop) as runner:
        try:
            runner.run(serve(config))
        except KeyboardInterrupt:
            pass  # before it was serving; nothing is open
        finally:
            # It is on its way out: a second signal must not make that a failure.
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
    return 0


def raise_file_limit() -> None:
    """Take as many file descriptors as the system gives: each connection is two."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
