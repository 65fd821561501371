"""All application and request state, by type. Nothing else is kept in either."""

from typing import Any

from aiohttp import web
from itsdangerous import TimestampSigner

from chat_app.assets import Assets
from chat_app.broker import Broker
from chat_app.chat.accounts import Accounts
from chat_app.chat.control import Control
from chat_app.chat.health import Health
from chat_app.chat.invites import Invites
from chat_app.chat.limits import ConnectionsPerAddress, MessageLimit
from chat_app.chat.links import Links
from chat_app.chat.members import Members
from chat_app.chat.moderation import Moderation
from chat_app.chat.rooms import Rooms
from chat_app.chat.sessions import Sessions
from chat_app.chat.users import Users
from chat_app.config import Config
from chat_app.drain import Drain
from chat_app.models import Caller
from chat_app.store import Store

CONFIG = web.AppKey("CONFIG", Config)
DRAIN = web.AppKey("DRAIN", Drain)
ASSETS = web.AppKey("ASSETS", Assets)
STORE = web.AppKey("STORE", Store)
HEALTH = web.AppKey("HEALTH", Health)
BROKER = web.AppKey("BROKER", Broker)
CONTROL = web.AppKey("CONTROL", Control)
ROOMS = web.AppKey("ROOMS", Rooms)
MEMBERS = web.AppKey("MEMBERS", Members)
MODERATION = web.AppKey("MODERATION", Moderation)
INVITES = web.AppKey("INVITES", Invites)
USERS = web.AppKey("USERS", Users)
SESSIONS = web.AppKey("SESSIONS", Sessions)
ACCOUNTS = web.AppKey("ACCOUNTS", Accounts)
LINKS = web.AppKey("LINKS", Links)
MESSAGE_LIMIT = web.AppKey("MESSAGE_LIMIT", MessageLimit)
ADDRESSES = web.AppKey("ADDRESSES", ConnectionsPerAddress)
# Every open socket, for the sweep and for going down: chat_app.ws.connection.Connection,
# a type that this module lies below.
CONNECTIONS: web.AppKey[set[Any]] = web.AppKey("CONNECTIONS", set)
# What every socket needs: chat_app.ws.services.Services.
SERVICES: web.AppKey[Any] = web.AppKey("SERVICES", object)
# Signs the guests' cookies.
SIGNER = web.AppKey("SIGNER", TimestampSigner)

CALLER = web.RequestKey("CALLER", Caller)
# "ko" or "en", once `web.languages.language_of` was asked.
LANGUAGE = web.RequestKey("LANGUAGE", str)
