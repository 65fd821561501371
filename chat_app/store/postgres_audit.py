"""Reports and deeds in PostgreSQL: a part of `PostgresStore`."""

import json

from chat_app.models import Deed, Report, User
from chat_app.store.postgres_calls import call
from chat_app.store.postgres_pool import Pool


class PostgresAudit:
    """An `AuditStore`. What writes is one function of the schema, and one transaction."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def report(self, room_key: str, report: Report) -> None:
        by = report.by
        await call(
            *(self._pool, "SELECT add_report($1, $2, $3, $4, $5, $6)"),
            *(room_key, report.seq, by.id, by.name, report.reason, report.at),
        )

    async def reports(self, room_key: str, limit: int) -> list[Report]:
        rows = await self._pool.fetch(
            "SELECT seq, users.id, users.name, reason, at FROM reports"
            " JOIN users ON users.id = by WHERE room = (SELECT id FROM rooms WHERE key = $1)"
            " ORDER BY seq, at, by LIMIT $2",
            room_key,
            limit,
        )
        return [Report(seq, User(by, name), reason, at) for seq, by, name, reason, at in rows]

    async def dismiss(self, room_key: str, seq: int, deed: Deed) -> None:
        await call(self._pool, "SELECT dismiss_reports($1, $2, $3)", room_key, seq, written(deed))

    async def note(self, room_key: str, deed: Deed) -> None:
        await call(self._pool, "SELECT note_deed($1, $2)", room_key, written(deed))

    async def deeds(self, room_key: str, *, before: int | None = None, limit: int) -> list[Deed]:
        rows = await self._pool.fetch(
            "SELECT id, at, by, by_name, what, about, about_name, detail FROM deeds"
            " WHERE room = (SELECT id FROM rooms WHERE key = $1) AND id < $2"
            " ORDER BY id DESC LIMIT $3",
            room_key,
            before if before is not None else 1 << 62,
            limit,
        )
        return [
            Deed(
                User(by, by_name),
                what,
                at,
                about=User(about, about_name) if about else None,
                detail=detail,
                id=id,
            )
            for id, at, by, by_name, what, about, about_name, detail in rows
        ]


def written(deed: Deed | None) -> str | None:
    """Return a deed as the functions of the schema take it: see `write_deed` there."""
    if deed is None:
        return None
    about = deed.about
    return json.dumps(
        {
            "at": deed.at,
            "by": deed.by.id,
            "by_name": deed.by.name,
            "what": deed.what,
            "about": about.id if about else None,
            "about_name": about.name if about else None,
            "detail": deed.detail,
        }
    )
