"""Everything that is opened when the server starts and closed when it stops, in order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial

from aiohttp import web
from itsdangerous import TimestampSigner

from chat_app import keys
from chat_app.chat.accounts import Accounts
from chat_app.chat.limits import ConnectionsPerAddress, MessageRate
from chat_app.chat.links import SECRET, Links
from chat_app.chat.passwords import Passwords
from chat_app.chat.rooms import Rooms
from chat_app.chat.sessions import Sessions
from chat_app.chat.users import Users
from chat_app.store import open_store
from chat_app.ws.connection import Connection
from chat_app.ws.heartbeat import sweep_for_ever
from chat_app.ws.presence import encode_presence
from chat_app.ws.protocol import Bye, Close, encode_event
from chat_app.ws.reader import serve

# Where clients of a server that goes down wait before they come back, in milliseconds:
# spread, so that they do not come all at once.
RETRY_MS = (500, 8000)


def setup_lifecycle(app: web.Application) -> None:
    app.cleanup_ctx.extend([store_ctx, accounts_ctx, rooms_ctx, sweep_ctx])
    app.on_shutdown.append(say_goodbye)


async def store_ctx(app: web.Application) -> AsyncIterator[None]:
    app[keys.STORE] = store = await open_store(app[keys.CONFIG].storage)
    app[keys.SIGNER] = TimestampSigner(await store.secret("cookie"), salt="guest")
    yield
    await store.close()


async def accounts_ctx(app: web.Application) -> AsyncIterator[None]:
    store, config = app[keys.STORE], app[keys.CONFIG]
    app[keys.USERS] = users = Users(store.accounts)
    app[keys.SESSIONS] = sessions = Sessions(store.accounts)
    app[keys.LINKS] = links = Links(await store.secret(SECRET))
    passwords = Passwords()
    app[keys.ACCOUNTS] = Accounts(
        store.accounts, users, sessions, passwords, links, config.accounts, config.limits
    )
    sweep = asyncio.create_task(sessions.sweep_for_ever(), name="sweep sessions")
    yield
    sweep.cancel()
    with suppress(asyncio.CancelledError):
        await sweep
    passwords.close()


async def rooms_ctx(app: web.Application) -> AsyncIterator[None]:
    limits = app[keys.CONFIG].limits
    app[keys.ROOMS] = rooms = Rooms(app[keys.STORE], encode_event, encode_presence)
    app[keys.MESSAGE_RATE] = rate = MessageRate(limits.message_rate, limits.message_burst)
    app[keys.SERVE] = partial(serve, rate)
    app[keys.ADDRESSES] = ConnectionsPerAddress(limits.connections_per_address)
    yield
    await rooms.close()


async def sweep_ctx(app: web.Application) -> AsyncIterator[None]:
    connections: set[Connection] = set()
    app[keys.CONNECTIONS] = connections
    sweep = asyncio.create_task(sweep_for_ever(connections), name="sweep")
    yield
    sweep.cancel()
    with suppress(asyncio.CancelledError):
        await sweep


async def say_goodbye(app: web.Application) -> None:
    """Tell all connections at once that the server goes down, and close them."""
    open_now: set[Connection] = app[keys.CONNECTIONS]
    connections = tuple(open_now)  # it changes while they close
    for conn in connections:
        conn.send(Bye(Close.RESTART, RETRY_MS))
    if connections:
        await asyncio.wait([conn.close(Close.RESTART) for conn in connections])
