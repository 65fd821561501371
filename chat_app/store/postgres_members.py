"""Members, bans and mutes in PostgreSQL: a part of `PostgresStore`."""

import time
from typing import Final

from chat_app.models import Deed, Membership, Role, Room, RoomSettings, Sanction, User
from chat_app.store.postgres_audit import written
from chat_app.store.postgres_calls import call
from chat_app.store.postgres_pool import Pool

_OF_ROOM: Final = "room = (SELECT id FROM rooms WHERE key = $1)"


class PostgresMembers:
    """A `MemberStore`. What writes is one function of the schema, and one transaction."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def make_room(self, key: str, name: str, owner: User) -> None:
        await call(
            *(self._pool, "SELECT make_room($1, $2, $3, $4, $5)"),
            *(key, name, owner.id, owner.name, _now()),
        )

    async def role(self, room_key: str, user_id: str) -> Role:
        rows = await self._pool.fetch(
            f'SELECT role FROM members WHERE {_OF_ROOM} AND "user" = $2', room_key, user_id
        )
        return Role(rows[0][0]) if rows else Role.NONE

    async def of(self, room_key: str) -> list[Membership]:
        rows = await self._pool.fetch(
            'SELECT users.id, name, role FROM members JOIN users ON users.id = "user"'
            f" WHERE {_OF_ROOM} ORDER BY role DESC, since, users.id",
            room_key,
        )
        return [Membership(User(id, name), Role(role)) for id, name, role in rows]

    async def rooms(self, user_id: str) -> list[tuple[Room, Role]]:
        rows = await self._pool.fetch(
            "SELECT key, name, top, announce, locked, slow_seconds, role"
            ' FROM members JOIN rooms ON rooms.id = room WHERE "user" = $1'
            " ORDER BY since DESC, rooms.id DESC",
            user_id,
        )
        return [
            (Room(key, name, top, RoomSettings(*settings), True), Role(role))
            for key, name, top, *settings, role in rows
        ]

    async def set_role(
        self, room_key: str, user: User, role: Role, deed: Deed | None = None
    ) -> None:
        await call(
            *(self._pool, "SELECT set_role($1, $2, $3, $4, $5, $6)"),
            *(room_key, user.id, user.name, int(role), _now(), written(deed)),
        )

    async def settle(self, room_key: str, settings: RoomSettings, deed: Deed | None = None) -> None:
        await call(
            *(self._pool, "SELECT settle_room($1, $2, $3, $4, $5)", room_key),
            *(settings.announce, settings.locked, settings.slow_seconds, written(deed)),
        )

    async def sanctions(self, room_key: str) -> list[Sanction]:
        rows = await self._pool.fetch(
            "SELECT kind, u.id, u.name, until, b.id, b.name, at, network, network_until"
            ' FROM sanctions JOIN users u ON u.id = "user" JOIN users b ON b.id = by'
            f" WHERE {_OF_ROOM} ORDER BY at DESC, u.id, kind",
            room_key,
        )
        return [
            Sanction(kind, User(user, name), until, User(by, by_name), *rest)
            for kind, user, name, until, by, by_name, *rest in rows
        ]

    async def sanction(self, room_key: str, sanction: Sanction, deed: Deed | None = None) -> None:
        user, by = sanction.user, sanction.by
        await call(
            *(self._pool, "SELECT sanction_user($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"),
            *(room_key, user.id, user.name, sanction.kind, sanction.until),
            *(sanction.network, sanction.network_until),
            *(by.id, by.name, sanction.at, written(deed)),
        )

    async def lift(self, room_key: str, user_id: str, kind: str, deed: Deed | None = None) -> None:
        await call(
            *(self._pool, "SELECT lift_sanction($1, $2, $3, $4)"),
            *(room_key, user_id, kind, written(deed)),
        )


def _now() -> int:
    return time.time_ns() // 1_000_000
