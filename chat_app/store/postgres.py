"""The log in PostgreSQL, shared by all servers that open it.

A batch is one call of `append_events` (schema/postgres/0001_log.sql): one transaction, one
round trip, no lock that waits for us. Batches for different rooms go side by side, each on
a connection of its own; what reads has others, so that a storm of readers does not hold up
those who write.

When a connection is lost in the middle of a batch, nobody knows whether it was committed.
So it is handed in again: a batch is numbered once however often it comes.
"""

import asyncio
import logging
import secrets
from collections.abc import Collection, Sequence
from typing import Any, Final

import asyncpg

from chat_app.errors import StoreUnavailable
from chat_app.models import Appended, Draft, Event, Kind, Room, RoomSettings
from chat_app.store.events import EVENT, event
from chat_app.store.postgres_accounts import PostgresAccounts
from chat_app.store.postgres_audit import PostgresAudit
from chat_app.store.postgres_invites import PostgresInvites
from chat_app.store.postgres_members import PostgresMembers
from chat_app.store.postgres_pool import Lost, Outage, Pool, open_pools

log = logging.getLogger(__name__)

BATCHES: Final = 4  # in flight at once
_READERS: Final = 6
# How often, and how far apart, a batch whose fate is unknown is handed in again: as long as
# a server takes to start again after a crash. Meanwhile its rooms wait.
_TRIES: Final = 20
_BETWEEN_SECONDS: Final = 0.25

_APPEND: Final = "SELECT append_events($1, $2, $3, $4, $5, $6, $7, $8)"
_APPEND_WITH_DELETIONS: Final = "SELECT append_with_deletions($1, $2, $3, $4, $5, $6, $7, $8, $9)"
_FROM: Final = "FROM events JOIN rooms ON rooms.id = events.room WHERE rooms.key = $1"
_SAID: Final = (
    f"SELECT rooms.key, {EVENT}"
    " FROM unnest($1::text[], $2::bigint[]) AS wanted (key, seq)"
    " JOIN rooms ON rooms.key = wanted.key"
    " JOIN events ON events.room = rooms.id AND events.seq = wanted.seq"
)

Key = tuple[str, str, str]


