"""People: guests at once, with a name that they can change."""

from collections.abc import Callable
from typing import Final

from chat_app.chat.control import Control
from chat_app.chat.lookalikes import lookalikes
from chat_app.chat.names import guest, is_guests, user_name
from chat_app.errors import UserNameRefused
from chat_app.models import User
from chat_app.store.accounts import AccountStore

Renamed = Callable[[User], None]
REMEMBERED: Final = 1000  # renames; far more than there are in the time of a handshake


class Users:
    """Knows who an id is, and tells those who are connected what they are called now."""

    def __init__(self, store: AccountStore, control: Control | None = None) -> None:
        self._store = store
        self._control = control or Control()
        self._control.on("renamed", User, self._tell)
        self._renamed: dict[str, User] = {}  # the last REMEMBERED
        self._watching: dict[str, tuple[Renamed, ...]] = {}

    async def guest(self, user_id: str) -> User | None:
        """Return the guest of that id, or None where the id is an account's: then a guest's
        cookie says nothing. Who has neither spoken nor chosen a name is a guest too."""
        known = await self._store.known(user_id)
        if known is None:
            return guest(user_id)
        user, has_account = known
        return None if has_account else user

    async def rename(self, user: User, name: str) -> User:
        """Store the name and tell all who watch. Raises UserNameRefused or NameTaken."""
        known = await self._store.known(user.id)
        renamed = User(user.id, self.choose(user, name, account=known is not None and known[1]))
        await self._store.rename(renamed, lookalikes(renamed.name))
        self.tell(renamed)
        return renamed

    def choose(self, user: User, name: str, *, account: bool) -> str:
        """Return the name as it is shown, if that user may have it. Raises UserNameRefused.

        A guest may have the name that it has anyway; an account may not, for another
        guest can be given the same.
        """
        name = user_name(name)
        if is_guests(name) and (account or name != guest(user.id).name):
            raise UserNameRefused("Names like this are given to guests.")
        return name

    async def take_from_guests(self, name: str, but: str) -> None:
        """Have every guest, but not `but`, who chose a name like this one be called as at first."""
        for user_id in await self._store.namesakes(lookalikes(name), but):
            unnamed = guest(user_id)
            await self._store.unname(unnamed)
            self.tell(unnamed)

    def tell(self, user: User) -> None:
        """Tell all who watch that user, on every node, what it is called now."""
        self._tell(user)
        self._control.tell("renamed", user)

    def _tell(self, user: User) -> None:
        self._renamed[user.id] = user
        if len(self._renamed) > REMEMBERED:
            del self._renamed[next(iter(self._renamed))]
        for tell in self._watching.get(user.id, ()):
            tell(user)

    def newest(self, user: User) -> User:
        """Return the user, known a moment ago, with the name of now."""
        return self._renamed.get(user.id, user)

    def watch(self, user_id: str, renamed: Renamed) -> None:
        self._watching[user_id] = (*self._watching.get(user_id, ()), renamed)

    def unwatch(self, user_id: str, renamed: Renamed) -> None:
        watching = tuple(one for one in self._watching.pop(user_id) if one != renamed)
        if watching:
            self._watching[user_id] = watching
