"""Everything that is opened when the server starts and closed when it stops, in order."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial

from aiohttp import web

from chat_app import keys
from chat_app.broker import open_broker
from chat_app.chat.accounts import Accounts
from chat_app.chat.control import Control
from chat_app.chat.health import Health, Part
from chat_app.chat.invites import Invites
from chat_app.chat.limits import ConnectionsPerAddress, MessageLimit, NewRooms
from chat_app.chat.links import SECRET, Links
from chat_app.chat.members import Members
from chat_app.chat.moderation import Moderation
from chat_app.chat.news import News
from chat_app.chat.passwords import Passwords
from chat_app.chat.rooms import Rooms
from chat_app.chat.sessions import Sessions
from chat_app.chat.shared_limits import SharedLimits
from chat_app.chat.users import Users
from chat_app.drain import Drain
from chat_app.store import open_store
from chat_app.web.identity import GuestSigner
from chat_app.ws.connection import Connection
from chat_app.ws.heartbeat import sweep_for_ever
from chat_app.ws.presence import encode_presence
from chat_app.ws.protocol import encode_event
from chat_app.ws.reader import serve
from chat_app.ws.services import Services

log = logging.getLogger(__name__)

SETTLE_SECONDS = 3.0  # for what was posted to be committed when the server goes down


def setup_lifecycle(app: web.Application) -> None:
    app[keys.DRAIN] = Drain()
    app.cleanup_ctx.extend(
        [store_ctx, broker_ctx, accounts_ctx, rooms_ctx, limits_ctx, sockets_ctx]
    )
    app.on_shutdown.append(say_goodbye)


async def store_ctx(app: web.Application) -> AsyncIterator[None]:
    app[keys.STORE] = store = await open_store(app[keys.CONFIG].storage)
    app[keys.SIGNER] = GuestSigner(await store.secret("cookie"))
    app[keys.HEALTH] = Health(
        Part("store_read", "rooms cannot be shown", partial(store.room, ""), needed=True),
        Part("store_write", "messages are refused", store.check, needed=False),
    )
    yield
    await store.close()


async def broker_ctx(app: web.Application) -> AsyncIterator[None]:
    app[keys.BROKER] = broker = open_broker(app[keys.CONFIG].broker, app[keys.STORE].epoch)
    app[keys.CONTROL] = Control(broker.broadcast)
    yield
    await broker.close()


async def accounts_ctx(app: web.Application) -> AsyncIterator[None]:
    store, config = app[keys.STORE], app[keys.CONFIG]
    app[keys.USERS] = users = Users(store.accounts, app[keys.CONTROL])
    app[keys.SESSIONS] = sessions = Sessions(store.accounts, app[keys.CONTROL])
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
    news = News(app[keys.BROKER], app[keys.STORE], app[keys.CONTROL])
    new_rooms = NewRooms(limits.rooms_per_user, limits.rooms_per_address)
    app[keys.ROOMS] = rooms = Rooms(app[keys.STORE], encode_event, encode_presence, news, new_rooms)
    app[keys.MEMBERS] = members = Members(app[keys.STORE], rooms)
    app[keys.MODERATION] = Moderation(app[keys.STORE], rooms, members, app[keys.CONTROL])
    app[keys.INVITES] = Invites(app[keys.STORE], rooms, members)
    app[keys.MESSAGE_LIMIT] = MessageLimit(
        limits.message_rate, limits.message_burst, limits.guest_messages_per_address
    )
    app[keys.ADDRESSES] = ConnectionsPerAddress(
        limits.connections_per_address, limits.handshakes_per_address
    )
    news.start()
    yield
    await rooms.close()
    await news.close()


async def limits_ctx(app: web.Application) -> AsyncIterator[None]:
    if app[keys.BROKER].alone:
        yield
        return
    limits = SharedLimits(app[keys.CONTROL])
    messages, new_rooms = app[keys.MESSAGE_LIMIT], app[keys.ROOMS].new_rooms
    limits.share("messages", messages.users)
    limits.share("messages of guests from", messages.guests)
    limits.share("new rooms", new_rooms.users)
    limits.share("new rooms from", new_rooms.networks)
    app[keys.ACCOUNTS].share_limits(limits)
    telling = asyncio.create_task(limits.tell_for_ever(), name="tell limits")
    yield
    telling.cancel()
    with suppress(asyncio.CancelledError):
        await telling


async def sockets_ctx(app: web.Application) -> AsyncIterator[None]:
    connections: set[Connection] = set()
    app[keys.CONNECTIONS] = connections
    app[keys.SERVICES] = Services(
        accounts=app[keys.ACCOUNTS],
        addresses=app[keys.ADDRESSES],
        connections=connections,
        drain=app[keys.DRAIN],
        limits=app[keys.CONFIG].limits,
        members=app[keys.MEMBERS],
        moderation=app[keys.MODERATION],
        rooms=app[keys.ROOMS],
        serve=partial(serve, app[keys.MESSAGE_LIMIT]),
        sessions=app[keys.SESSIONS],
        users=app[keys.USERS],
    )
    sweep = asyncio.create_task(sweep_for_ever(connections), name="sweep")
    yield
    sweep.cancel()
    with suppress(asyncio.CancelledError):
        await sweep


async def say_goodbye(app: web.Application) -> None:
    """Have all that was posted answered, tell everybody to come back, and close all sockets."""
    drain, rooms = app[keys.DRAIN], app[keys.ROOMS]
    drain.leaving.set()
    open_now: set[Connection] = app[keys.CONNECTIONS]
    connections = tuple(open_now)  # it changes while they close
    answered, retry_ms = asyncio.Event(), when_to_come_back(len(connections))
    goodbyes = [conn.goodbye(answered, retry_ms) for conn in connections]
    if not await drain.wait_for(rooms.settle(), SETTLE_SECONDS):
        log.warning("going down before all that was posted was committed and answered")
    answered.set()
    if goodbyes:
        await asyncio.wait(goodbyes)


def when_to_come_back(connections: int) -> tuple[int, int]:
    """Return the range of milliseconds in which clients spread their return.

    A thousand come back a second, a third of what one core can take in
    (docs/performance.md): sooner than they can, and they would hold each other up.
    """
    return 500, min(max(500 + connections, 2000), 8000)
