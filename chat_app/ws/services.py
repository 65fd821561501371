"""What a socket needs of the application, found once for all of them."""

from dataclasses import dataclass

from chat_app.chat.accounts import Accounts
from chat_app.chat.limits import ConnectionsPerAddress
from chat_app.chat.members import Members
from chat_app.chat.moderation import Moderation
from chat_app.chat.rooms import Rooms
from chat_app.chat.sessions import Sessions
from chat_app.chat.users import Users
from chat_app.config import Limits
from chat_app.drain import Drain
from chat_app.ws.connection import Connection
from chat_app.ws.reader import Serve


@dataclass(frozen=True, slots=True)
class Services:
    """Found by their keys, one by one, they were 36 of the 254 calls that a handshake makes.

    `connections`: every open socket, for the sweep and for going down.
    """

    accounts: Accounts
    addresses: ConnectionsPerAddress
    connections: set[Connection]
    drain: Drain
    limits: Limits
    members: Members
    moderation: Moderation
    rooms: Rooms
    serve: Serve
    sessions: Sessions
    users: Users
