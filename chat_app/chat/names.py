"""What a room or a person may be called, and when two names are one room."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from chat_app.chat.lookalikes import FILLERS, lookalikes, small
from chat_app.errors import RoomNameRefused, UserNameRefused
from chat_app.models import User

ROOM_NAME_CHARS: Final = 64
USER_NAME_CHARS: Final = 32

# Whoever is called that seems to speak for this server.
_RESERVED: Final = frozenset(
    small(word)
    for word in (
        *("owner", "admin", "administrator", "moderator", "mod", "operator", "root", "support"),
        *("system", "server", "staff", "security", "official", "everyone", "here", "guest"),
        *("관리자", "운영자", "운영진", "방장", "소유자", "시스템", "서버", "공지", "손님", "공식"),
    )
)

# "Guest 1a2b", as `small` makes it.
_GUESTS: Final = re.compile("guest[ol2-9a-f]{4}")

# C0, C1 and DEL; the marks that reorder text; halves of a surrogate pair.
_REFUSED: Final = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@lru_cache(maxsize=1024)  # all who come to a room come with its name
def room_name(text: str) -> str:
    """Return the name as it is shown: NFC, trimmed, each run of white space one space.

    Raises RoomNameRefused if nothing is left, or more than 64 code points, or if it
    has a "/", a control or bidi character, or is "." or "..".
    """
    if _REFUSED.search(text):
        raise RoomNameRefused("A room's name cannot have control or text-direction characters.")
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not _shows(name):
        raise RoomNameRefused("A room needs a name.")
    if len(name) > ROOM_NAME_CHARS:
        raise RoomNameRefused(
            "A room's name has at most {limit} characters.", limit=ROOM_NAME_CHARS
        )
    if "/" in name or name in (".", ".."):
        raise RoomNameRefused("A room's name cannot have a slash, or be only dots.")
    return name


@lru_cache(maxsize=1024)
def room_key(name: str) -> str:
    """Return what all spellings of a room's name share: case and composition aside."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def user_name(text: str) -> str:
    """Return a person's name as it is shown, as `room_name` does.

    Raises UserNameRefused if nothing is left, or more than 32 code points, or if it
    has a control or bidi character, or can be taken for a reserved word.
    """
    if _REFUSED.search(text):
        raise UserNameRefused("A name cannot have control or text-direction characters.")
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not _shows(name):
        raise UserNameRefused("A name cannot be empty.")
    if len(name) > USER_NAME_CHARS:
        raise UserNameRefused("A name has at most {limit} characters.", limit=USER_NAME_CHARS)
    if not _RESERVED.isdisjoint(lookalikes(name)):
        raise UserNameRefused("This name is reserved.")
    return name


def guest(user_id: str) -> User:
    """Return a guest who has not chosen a name: it comes from the id, so it stays."""
    return User(user_id, f"Guest {user_id.removeprefix('u_')[:4]}")


def is_guests(name: str) -> bool:
    """Tell whether a name can be taken for one that `guest` gives."""
    return any(_GUESTS.fullmatch(key) for key in lookalikes(name))


def _shows(name: str) -> bool:
    return any(
        letter not in FILLERS and unicodedata.category(letter) not in ("Cf", "Zs", "Mn")
        for letter in name
    )
