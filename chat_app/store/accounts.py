"""What every store promises of people: their names, accounts and sessions."""

from collections.abc import Collection
from typing import Protocol

from chat_app.models import Account, Link, Session, User


class AccountStore(Protocol):
    """Every method may raise StoreUnavailable; then nothing was changed.

    `keys` are what a name shares with every name that can be taken for it; of two
    names that share one, at most one is an account's. A `link` that is handed in is
    used up in the same transaction, or LinkRefused is raised and nothing is changed.
    Times are in milliseconds since 1970, UTC.
    """

    async def known(self, user_id: str) -> tuple[User, bool] | None:
        """Return the user as stored, and whether it has an account; None for guests who
        never spoke nor chose a name. One indexed query."""
        ...

    async def rename(self, user: User, keys: Collection[str]) -> None:
        """Store the user's name; what was said before keeps the name it was said under.

        Raises NameTaken if one of `keys` belongs to another's account.
        """
        ...

    async def namesakes(self, keys: Collection[str], but: str) -> list[str]:
        """Return the ids of guests, but not `but`, who chose a name with one of `keys`."""
        ...

    async def unname(self, user: User) -> None:
        """Store the name of a guest who is to have chosen none."""
        ...

    async def account(self, key: str) -> Account | None:
        """Return the account whose name has that key."""
        ...

    async def account_of(self, user_id: str) -> Account | None: ...

    async def has_owner(self) -> bool: ...

    async def make(self, account: Account, keys: Collection[str], link: Link | None) -> None:
        """Make an account of a user: the id, and all that it said, stay.

        Raises NameTaken if one of `keys` belongs to another's account, or if the user
        has an account.
        """
        ...

    async def set_password(self, user_id: str, password: str, link: Link | None) -> list[str]:
        """Set another password and end all sessions; return the ids of those."""
        ...

    async def make_owner(self, user_id: str, link: Link) -> None: ...

    async def start_session(self, session: Session, password: str) -> None:
        """Keep a new session, if its account still has that password (argon2's notation).

        Raises WrongPassword where it was changed meanwhile: that ended all sessions, and
        this would be one more.
        """
        ...

    async def session(self, session_id: str, since: int) -> Session | None:
        """Return the session if it has not ended and was seen after `since`. One indexed
        query, which brings its user along."""
        ...

    async def sessions(self, user_id: str, since: int) -> list[Session]:
        """Return the user's sessions that were seen after `since`, the last seen first."""
        ...

    async def end_sessions(self, user_id: str, session_ids: Collection[str]) -> None:
        """End those of the given sessions that are the user's."""
        ...

    async def lasting(self, session_ids: Collection[str], since: int) -> set[str]:
        """Return those of at most 500 sessions that have not ended and were seen after `since`."""
        ...

    async def seen(self, session_ids: Collection[str], at: int) -> None:
        """Note that these sessions were in use at that time."""
        ...

    async def forget(self, *, sessions_before: int, links_before: int) -> None:
        """Drop sessions last seen, and used links that were good until, before those times."""
        ...
