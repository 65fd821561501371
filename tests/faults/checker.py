"""The one judge of all fault tests: what was promised, against what happened.

Clients tell it what they sent, what was acknowledged and every frame that they saw, as
it happens; at the end it reads the log itself. It knows nothing of the server.
"""

import re
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

TOMBSTONE: Final = 1  # the `kind` of a message that was deleted, in the file
DELETION: Final = 2

# How the texts begin that may be deleted: with their id, so that none is like another.
SAID: Final = re.compile(rb"said:([A-Za-z0-9-]+)")


class Entry(NamedTuple):
    """An event as somebody saw it, or as the log has it."""

    author: str
    id: str
    text: str  # "" where `deleted`, and of a deletion
    deleted: bool = False  # a message, of which the text is gone
    target: int = 0  # the seq of the message that this took away; 0: this is a message

    def erased(self) -> "Entry":
        """Return what must be left of a message that is deleted."""
        return self._replace(text="", deleted=True)


# {room: {seq: entry}}, in order of seq.
Log = Mapping[str, Mapping[int, Entry]]

# A log, in either engine: rows for `log_of`.
LOG: Final = (
    "SELECT rooms.key, seq, author, events.id, message, kind, target FROM events"
    " JOIN rooms ON rooms.id = events.room ORDER BY events.room, seq"
)


