"""The rows of a room's page, ready to be written down.

The template only fills them in: fifty rows are most of what a page costs.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from chat_app.chat.times import iso
from chat_app.models import Event, Kind
from chat_app.web.emoji import is_emoji

GROUP_MS: Final = 300_000  # between two messages of one author that stand under one head
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
# As in static/js/core/texts.js: Korean must not break within words, whatever the page's language;
# and what is written from the right stands there with its author.
_HANGUL: Final = re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")
_RTL: Final = re.compile(r"[\W\d_]*+[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


class Row(NamedTuple):
    """One message; of a deleted one `message` is empty. Days and groups are those of UTC: the
    page puts them right for the reader's time zone. `day` is set where a new one begins;
    `classes` are of CSS; `lang` is "ko" or nothing."""

    day: str | None
    classes: str
    lang: str
    seq: int
    id: str
    author: str
    hue: int
    initial: str
    name: str
    at: str
    clock: str
    message: str


def rows(events: Sequence[Event], reader: str) -> Iterator[Row]:
    """Return the rows of the messages among `events`, oldest first, as the user with the id
    `reader` sees them."""
    before: Event | None = None
    today = ""
    for event in events:
        if event.kind is Kind.DELETION:
            continue
        user, text, at = event.user, event.message, iso(event.at)
        new_day = today != at[:10]
        today = at[:10]
        head = new_day or before is None or user != before.user or event.at - before.at > GROUP_MS
        classes = f"row{' head' if head else ''}{' own' if user.id == reader else ''}"
        lang = ""
        if not text:
            classes += " gone"
        elif not text.isascii():  # what is has none of these
            classes += f"{' rtl' if _RTL.match(text) else ''}{' emoji' if is_emoji(text) else ''}"
            lang = "ko" if _HANGUL.search(text) else ""
        yield Row(
            today if new_day else None,
            classes,
            lang,
            event.seq,
            event.id,
            user.id,
            hue(user.id),
            user.name[:1].upper(),
            user.name,
            at,
            at[11:16],
            text,
        )
        before = event


@lru_cache(maxsize=1024)
def hue(id: str) -> int:
    """Return the hue of a person or room, 0-11, from the end of the id; core/texts.js
    counts the same way."""
    last = (_DIGITS.find(digit) for digit in reversed(id[-3:]))
    return sum(weight * digit for weight, digit in zip((1, 5, 7), last, strict=False)) % 12
