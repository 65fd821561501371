"""What every store promises, whatever engine is behind it."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Protocol

from chat_app.config import Storage
from chat_app.errors import StartError, StoreUnavailable
from chat_app.models import Appended, Draft, Event, Room
from chat_app.store.accounts import AccountStore
from chat_app.store.audit import AuditStore
from chat_app.store.invites import InviteStore
from chat_app.store.members import MemberStore
from chat_app.store.sqlite import open_sqlite, open_sqlite_beside


class Store(Protocol):
    """The truth: what is in it happened, what is not did not.

    `epoch` names this life of the log: while it stays the same, no seq of a room
    has ever meant two events. Every method may raise StoreUnavailable; then nothing
    was changed.
    """

    @property
    def epoch(self) -> str: ...

    @property
    def batches(self) -> int:
        """How many calls of `append` gain from going side by side, each for rooms of its own."""
        ...

    @property
    def accounts(self) -> AccountStore:
        """People: names, accounts, sessions."""
        ...

    @property
    def members(self) -> MemberStore:
        """Private rooms, and in all rooms: settings, roles, bans, mutes."""
        ...

    @property
    def invites(self) -> InviteStore:
        """Links that let people into private rooms."""
        ...

    @property
    def audit(self) -> AuditStore:
        """Moderation: reports, and what was done."""
        ...

    async def append(self, drafts: Sequence[Draft]) -> list[Appended]:
        """Number and commit `drafts` as one transaction; return what became of each, in order.

        On return all of it survives kill -9 (and power loss, with durability
        "full"). A draft whose (id, author, room) is in the log, or earlier in the
        batch, yields that event and duplicate=True (ids of the server's own, which come
        once, need not be looked for: see `Draft`). Rooms and authors that are new
        are written with their first event; where its author has an account, that is the
        new room's owner.

        The draft of a deletion erases the text of its target, a message of the room, in
        the same transaction. One for a message that is deleted already yields the first
        deletion and duplicate=True. Raises LookupError for one that has no such target;
        then, as ever, nothing of the batch was written.

        What StoreUnavailable says of a batch may come out otherwise where a connection was
        lost: then it may be in the log, and to append it again yields duplicates.
        """
        ...

    async def room(self, key: str) -> Room | None:
        """Return the room with its newest seq, or None before its first event, unless it is
        private. One indexed query."""
        ...

    async def tops(self, keys: Collection[str]) -> dict[str, int]:
        """Return the newest seq of each of these rooms that has one; one query for all."""
        ...

    async def events(
        self, room_key: str, *, after: int | None = None, before: int | None = None, limit: int
    ) -> list[Event]:
        """Return up to `limit` events of a room, oldest first.

        With `after`: the first ones with seq > after. Otherwise the last ones,
        with `before`: of those with seq < before.
        """
        ...

    async def secret(self, name: str) -> str:
        """Return the secret of that name: 64 hex digits, made when first asked for."""
        ...

    async def check(self) -> None:
        """Write and commit something that nobody sees; raise StoreUnavailable if that fails."""
        ...

    async def close(self) -> None:
        """Commit what is under way and close; nothing but `close` may be called any more."""
        ...


async def open_store(storage: Storage) -> Store:
    """Open the store that `storage.url` names, and make it first if need be.

    Raises StartError in one line: in use by another process, written by a newer
    version, not a database, not writable, not to be reached.
    """
    if not storage.is_file:
        # 0.05 s: one process alone does not need it.
        from chat_app.store.postgres import open_postgres  # noqa: PLC0415

        return await open_postgres(storage.url, storage.durability)
    return await open_sqlite(storage.file, storage.durability)


async def open_store_beside(storage: Storage, secret: str) -> Store:
    """Open the store to read it, whether or not a server has it open.

    It is made, or brought up to date, or given the `secret` of that name, first if need
    be. What writes may raise StoreUnavailable. Raises StartError as `open_store` does.
    """
    if not storage.is_file:
        return await open_store(storage)  # it belongs to no process
    with suppress(StartError):
        store = await open_sqlite_beside(storage.file)
        with suppress(StoreUnavailable):
            await store.secret(secret)
            return store
        await store.close()
    writing = await open_store(storage)
    try:
        await writing.secret(secret)
    finally:
        await writing.close()
    return await open_sqlite_beside(storage.file)
