"""People: guests at once, with a name that they can change."""

from collections.abc import Callable
from typing import Final

from chat_app.chat.names import guest, user_name
from chat_app.models import User
from chat_app.store import Store

Renamed = Callable[[User], None]
REMEMBERED: Final = 1000  # renames; far more than there are in the time of a handshake


class Users:
    """Knows who an id is, and tells those who are connected what they are called now."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._renamed: dict[str, User] = {}  # the last REMEMBERED
        self._watching: dict[str, tuple[Renamed, ...]] = {}

    async def user(self, user_id: str) -> User:
        """Return the user; who has neither spoken nor chosen a name is a guest."""
        return await self._store.user(user_id) or guest(user_id)

    async def rename(self, user: User, name: str) -> User:
        """Store the name and tell all who watch. Raises UserNameRefused."""
        renamed = User(user.id, user_name(name))
        await self._store.rename(renamed)
        self._renamed[user.id] = renamed
        if len(self._renamed) > REMEMBERED:
            del self._renamed[next(iter(self._renamed))]
        for tell in self._watching.get(user.id, ()):
            tell(renamed)
        return renamed

    def newest(self, user: User) -> User:
        """Return the user, known a moment ago, with the name of now."""
        return self._renamed.get(user.id, user)

    def watch(self, user_id: str, renamed: Renamed) -> None:
        self._watching[user_id] = (*self._watching.get(user_id, ()), renamed)

    def unwatch(self, user_id: str, renamed: Renamed) -> None:
        watching = tuple(one for one in self._watching.pop(user_id) if one != renamed)
        if watching:
            self._watching[user_id] = watching
