"""Which messages are nothing but one to three emoji: these are shown twice as large.

`isEmoji` in static/js/core/texts.js is the same rule, by the Unicode properties that a
browser knows and Python does not; tests/texts.json holds the two together. If they
differed, the page would shift as its script comes to life.
"""

import re
from typing import Final

# Emoji_Presentation of Unicode 17: shown as emoji without being asked to.
_SHOWN: Final = (
    "231a-231b 23e9-23ec 23f0 23f3 25fd-25fe 2614-2615 2648-2653 267f 2693 26a1 26aa-26ab "
    "26bd-26be 26c4-26c5 26ce 26d4 26ea 26f2-26f3 26f5 26fa 26fd 2705 270a-270b 2728 274c 274e "
    "2753-2755 2757 2795-2797 27b0 27bf 2b1b-2b1c 2b50 2b55 1f004 1f0cf 1f18e 1f191-1f19a "
    "1f1e6-1f1ff 1f201 1f21a 1f22f 1f232-1f236 1f238-1f23a 1f250-1f251 1f300-1f320 1f32d-1f335 "
    "1f337-1f37c 1f37e-1f393 1f3a0-1f3ca 1f3cf-1f3d3 1f3e0-1f3f0 1f3f4 1f3f8-1f43e 1f440 "
    "1f442-1f4fc 1f4ff-1f53d 1f54b-1f54e 1f550-1f567 1f57a 1f595-1f596 1f5a4 1f5fb-1f64f "
    "1f680-1f6c5 1f6cc 1f6d0-1f6d2 1f6d5-1f6d8 1f6dc-1f6df 1f6eb-1f6ec 1f6f4-1f6fc 1f7e0-1f7eb "
    "1f7f0 1f90c-1f93a 1f93c-1f945 1f947-1f9ff 1fa70-1fa7c 1fa80-1fa8a 1fa8e-1fac6 1fac8 "
    "1facd-1fadc 1fadf-1faea 1faef-1faf8"
)
# Where those lie that are text unless a variation selector or a skin tone follows. Whole blocks:
# what else is in them is nothing that people write.
_ASKED: Final = (
    "a9 ae 203c 2049 2122 2139 2194-21aa 2300-23ff 24c2 25aa-25fe 2600-27bf 2934-2935 2b05-2b55 "
    "3030 303d 3297 3299 1f000-1faff"
)


def _characters(ranges: str) -> str:
    ends = (part.partition("-")[::2] for part in ranges.split())
    return "".join(
        chr(int(first, 16)) + (f"-{chr(int(last, 16))}" if last else "") for first, last in ends
    )


_TONE: Final = "[\U0001f3fb-\U0001f3ff]"
_ONE: Final = (
    f"(?:[{_characters(_SHOWN)}]\ufe0f?|[{_characters(_ASKED)}](?:\ufe0f|(?={_TONE}))){_TONE}?"
    "[\U000e0020-\U000e007f]*"  # of a flag of a part of a country
)
_EMOJI: Final = re.compile(
    "[ \t\n]*+(?:(?:[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f\u20e3|"
    f"{_ONE}(?:\u200d(?:{_ONE}|[{_characters(_ASKED)}]))*)[ \t\n]*+){{1,3}}"
)


def is_emoji(text: str) -> bool:
    """Tell whether `text` is one to three emoji and nothing else."""
    return _EMOJI.fullmatch(text) is not None
