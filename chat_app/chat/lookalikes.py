"""When two names can be taken for each other.

After Unicode's UTS #39: each character is replaced by the one that it looks like, so that
Latin and Cyrillic "а", or "l", "1" and "I", come out the same.
"""

import unicodedata
from typing import Final

from confusable_homoglyphs.confusables import confusables_data

# Letters that show nothing.
FILLERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")

_UNSEEN: Final = frozenset(("Cc", "Cf", "Zs"))
_UNSEEN_MARKS: Final = FILLERS | {"\u034f", *map(chr, range(0xFE00, 0xFE10))}


def _prototypes() -> dict[int, str]:
    """Return, for every character that looks like another, what stands for all of those.

    The data is a relation, and stars only: what stands for a star is its centre, the
    character or the few ("rn") with more than one that looks like it.
    """
    alike = {text: [each["c"] for each in others] for text, others in confusables_data.items()}
    found = {}
    for text, others in alike.items():
        if len(text) == 1 and len(others) == 1:
            other = others[0]
            # Of a pair, each is the other's only one.
            if len(alike.get(other, ())) > 1 or (len(other), other) > (1, text):
                found[ord(text)] = other
    # Whoever writes the one in capitals means the other: "Iris" and "lris", "iris".
    return found | {ord("i"): "l", ord("0"): "o"}


_PROTOTYPES: Final = _prototypes()


def lookalikes(name: str) -> frozenset[str]:
    """Return the keys of a name: one that can be taken for it shares one of them.

    Capitals can look like what their small letters do not (В and B, в and b), so a name
    has a key as it is written, and `small(name)`.
    """
    return frozenset((_key(name), small(name)))


def small(name: str) -> str:
    """Return the key that a name shares with itself in any other case."""
    return _key(unicodedata.normalize("NFKC", name).casefold())


def _key(name: str) -> str:
    text = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", name))
    # What it looks like may look like something in turn, once its case is gone.
    for _ in range(2):
        text = text.translate(_PROTOTYPES).casefold()
    shown = (
        letter
        for letter in text
        if letter not in _UNSEEN_MARKS and unicodedata.category(letter) not in _UNSEEN
    )
    return "".join(shown)
