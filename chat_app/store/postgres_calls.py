"""Calls of the schema's functions in PostgreSQL, and what their refusals mean."""

from typing import Any, Final

import asyncpg

from chat_app.errors import (
    Banned,
    ChatError,
    LinkRefused,
    MessageNotFound,
    NameTaken,
    OwnerNeeded,
    RoomNotFound,
)
from chat_app.store.postgres_pool import Pool

# By the codes that the files of the schema give.
_REFUSALS: Final[dict[str, tuple[type[ChatError], str]]] = {
    "CH001": (NameTaken, "This name, or one that looks like it, has an account."),
    "CH002": (LinkRefused, "This link was used already."),
    "CH003": (NameTaken, "You have an account already."),
    "CH004": (MessageNotFound, "There is no such message."),
    "CH005": (RoomNotFound, "There is no such room."),
    "CH006": (OwnerNeeded, "A private room needs an owner."),
    "CH007": (LinkRefused, "This invitation was used up, has ended, or was taken back."),
    "CH008": (Banned, "You have been put out of this room."),
}


async def call(pool: Pool, sql: str, *values: object) -> list[Any]:
    """Run one statement and return its rows; raise what the schema's functions refuse.

    Otherwise as `Pool.fetch`.
    """
    try:
        return await pool.fetch(sql, *values)
    except asyncpg.PostgresError as error:
        if (refusal := _refusal(error)) is not None:
            raise refusal from None
        raise


def _refusal(error: asyncpg.PostgresError) -> ChatError | None:
    kind, text = _REFUSALS.get(error.sqlstate or "", (None, ""))
    return kind(text) if kind is not None else None
