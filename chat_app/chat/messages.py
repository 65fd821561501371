"""What may be said: how a text becomes a draft."""

import itertools
import re
import secrets
import time
from typing import Final

from chat_app.errors import CommandRefused, Invalid, Malformed, MessageEmpty, MessageTooLong
from chat_app.models import OWN, Draft, User

_STRIPPED: Final = re.compile("[\x01-\x08\x0b-\x1f\x7f]")
_NOT_TEXT: Final = re.compile("[\0\ud800-\udfff]")
_COMMAND: Final = re.compile(r"\s*(/+)[^\W\d_]")
_ID: Final = re.compile("[A-Za-z0-9_-]{8,64}")
_PROCESS: Final = secrets.token_urlsafe(9)
_count: Final = itertools.count()


def draft(
    room_key: str, room_name: str, author: User, text: str, id: str | None, *, most_chars: int
) -> Draft:
    """Return the draft of a message; without an `id` it gets one of the server's own.

    C0 controls but newline and tab are taken out. Raises MessageEmpty where only
    white space is left, MessageTooLong beyond `most_chars` code points (0: no
    limit), Malformed for a NUL or a lone surrogate, Invalid for an id that breaks the
    rule in `Draft`.
    """
    if not text.isprintable():
        text = plain(text)
    if not text or text.isspace():
        raise MessageEmpty("The message is empty.")
    if most_chars and len(text) > most_chars:
        raise MessageTooLong("A message has at most {limit} characters.", limit=most_chars)
    at = time.time_ns() // 1_000_000
    if id is None:
        id = f"{OWN}{_PROCESS}{next(_count)}"
    elif not is_id(id):
        raise Invalid("An id has 8 to 64 characters of A-Z a-z 0-9 _ and -.")
    return Draft(room_key, room_name, id, author, text, at)


def typed(text: str) -> str:
    """Return what a person who typed this wants to say: of two slashes and more before a word
    one is taken away. Raises CommandRefused for one slash: a command goes out by no accident.

    As static/js/later/commands.js has it. Programs say what they say, slash or not.
    """
    if not (found := _COMMAND.match(text)):
        return text
    if len(found[1]) == 1:
        raise CommandRefused(
            "Commands need scripts. To send this as it is, begin with two slashes: //"
        )
    return text.lstrip()[1:]


def plain(text: str) -> str:
    """Return a text without C0 controls but newline and tab. Raises Malformed as `draft` does."""
    if _NOT_TEXT.search(text):
        raise Malformed("A message cannot have a NUL or half a character in it.")
    return _STRIPPED.sub("", text)


def is_id(text: str) -> bool:
    """Tell whether a client may call a message that: see `Draft`."""
    return _ID.fullmatch(text) is not None


def new_id(at: int) -> str:
    """Return an id as a client would choose it, at the time `at` (ms): for what may come twice.

    No other has it: what follows the time is of this process, and counts. Ids are ordered in
    time, as the index likes.
    """
    return f"{at:011x}{_PROCESS}{next(_count)}"
