"""The people of one room on other nodes.

Each node tells the others who is in the room on it: as a difference, with how many that
makes, so that whoever has missed something notices, and asks for all of them.
"""

from collections.abc import Callable

from chat_app.broker.news import People
from chat_app.chat.presence import Presence
from chat_app.models import User


class Elsewhere:
    """Fills a room's presence with people of other nodes, and knows what those know of ours.

    `changed` is called when there are `news` to tell. Those who were `here` a moment ago,
    before everybody had left the room, may be coming back: they are here until `let_go`.
    """

    __slots__ = (
        "_asking", "_changed", "_doubted", "_lingering", "_nodes", "_presence", "_told", "_untold",
        "_whole",
    )  # fmt: skip

    def __init__(
        self, presence: Presence, changed: Callable[[], None], here: dict[str, User]
    ) -> None:
        self._presence = presence
        self._changed = changed
        self._nodes: dict[str, dict[str, User]] = {}
        self._lingering = here
        self._told: dict[str, User] = {}
        self._untold: dict[str, None] = {}  # ids, in order
        self._whole = False
        self._asking = False
        self._doubted: set[str] = set()  # nodes that are to tell everybody there
        presence.watch(self._note)

    def _note(self, user_id: str) -> None:
        self._untold[user_id] = None
        self._changed()

    @property
    def told(self) -> dict[str, User]:
        """Who is here, as the other nodes know it."""
        return self._told

    def let_go(self) -> None:
        """Believe no longer that somebody is coming back."""
        lingering, self._lingering = self._lingering, {}
        for user_id in lingering:
            self._note(user_id)

    def ask(self) -> None:
        """Have everybody here told anew, and the others tell who is there."""
        self._doubted.update(self._nodes)
        self._whole = self._asking = True
        self._changed()

    def doubt(self, node: str) -> None:
        """Believe nothing of a node that it does not tell again, before `hide_doubted`."""
        if node in self._nodes:
            self._doubted.add(node)

    def hide_doubted(self) -> None:
        for node in tuple(self._doubted):
            self.hide(node)

    def news(self) -> People | None:
        """Return what the others are to be told now, and take it as told."""
        joined: list[User] = []
        left: list[str] = []
        whole, asking = self._whole, self._asking
        self._whole = self._asking = False
        untold, self._untold = self._untold, {}
        if whole:
            self._told = self._lingering | self._presence.all_here()
            return People(len(self._told), list(self._told.values()), whole=True, asking=asking)
        for user_id in untold:
            user = self._presence.here(user_id) or self._lingering.get(user_id)
            if user is not None and self._told.get(user_id) != user:
                self._told[user_id] = user
                joined.append(user)
            elif user is None and self._told.pop(user_id, None) is not None:
                left.append(user_id)
        return People(len(self._told), joined, left) if joined or left else None

    def heard(self, node: str, people: People) -> None:
        """Take in who is on another node."""
        known = self._nodes.setdefault(node, {})
        left = list(people.left)
        if people.whole:
            self._doubted.discard(node)
            left = list(known.keys() - {user.id for user in people.joined})
        for user in people.joined:
            known[user.id] = user
            self._presence.elsewhere(user.id, user)
        for user_id in left:
            known.pop(user_id, None)
            self._presence.elsewhere(user_id, self._find(user_id))
        if people.asking:
            self._whole = True
            self._changed()
        if len(known) != people.count:
            self.ask()

    def hide(self, node: str) -> None:
        """Take everybody away who is on that node and on no other."""
        self._doubted.discard(node)
        for user_id in self._nodes.pop(node, {}):
            self._presence.elsewhere(user_id, self._find(user_id))

    def _find(self, user_id: str) -> User | None:
        found = (people[user_id] for people in self._nodes.values() if user_id in people)
        return next(found, None)
