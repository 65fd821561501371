"""Invitations in PostgreSQL: a part of `PostgresStore`, which has the connections."""

from chat_app.models import Invite, User
from chat_app.store.postgres_calls import call
from chat_app.store.postgres_pool import Pool


class PostgresInvites:
    """An `InviteStore`. What writes is one function of the schema, and one transaction."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, invite: Invite) -> None:
        by = invite.by
        await call(
            *(self._pool, "SELECT add_invite($1, $2, $3, $4, $5, $6, $7)"),
            *(invite.id, invite.room_key, by.id, by.name),
            *(invite.made_at, invite.until, invite.uses),
        )

    async def of(self, room_key: str, now: int) -> list[Invite]:
        rows = await self._pool.fetch(
            "SELECT invites.id, users.id, users.name, made_at, until, uses FROM invites"
            " JOIN users ON users.id = by JOIN rooms ON rooms.id = room"
            " WHERE key = $1 AND until > $2 AND uses > 0 ORDER BY made_at DESC, invites.id",
            room_key,
            now,
        )
        return [Invite(id, room_key, User(by, name), *rest) for id, by, name, *rest in rows]

    async def room_key(self, invite_id: str, now: int) -> str | None:
        rows = await self._pool.fetch(
            "SELECT key FROM invites JOIN rooms ON rooms.id = room"
            " WHERE invites.id = $1 AND until > $2 AND uses > 0",
            invite_id,
            now,
        )
        return str(rows[0][0]) if rows else None

    async def use(self, invite_id: str, user: User, now: int) -> str:
        ((key,),) = await call(
            *(self._pool, "SELECT use_invite($1, $2, $3, $4)"),
            *(invite_id, user.id, user.name, now),
        )
        return str(key)

    async def revoke(self, room_key: str, invite_id: str) -> None:
        await call(self._pool, "SELECT revoke_invite($1, $2)", room_key, invite_id)
