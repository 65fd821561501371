"""People: guests at once, with a name that they can change."""

from collections.abc import Callable

from chat_app.chat.names import guest, user_name
from chat_app.models import User
from chat_app.store import Store

Renamed = Callable[[User], None]


class Users:
    """Knows who an id is, and tells those who are connected what they are called now."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._watching: dict[str, set[Renamed]] = {}

    async def user(self, user_id: str) -> User:
        """Return the user; who has neither spoken nor chosen a name is a guest."""
        return await self._store.user(user_id) or guest(user_id)

    async def rename(self, user: User, name: str) -> User:
        """Store the name and tell all who watch. Raises UserNameRefused."""
        renamed = User(user.id, user_name(name))
        await self._store.rename(renamed)
        for tell in list(self._watching.get(user.id, ())):
            tell(renamed)
        return renamed

    def watch(self, user_id: str, renamed: Renamed) -> None:
        self._watching.setdefault(user_id, set()).add(renamed)

    def unwatch(self, user_id: str, renamed: Renamed) -> None:
        watching = self._watching[user_id]
        watching.discard(renamed)
        if not watching:
            del self._watching[user_id]
