"""One sweep that pings every connection and cuts those that do not answer."""

import asyncio
from collections.abc import Collection
from typing import Final

from chat_app.ws.connection import Connection
from chat_app.ws.protocol import WEBSOCKET_PING, Close, Ping, encode

PING_SECONDS: Final = 25
PONG_SECONDS: Final = 10
SWEEP_SECONDS: Final = 5
# Pinged in one turn of the loop: ten thousand would hold it up for a tenth of a second.
AT_ONCE: Final = 100

_PING: Final = encode(Ping())


async def sweep_for_ever(connections: Collection[Connection]) -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        for number, conn in enumerate(tuple(connections), start=1):
            sweep(conn)
            if not number % AT_ONCE:
                await asyncio.sleep(0)


def sweep(conn: Connection) -> None:
    """Count one sweep for a connection: ping it every PING_SECONDS, and cut it if
    nothing at all was read from it for PONG_SECONDS after a ping."""
    conn.quiet += 1
    if conn.unanswered and conn.is_read:
        conn.unanswered += 1
        if (conn.unanswered - 1) * SWEEP_SECONDS >= PONG_SECONDS:
            conn.close(Close.NO_PONG)
    if conn.quiet * SWEEP_SECONDS >= PING_SECONDS:
        conn.quiet = 0
        conn.unanswered = conn.unanswered or 1
        conn.write(_PING if conn.full else WEBSOCKET_PING)
