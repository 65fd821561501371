"""`access`: what one is in the room now, and may do there; see chat/door.py."""

from chat_app.chat.rights import Right
from chat_app.ws.protocol import Frame


class Access(Frame, frozen=True, tag="access", omit_defaults=True):
    """`role`: "none", "member", "moderator" or "owner"; `may`: the names of one's rights.

    `why`: the code of the error that a post would meet now; `retry_ms`: until it ends by itself.
    """

    role: str
    may: list[str]
    why: str | None = None
    retry_ms: int | None = None


def names_of(rights: int) -> list[str]:
    return [name for name, right in Right.NAMES.items() if rights & right]
