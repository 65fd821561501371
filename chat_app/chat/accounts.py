"""Accounts: made from a guest, logged in to, and who may do what without one."""

from typing import Final

from chat_app import config
from chat_app.chat.limits import Tries, network_of
from chat_app.chat.links import Links, stamp
from chat_app.chat.lookalikes import lookalikes, small
from chat_app.chat.passwords import Passwords, check_password
from chat_app.chat.rights import Visitor
from chat_app.chat.sessions import Sessions
from chat_app.chat.shared_limits import SharedLimits
from chat_app.chat.users import Users
from chat_app.errors import (
    LinkRefused,
    LogInNeeded,
    NameTaken,
    RegistrationClosed,
    WrongPassword,
)
from chat_app.models import Account, Link, Session, User
from chat_app.store.accounts import AccountStore

LOGIN_SECONDS: Final = 15 * 60.0  # for all of one's tries to have come back
REGISTER_SECONDS: Final = 3600.0
MOST_TYPED: Final = 200  # characters of a typed name that are looked at: it is remembered

# With one of these an account can be made though registration is not open.
_LETS_IN: Final = ("first", "owner", "invite")


class Accounts:
    """Every method that takes a password hashes it first, beside the loop: see `Passwords`."""

    def __init__(
        self,
        store: AccountStore,
        users: Users,
        sessions: Sessions,
        passwords: Passwords,
        links: Links,
        settings: config.Accounts,
        limits: config.Limits,
    ) -> None:
        self._store = store
        self._users = users
        self._sessions = sessions
        self._passwords = passwords
        self._links = links
        self._settings = settings
        self._tries = Tries(limits.login_tries, LOGIN_SECONDS)
        self._tries_from = Tries(limits.login_tries_per_address, LOGIN_SECONDS)
        self._made_from = Tries(limits.accounts_per_address, REGISTER_SECONDS)

    def share_limits(self, limits: SharedLimits) -> None:
        """Have tries count on all nodes."""
        limits.share("log in", self._tries.rate)
        limits.share("log in from", self._tries_from.rate)
        limits.share("register from", self._made_from.rate)

    async def register(
        self, guest: User, name: str, password: str, *, address: str, link: Link | None
    ) -> Account:
        """Make a guest an account: it keeps its id, and all that it said.

        Whoever else is connected with that guest's cookie is put out. Raises
        RegistrationClosed, UserNameRefused, NameTaken, PasswordRefused, TooManyTries or
        LinkRefused.
        """
        if not self.may_register(link):
            raise RegistrationClosed("Accounts are made with an invitation here.")
        user = User(guest.id, self._users.choose(guest, name, account=True))
        check_password(password, user.name)
        network = network_of(address)
        self._made_from.take(network)
        try:
            account = await self._make(user, password, link)
        except BaseException:
            self._made_from.give_back(network)
            raise
        await self._users.take_from_guests(user.name, user.id)
        self._users.tell(user)
        self._sessions.end_guest(user)
        return account

    async def _make(self, user: User, password: str, link: Link | None) -> Account:
        keys = lookalikes(user.name)
        # Looked up before the password is hashed, and seen to when it is stored.
        for key in keys:
            if await self._store.account(key):
                raise NameTaken("This name, or one that looks like it, has an account.")
        hashed = await self._passwords.hash(password)
        owner = link is not None and await self._makes_owner(link)
        account = Account(user, hashed, owner)
        await self._store.make(account, keys, link)
        return account

    def may_register(self, link: Link | None) -> bool:
        """Tell whether an account can be made, with that link or without one."""
        if link is not None and link.kind in _LETS_IN:
            return True
        return self._settings.registration == "open"

    async def log_in(self, name: str, password: str, *, address: str) -> Account:
        """Return the account of that name and password. Raises WrongPassword or TooManyTries.

        A name without an account takes as long, and is counted, as one with an account.
        """
        key = small(name[:MOST_TYPED])
        account = await self._store.account(key)
        matches = await self._matches(account, key, password, address)
        if account is None or not matches:
            raise WrongPassword("Name and password do not match.")
        return account

    async def change_password(
        self, user: User, current: str, password: str, *, address: str
    ) -> Account:
        """Set another password and end all sessions. Raises as `log_in` and PasswordRefused."""
        check_password(password, user.name)
        account = await self._store.account_of(user.id)
        matches = await self._matches(account, small(user.name), current, address)
        if account is None or not matches:
            raise WrongPassword("This is not your password.")
        return await self._set_password(account, password, None)

    async def reset_password(self, link: Link, password: str) -> Account:
        """Set the password of whom the link is for and end all sessions.

        Raises PasswordRefused or LinkRefused.
        """
        account = await self.subject(link)
        check_password(password, account.user.name)
        return await self._set_password(account, password, link)

    async def _set_password(self, account: Account, password: str, link: Link | None) -> Account:
        hashed = await self._passwords.hash(password)
        self._sessions.ended(await self._store.set_password(account.user.id, hashed, link))
        return Account(account.user, hashed, account.owner)

    async def become_owner(self, user: User, link: Link) -> None:
        """Make the user of an account an owner. Raises LinkRefused."""
        if not await self._makes_owner(link):
            raise LinkRefused("This link is not one of this server.")
        await self._store.make_owner(user.id, link)

    async def subject(self, link: Link) -> Account:
        """Return whom a "reset" link is for. Raises LinkRefused if it has another password now."""
        account = await self._store.account_of(link.subject)
        if link.kind != "reset" or account is None or stamp(account) != link.stamp:
            raise LinkRefused("This link was used already.")
        return account

    async def open_link(self, token: str) -> Link:
        """Return the link of a token, if it can still be used. Raises LinkRefused."""
        link = self._links.read(token)
        if link.kind == "first":
            await self._makes_owner(link)
        return link

    async def _makes_owner(self, link: Link) -> bool:
        if link.kind == "first" and await self._store.has_owner():
            raise LinkRefused("This server has an owner already.")
        return link.kind in ("first", "owner")

    async def _matches(
        self, account: Account | None, key: str, password: str, address: str
    ) -> bool:
        """Compare, having taken a try of the account and one of the address.

        They are taken first: a thousand tries at once are a thousand tries. A wrong password
        does not give them back.
        """
        network = network_of(address)
        self._tries_from.take(network)
        self._tries.take(key)
        hashed = account.password if account else None
        counts = False
        try:
            counts = not await self._passwords.matches(hashed, password)
        finally:
            if not counts:  # it was right, or not looked at
                self._tries.give_back(key)
                self._tries_from.give_back(network)
        return not counts

    def check_reading(self, session: Session | None) -> None:
        """Raise LogInNeeded if guests may not even read, and this is one."""
        if session is None and self._settings.guests == "no":
            raise LogInNeeded("You need to log in.")

    def may_speak(self, session: Session | None) -> bool:
        return session is not None or self._settings.guests == "yes"

    def visitor(self, user: User, session: Session | None, address: str) -> Visitor:
        """Return the user as the doors of the rooms see it."""
        return Visitor(
            user,
            session is not None,
            session is not None and session.owner,
            self.may_speak(session),
            network_of(address),
        )
