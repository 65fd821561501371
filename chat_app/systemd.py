"""Telling the service manager how it goes: systemd's notification protocol, sd_notify(3).

Datagrams to the socket that `NOTIFY_SOCKET` names. Without one, nobody wants to know.
"""

import asyncio
import os
import socket
from contextlib import suppress


def notify(*states: str) -> None:
    """Say "READY=1", "STOPPING=1", "WATCHDOG=1" or "STATUS=…"."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address.startswith(("/", "@")):
        # @: a name that is no file, which the kernel knows by a leading NUL.
        address = address.replace("@", "\0", 1) if address[0] == "@" else address
        # A manager that does not listen must not end the service.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            sock.sendto("\n".join(states).encode(), address)


async def keep_watchdog_quiet() -> None:
    """Say twice in each of the watchdog's intervals that the event loop turns, if it asks."""
    pid = os.environ.get("WATCHDOG_PID", str(os.getpid()))
    seconds = int(os.environ.get("WATCHDOG_USEC", "0")) / 2_000_000
    while seconds and pid == str(os.getpid()):
        notify("WATCHDOG=1")
        await asyncio.sleep(seconds)
