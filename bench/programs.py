"""What is measured: this program, its peers, and the floor below them all."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.build import build
from bench.machine import ROOT

PEERS = Path(__file__).parent / "peers"

# A benchmark measures the program, not its limits; what is on disk stays as safe as it is.
OUR_SETTINGS = (
    "limits.message_rate=0",
    "limits.message_chars=0",
    "limits.frame_bytes=0",
    "limits.connections_per_address=0",
    "limits.handshakes_per_address=0",
    "limits.rooms_per_user=0",
    "limits.rooms_per_address=0",
    "storage.durability=full",
)

Command = Callable[[int, Path], list[str]]


@dataclass(frozen=True)
class Program:
    """`command(port, folder)` serves on 127.0.0.1:port and may keep things in folder."""

    name: str
    title: str
    command: Command
    packages: tuple[str, ...] = ()
    slow: bool = False  # so slow that the heavier scenarios would only show that it is

    def versions(self) -> str:
        return ", ".join(f"{package} {version_of(package)}" for package in self.packages)


def version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"


def ours(port: int, folder: Path) -> list[str]:
    settings = (f"server.port={port}", f"storage.folder={folder / 'data'}", *OUR_SETTINGS)
    return [sys.executable, str(ROOT / "run.py"), *set_all(settings)]


def set_all(settings: Sequence[str]) -> list[str]:
    """Return the arguments with which run.py takes "section.key=value" for settings."""
    return [flag for setting in settings for flag in ("--set", setting)]


def _peer(name: str) -> Command:
    return lambda port, _: [sys.executable, str(PEERS / f"{name}.py"), str(port)]


def _floor(port: int, _: Path) -> list[str]:
    return [str(build("floor")), str(port)]


OURS = Program("ours", "this program, every message on disk first", ours, ("aiohttp", "uvloop"))
FLOOR = Program("floor", "C, one send a turn, nothing else", _floor)

PROGRAMS = {
    program.name: program
    for program in (
        OURS,
        Program(
            "socketify",
            "socketify (uWebSockets), `ws.publish`",
            _peer("socketify_publish"),
            ("socketify",),
        ),
        Program(
            "aiohttp",
            "aiohttp, `await ws.send_str` in a loop",
            _peer("aiohttp_loop"),
            ("aiohttp", "uvloop"),
        ),
        Program(
            "websockets",
            "websockets, `broadcast()`",
            _peer("websockets_broadcast"),
            ("websockets", "uvloop"),
        ),
        Program(
            "starlette",
            "Starlette on uvicorn",
            _peer("starlette_uvicorn"),
            ("starlette", "uvicorn", "uvloop"),
        ),
        Program(
            "channels",
            "Django Channels' tutorial, in memory",
            _peer("channels_tutorial"),
            ("channels", "Django", "uvicorn"),
            slow=True,
        ),
        FLOOR,
    )
}