class Checker:
    """Collects what happened; `verdict` says what of it should not have."""

    def __init__(self) -> None:
        self.violations: list[str] = []
        self.acknowledged = 0
        self.seen = 0
        self.deleted = 0  # deletions that were acknowledged
        self.heard = 0  # messages that bare clients saw
        self._sent: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        self._acked: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        self._refused: set[tuple[str, str, str]] = set()
        # What any client saw under a seq: the next one must see the same.
        self._shown: dict[str, dict[int, Entry]] = defaultdict(dict)
        self._cursors: dict[tuple[str, str], int] = {}
        # The target of each deletion that was asked for, by its id.
        self._deletions: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        # Messages that are known to be deleted, in the order of knowing; and how many of
        # them were when a client last connected: it may not be shown what these said.
        self._gone: dict[str, dict[int, int]] = defaultdict(dict)
        self._gone_before: dict[tuple[str, str], int] = {}
        self._shown_deleted: dict[str, set[int]] = defaultdict(set)
        # What bare clients were not sent, between two messages that they were.
        self._skipped: dict[tuple[str, str], set[int]] = defaultdict(set)

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

    def refused(self, room: str, author: str, id: str) -> None:
        """The author was told that this cannot be stored now, and says it again: it may
        stand after what was said after it. Once it is acknowledged it stands all the same."""
        self._refused.add((room, author, id))

    def deletes(self, room: str, author: str, id: str, target: int) -> None:
        """The author asks for the first time to have a message of its own deleted."""
        self._deletions[room, author].setdefault(id, target)

    def acked_deletion(self, room: str, author: str, id: str, seq: int) -> None:
        first = self._acked[room, author].setdefault(id, seq)
        if first != seq:
            self.wrong(f"{room}: {id} acknowledged as {first} and as {seq}")
        self._is_gone(room, self._deletions[room, author][id])
        self.deleted += 1

    def _is_gone(self, room: str, target: int) -> None:
        self._gone[room].setdefault(target, len(self._gone[room]))

    def connects(self, client: str, room: str) -> None:
        """The client is about to connect: what is known to be deleted now it may not be shown."""
        self._gone_before[client, room] = len(self._gone[room])

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
        self._show(client, room, seq, entry)

    def left_bare(self, client: str, room: str) -> None:
        """A bare client is out of the room: when it is back, messages come from the next one on,
        whichever that is."""
        self._cursors.pop((client, room), None)

    def heard_bare(self, client: str, room: str, seq: int, entry: Entry) -> None:
        """A bare client got a frame: the next message; between them there were none to show."""
        before = self._cursors.get((client, room), seq - 1)
        if seq <= before:
            self.wrong(f"{client} in {room}: got {seq} after {before}")
        if entry.deleted or entry.target:
            self.wrong(f"{client} in {room}: is bare, and was told of a deletion at {seq}")
        self._skipped[client, room].update(range(before + 1, seq))
        self._cursors[client, room] = seq
        self.heard += 1
        self._show(client, room, seq, entry)

    def _show(self, client: str, room: str, seq: int, entry: Entry) -> None:
        gone_before = self._gone_before.get((client, room), 0)
        if not entry.deleted and self._gone[room].get(seq, gone_before) < gone_before:
            self.wrong(f"{client} in {room}: was shown {seq}, which was deleted before")
        if entry.target:
            self._is_gone(room, entry.target)
        if entry.deleted:
            self._shown_deleted[room].add(seq)
        first = self._shown[room].setdefault(seq, entry)
        if first.deleted and not entry.deleted:  # sent before, read later: that says more
            self._shown[room][seq] = entry
        either = first.deleted or entry.deleted
        if first != entry and not (either and first.erased() == entry.erased()):
            self.wrong(f"{room}: {seq} was shown as {first} and as {entry}")
            self._shown[room][seq] = entry

    def last_message(self, room: str) -> int:
        """Return the seq of the newest message that was seen and is not known to be deleted."""
        gone, hidden = self._gone[room], self._shown_deleted[room]
        return max(
            seq
            for seq, entry in self._shown[room].items()
            if not entry.target and seq not in gone and seq not in hidden
        )

    def bare_cursor(self, client: str, room: str) -> int | None:
        """Return the last message that a bare client got since it joined."""
        return self._cursors.get((client, room))

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
        if self.deleted:
            self._check_file(database, log)
        return self.judge(log, clients)

    def judge(self, log: Log, clients: list[tuple[str, str]]) -> list[str]:
        """Return all violations, given the log; `clients` are (client, room)."""
        for room, entries in log.items():
            self._check_room(room, entries)
        for room in {room for room, _ in self._sent} - set(log):
            self.wrong(f"{room}: not in the log at all")
        for client, room in clients:
            top = len(log.get(room, {}))
            if self._cursors.get((client, room)) != top:
                cursor = self._cursors.get((client, room))
                self.wrong(f"{client} in {room}: ended at {cursor}, the top is {top}")
        for (client, room), skipped in self._skipped.items():
            for seq in skipped:
                if (entry := log[room].get(seq)) and not (entry.deleted or entry.target):
                    self.wrong(f"{client} in {room}: was not sent {seq}")
        if not self.acknowledged or not self.seen:
            self.wrong("nothing was acknowledged or seen: this proves nothing")
        return self.violations

    def _check_room(self, room: str, entries: Mapping[int, Entry]) -> None:
        if list(entries) != list(range(1, len(entries) + 1)):
            self.wrong(f"{room}: seq is not 1..{len(entries)}")
        self._check_authors(room, entries)
        seqs: dict[tuple[str, str], int] = {}
        for seq, (author, id, *_) in entries.items():
            if (first := seqs.setdefault((author, id), seq)) != seq:
                self.wrong(f"{room}: {id} of {author} stands at {first} and at {seq}")
        for (where, author), acked in self._acked.items():
            for id, seq in acked.items() if where == room else ():
                if (found := seqs.get((author, id))) != seq:
                    self.wrong(f"{room}: {id} acknowledged as {seq}, in the log as {found}")
        targets = {entry.target for entry in entries.values() if entry.target}
        for seq, shown in self._shown[room].items():
            entry = entries.get(seq)
            if entry != (shown.erased() if seq in targets else shown):
                self.wrong(f"{room}: {seq} was shown as {shown}, the log has {entry}")
        self._check_deletions(room, entries)

    def _check_deletions(self, room: str, entries: Mapping[int, Entry]) -> None:
        """What was deleted is, once and by its author, and nothing else is."""
        deletions: dict[int, int] = {}
        for seq, entry in entries.items():
            if target := entry.target:
                if (first := deletions.setdefault(target, seq)) != seq:
                    self.wrong(f"{room}: {target} was deleted at {first} and at {seq}")
                if self._deletions[room, entry.author].get(entry.id) != target:
                    self.wrong(f"{room}: {entry.author} never asked for the deletion at {seq}")
                if target not in entries or entries[target].author != entry.author:
                    self.wrong(f"{room}: {target}, deleted at {seq}, is not its author's")
                elif not entries[target].deleted or entries[target].text:
                    self.wrong(f"{room}: {target} was deleted at {seq}, its text survives")
        for seq, entry in entries.items():
            if entry.deleted and seq not in deletions:
                self.wrong(f"{room}: {seq} is erased, and nobody deleted it")
        for seq in self._shown_deleted[room] - set(deletions):
            self.wrong(f"{room}: {seq} was shown as deleted, and is not")

    def _check_file(self, database: Path, log: Log) -> None:
        """No text that was deleted is left in any byte of a file whose server ended well."""
        left = {found[1].decode() for found in SAID.finditer(database.read_bytes())}
        for room, entries in log.items():
            for seq, entry in entries.items():
                if entry.deleted and entry.id in left:
                    self.wrong(f"{room}: {seq} was deleted, its text is left in the file")

    def _check_authors(self, room: str, entries: Mapping[int, Entry]) -> None:
        """What stands in the log is what each author sent, in that order."""
        places = {
            (author, id): place
            for (where, author), sent in self._sent.items()
            for place, id in enumerate(sent if where == room else ())
        }
        newest: dict[str, int] = defaultdict(int)
        for seq, (author, id, text, deleted, target) in entries.items():
            if target:
                continue
            if not (
                id in self._sent[room, author]
                if deleted
                else self._sent[room, author].get(id) == text
            ):
                self.wrong(f"{room}: {seq} is nothing that {author} sent")
            elif (room, author, id) in self._refused:
                continue
            elif places[author, id] < newest[author]:
                self.wrong(f"{room}: {seq} of {author} stands after a later one")
            else:
                newest[author] = places[author, id]


def read_log(database: Path) -> dict[str, dict[int, Entry]]:
    """Return the log, as the file has it."""
    with closing(open_log(database)) as db:
        return log_of(db.execute(LOG))


def log_of(rows: Iterable[Sequence[Any]]) -> dict[str, dict[int, Entry]]:
    """Return the log that an engine answers `LOG` with."""
    log: dict[str, dict[int, Entry]] = defaultdict(dict)
    for room, seq, author, id, text, kind, target in rows:
        entry = Entry(author, id, text, kind == TOMBSTONE, target if kind == DELETION else 0)
        # Twice: the check of 1..N finds it.
        log[room][-seq if seq in log[room] else seq] = entry
    return log


def integrity(database: Path) -> str:
    """Return "ok", or what SQLite finds wrong; leaves the file as a crash left it."""
    with closing(open_log(database)) as db:
        return str(db.execute("PRAGMA integrity_check(5)").fetchall()[0][0])


def open_log(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
