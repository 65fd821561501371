"""The rows of a room's page, ready to be written down.

The template only fills them in: fifty rows are most of what a page costs.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from chat_app.chat.times import clock, day, iso
from chat_app.models import Event
from chat_app.web.emoji import is_emoji

GROUP_MS: Final = 300_000  # between two messages of one author that stand under one head
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
# As in static/js/core/texts.js: Korean must not break within words, whatever the page's language;
# and what is written from the right stands there with its author.
_HANGUL: Final = re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")
_RTL: Final = re.compile(r"[\W\d_]*+[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


class Row(NamedTuple):
    """One event. Days and groups are those of UTC: the page puts them right for the
    reader's time zone. `day` is set where a new one begins; `classes` are of CSS; `lang` is
    "ko" or nothing. Numbers are texts, since these are escaped the quickest."""

    day: str | None
    classes: str
    lang: str
    seq: str
    id: str
    author: str
    hue: str
    initial: str
    name: str
    at: str
    clock: str
    message: str


def rows(events: Sequence[Event], reader: str) -> Iterator[Row]:
    """Return the rows of `events`, oldest first, as the user with the id `reader` sees them."""
    before: Event | None = None
    for event in events:
        user, at = event.user, event.at
        today = day(at)
        new_day = before is None or today != day(before.at)
        head = new_day or before is None or user != before.user or at - before.at > GROUP_MS
        yield Row(
            today if new_day else None,
            f"row{' head' if head else ''}{' own' if user.id == reader else ''}"
            f"{' rtl' if _RTL.match(event.message) else ''}"
            f"{' emoji' if is_emoji(event.message) else ''}",
            "ko" if _HANGUL.search(event.message) else "",
            str(event.seq),
            event.id,
            user.id,
            str(hue(user.id)),
            user.name[:1].upper(),
            user.name,
            iso(at),
            clock(at),
            event.message,
        )
        before = event


@lru_cache(maxsize=1024)
def hue(id: str) -> int:
    """Return the hue of a person or room, 0-11, from the end of the id; core/texts.js
    counts the same way."""
    last = (_DIGITS.find(digit) for digit in reversed(id[-3:]))
    return sum(weight * digit for weight, digit in zip((1, 5, 7), last, strict=False)) % 12
