"""One-time links: signed, so that they need not be stored before they are used.

An operator's job can make one while the server runs: it only reads the key. That a link
works once, the store sees to when it is used.
"""

import hashlib
import secrets
import time
from typing import Final, Literal

import msgspec
from itsdangerous import BadSignature, URLSafeSerializer

from chat_app.errors import LinkRefused
from chat_app.models import Account, Link

SECRET: Final = "links"  # noqa: S105 - what the store calls the key

_HOUR_MS: Final = 3_600_000

Kind = Literal["first", "owner", "invite", "reset"]

# How long each is good for. "first": an owner's link that is void once there is an owner.
LASTS_MS: Final[dict[str, int]] = {
    "first": 24 * _HOUR_MS,
    "owner": 24 * _HOUR_MS,
    "invite": 7 * 24 * _HOUR_MS,
    "reset": _HOUR_MS,
}


class Links:
    """Makes and reads the tokens in one-time links."""

    def __init__(self, secret: str) -> None:
        self._serializer = URLSafeSerializer(secret, salt="link")

    def make(self, kind: Kind, account: Account | None = None) -> str:
        """Return a new token; one of kind "reset" is for `account`."""
        until = time.time_ns() // 1_000_000 + LASTS_MS[kind]
        whose = (account.user.id, stamp(account)) if account else ("", "")
        link = Link(secrets.token_hex(8), kind, until, *whose)
        token: str = self._serializer.dumps(msgspec.structs.astuple(link))
        return token

    def read(self, token: str) -> Link:
        """Return the link of a token that `make` gave. Raises LinkRefused, also if too old."""
        try:
            link = Link(*self._serializer.loads(token))
        except BadSignature as error:
            raise LinkRefused("This link is not one of this server.") from error
        if link.until < time.time_ns() // 1_000_000:
            raise LinkRefused("This link is too old.")
        return link


def stamp(account: Account) -> str:
    """Return what changes with the account's password."""
    return hashlib.sha256(account.password.encode()).hexdigest()[:16]
