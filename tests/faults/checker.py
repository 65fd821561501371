"""The one judge of all fault tests: what was promised, against what happened.

Clients tell it what they sent, what was acknowledged and every frame that they saw, as
it happens; at the end it reads the log itself. It knows nothing of the server.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import NamedTuple


class Entry(NamedTuple):
    """An event as somebody saw it."""

    author: str
    id: str
    text: str


class Checker:
    """Collects what happened; `verdict` says what of it should not have."""

    def __init__(self) -> None:
        self.violations: list[str] = []
        self.acknowledged = 0
        self.seen = 0
        self._sent: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        self._acked: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        # What any client saw under a seq: the next one must see the same.
        self._shown: dict[str, dict[int, Entry]] = defaultdict(dict)
        self._cursors: dict[tuple[str, str], int] = {}

    def wrong(self, what: str) -> None:
        if len(self.violations) < 100:
            self.violations.append(what)

    def sent(self, room: str, author: str, id: str, text: str) -> None:
        """The author sends this for the first time, after all that were sent before."""
        self._sent[room, author].setdefault(id, text)

    def acked(self, room: str, author: str, id: str, seq: int) -> None:
        first = self._acked[room, author].setdefault(id, seq)
        if first != seq:
            self.wrong(f"{room}: {id} acknowledged as {first} and as {seq}")
        self.acknowledged += 1

    def asked(self, client: str, room: str, since: int) -> None:
        """The client's stream goes on after `since`, which it has or wants to have."""
        self._cursors[client, room] = since

    def saw(self, client: str, room: str, seq: int, entry: Entry) -> None:
        """The client got a frame: exactly the next one of what it asked for."""
        expected = self._cursors[client, room] + 1
        if seq != expected:
            self.wrong(f"{client} in {room}: got {seq}, expected {expected}")
        self._cursors[client, room] = seq
        self.seen += 1
        first = self._shown[room].setdefault(seq, entry)
        if first != entry:
            self.wrong(f"{room}: {seq} was shown as {first} and as {entry}")

    def cursor(self, client: str, room: str) -> int:
        return self._cursors[client, room]

    def tops(self) -> dict[str, int]:
        """The newest seq that anybody saw or was acknowledged, by room."""
        tops: dict[str, int] = defaultdict(int)
        for room, shown in self._shown.items():
            tops[room] = max(shown, default=0)
        for (room, _), acked in self._acked.items():
            tops[room] = max(tops[room], *acked.values())
        return tops

    def verdict(
        self,
        database: Path,
        clients: list[tuple[str, str]],
        *,
        besides: Collection[str] = (),
    ) -> list[str]:
        """Return all violations, having read the log; `clients` are (client, room).

        The rooms `besides` are another's to judge: who spoke there did not tell.
        """
        log = {room: found for room, found in read_log(database).items() if room not in besides}
        for room, entries in log.items():
            self._check_room(room, entries)
        for room in {room for room, _ in self._sent} - set(log):
            self.wrong(f"{room}: not in the log at all")
        for client, room in clients:
            top = len(log.get(room, {}))
            if self._cursors.get((client, room)) != top:
                cursor = self._cursors.get((client, room))
                self.wrong(f"{client} in {room}: ended at {cursor}, the top is {top}")
        if not self.acknowledged or not self.seen:
            self.wrong("nothing was acknowledged or seen: this proves nothing")
        return self.violations

    def _check_room(self, room: str, entries: dict[int, Entry]) -> None:
        if list(entries) != list(range(1, len(entries) + 1)):
            self.wrong(f"{room}: seq is not 1..{len(entries)}")
        self._check_authors(room, entries)
        seqs: dict[tuple[str, str], int] = {}
        for seq, (author, id, _) in entries.items():
            if (first := seqs.setdefault((author, id), seq)) != seq:
                self.wrong(f"{room}: {id} of {author} stands at {first} and at {seq}")
        for (where, author), acked in self._acked.items():
            for id, seq in acked.items() if where == room else ():
                if (found := seqs.get((author, id))) != seq:
                    self.wrong(f"{room}: {id} acknowledged as {seq}, in the log as {found}")
        for seq, shown in self._shown[room].items():
            if (found_entry := entries.get(seq)) != shown:
                self.wrong(f"{room}: {seq} was shown as {shown}, the log has {found_entry}")

    def _check_authors(self, room: str, entries: dict[int, Entry]) -> None:
        """What stands in the log is what each author sent, in that order."""
        places = {
            (author, id): place
            for (where, author), sent in self._sent.items()
            for place, id in enumerate(sent if where == room else ())
        }
        newest: dict[str, int] = defaultdict(int)
        for seq, (author, id, text) in entries.items():
            if self._sent[room, author].get(id) != text:
                self.wrong(f"{room}: {seq} is nothing that {author} sent")
            elif places[author, id] < newest[author]:
                self.wrong(f"{room}: {seq} of {author} stands after a later one")
            else:
                newest[author] = places[author, id]


def read_log(database: Path) -> dict[str, dict[int, Entry]]:
    """Return {room: {seq: entry}}, in order of seq, as the file has it."""
    log: dict[str, dict[int, Entry]] = defaultdict(dict)
    with closing(open_log(database)) as db:
        for room, seq, author, id, text in db.execute(
            "SELECT rooms.key, seq, author, events.id, message FROM events"
            " JOIN rooms ON rooms.id = events.room ORDER BY events.room, seq"
        ):
            if seq in log[room]:
                log[room][-seq] = Entry(author, id, text)  # twice: the check of 1..N finds it
            else:
                log[room][seq] = Entry(author, id, text)
    return log


def integrity(database: Path) -> str:
    """Return "ok", or what SQLite finds wrong; leaves the file as a crash left it."""
    with closing(open_log(database)) as db:
        return str(db.execute("PRAGMA integrity_check(5)").fetchall()[0][0])


def open_log(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