class PostgresStore:
    """A `Store` in PostgreSQL. Any number of processes may have it open."""

    batches = BATCHES

    def __init__(self, writers: Pool, readers: Pool) -> None:
        self._writers = writers
        self._readers = readers
        self._writing = Outage(
            "the log cannot be written, messages are refused: %s", "the log can be written again"
        )
        self._accounts = PostgresAccounts(readers)
        self._members = PostgresMembers(readers)
        self._invites = PostgresInvites(readers)
        self._audit = PostgresAudit(readers)

    @property
    def epoch(self) -> str:
        return self._writers.epoch

    @property
    def accounts(self) -> PostgresAccounts:
        return self._accounts

    @property
    def members(self) -> PostgresMembers:
        return self._members

    @property
    def invites(self) -> PostgresInvites:
        return self._invites

    @property
    def audit(self) -> PostgresAudit:
        return self._audit

    async def append(self, drafts: Sequence[Draft]) -> list[Appended]:
        # Each once: what is said twice within a batch has one number too.
        distinct: dict[Key, Draft] = {}
        for draft in drafts:
            distinct.setdefault(_key(draft), draft)
        try:
            results = await self._append(list(distinct.values()))
        except (StoreUnavailable, asyncpg.PostgresError) as error:
            # Where the server cannot be reached, that has been said already.
            if isinstance(cause := error.__cause__ or error, asyncpg.PostgresError):
                self._writing.failed(cause)
            raise
        self._writing.worked()
        if len(distinct) == len(drafts):
            return results
        first = dict(zip(distinct, results, strict=True))
        return [
            first[key]
            if distinct[key := _key(draft)] is draft
            else Appended(first[key].event, duplicate=True)
            for draft in drafts
        ]

    async def _append(self, drafts: list[Draft]) -> list[Appended]:
        """Append drafts that differ; when the reply is lost, until it is known what became of them.

        A draft that the log has as this one came is then taken for the first: it may have
        been, and who answers twice harms nobody.
        """
        try:
            return await self._append_once(drafts)
        except Lost as error:
            lost = error
        for _ in range(_TRIES):
            await asyncio.sleep(_BETWEEN_SECONDS)
            try:
                results = await self._append_once(drafts)
            except StoreUnavailable as error:
                log.debug("a batch is not settled yet: %s", error)
                continue
            return [
                Appended(result.event, result.duplicate and not _is(draft, result.event))
                for draft, result in zip(drafts, results, strict=True)
            ]
        raise lost

    async def _append_once(self, drafts: list[Draft]) -> list[Appended]:
        names: dict[str, str] = {}
        for draft in drafts:
            names.setdefault(draft.room_key, draft.room_name)
        keys = sorted(names)
        places = {key: place for place, key in enumerate(keys, start=1)}
        batch: tuple[list[Any], ...] = (
            keys,
            [names[key] for key in keys],
            [places[draft.room_key] for draft in drafts],
            [draft.id for draft in drafts],
            [draft.author.id for draft in drafts],
            [draft.author.name for draft in drafts],
            [draft.message for draft in drafts],
            [draft.at for draft in drafts],
        )
        targets = [draft.target for draft in drafts]
        if any(targets):
            ((seqs,),) = await self._delete(*batch, targets)
        else:
            ((seqs,),) = await self._writers.fetch(_APPEND, *batch)
        known = [(draft.room_key, -seq) for draft, seq in zip(drafts, seqs, strict=True) if seq < 0]
        events = await self._said(known) if known else {}
        return [
            Appended(events[draft.room_key, -seq], duplicate=True)
            if seq < 0
            else Appended(_numbered(draft, seq), duplicate=False)
            for draft, seq in zip(drafts, seqs, strict=True)
        ]

    async def _delete(self, *batch: list[Any]) -> list[Any]:
        try:
            return await self._writers.fetch(_APPEND_WITH_DELETIONS, *batch)
        except asyncpg.PostgresError as error:
            if error.sqlstate == "CH004":
                raise LookupError(str(error)) from None
            raise

    async def _said(self, known: list[tuple[str, int]]) -> dict[tuple[str, int], Event]:
        """Return the events with these rooms and seqs. If it fails, the batch was written."""
        rooms, seqs = zip(*known, strict=True)
        try:
            rows = await self._writers.fetch(_SAID, rooms, seqs)
        except StoreUnavailable as error:
            raise Lost("The log cannot be read now.", retry_ms=2000) from error
        return {(room, row[0]): event(room, row) for room, *row in rows}

    async def room(self, key: str) -> Room | None:
        rows = await self._readers.fetch(
            "SELECT key, name, top, announce, locked, slow_seconds,"
            " EXISTS (SELECT FROM members WHERE room = rooms.id)"
            " OR EXISTS (SELECT FROM sanctions WHERE room = rooms.id)"
            " FROM rooms WHERE key = $1",
            key,
        )
        if not rows:
            return None
        key, name, top, *settings, guarded = rows[0]
        return Room(key, name, top, RoomSettings(*settings), guarded)

    async def tops(self, keys: Collection[str]) -> dict[str, int]:
        """Return the newest seq of each of these rooms that has one; one query for all."""
        rows = await self._readers.fetch(
            "SELECT key, top FROM rooms WHERE key = ANY ($1) AND top > 0", list(keys)
        )
        return dict(rows)

    async def events(
        self, room_key: str, *, after: int | None = None, before: int | None = None, limit: int
    ) -> list[Event]:
        if after is not None:
            rows = await self._readers.fetch(
                f"SELECT {EVENT} {_FROM} AND seq > $2 ORDER BY seq LIMIT $3",
                room_key,
                after,
                limit,
            )
        else:
            rows = await self._readers.fetch(
                f"SELECT {EVENT} {_FROM} AND seq < $2 ORDER BY seq DESC LIMIT $3",
                room_key,
                before if before is not None else 1 << 62,
                limit,
            )
            rows.reverse()
        return [event(room_key, row) for row in rows]

    async def secret(self, name: str) -> str:
        await self._readers.fetch(
            "INSERT INTO settings VALUES ($1, $2) ON CONFLICT DO NOTHING",
            f"secret.{name}",
            secrets.token_hex(32),
        )
        ((value,),) = await self._readers.fetch(
            "SELECT value FROM settings WHERE name = $1", f"secret.{name}"
        )
        return str(value)

    async def check(self) -> None:
        await self._writers.fetch(
            "INSERT INTO settings VALUES ('checked', now()::text)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        )

    async def close(self) -> None:
        await self._writers.close()
        await self._readers.close()


def _key(draft: Draft) -> Key:
    return draft.id, draft.author.id, draft.room_key


def _is(draft: Draft, event: Event) -> bool:
    return (event.user, event.message, event.at) == (draft.author, draft.message, draft.at)


def _numbered(draft: Draft, seq: int) -> Event:
    if not draft.target:
        return Event(draft.room_key, seq, draft.id, draft.author, draft.message, draft.at)
    return Event(
        draft.room_key, seq, draft.id, draft.author, "", draft.at, Kind.DELETION, draft.target
    )


async def open_postgres(url: str, durability: str) -> PostgresStore:
    """Open the store at `url`, with its schema brought up to date.

    Raises StartError in one line.
    """
    writers, readers = await open_pools(url, durability, (BATCHES, _READERS))
    return PostgresStore(writers, readers)
