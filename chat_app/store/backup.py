"""Copies of the log: made while it is in use, put back, and looked through."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Final

from chat_app.errors import StartError
from chat_app.store.sqlite_file import (
    connect_readonly,
    lock_folder,
    new_epoch,
    recognise,
)
from chat_app.store.sqlite_runs import every_arrival

# Told (done, total) of a job, in whatever unit: pages of the file, rooms of the log.
Progress = Callable[[int, int], None]

_NO_EVENTS: Final = (None, ())

_PAGES: Final = 512  # copied between two calls of `progress`: 2 MiB


def backup(database: Path, target: Path, progress: Progress) -> None:
    """Copy the log as it is now into `target`, one file, mode 0600.

    The server may be running and writing: the copy is the moment of its start. Raises
    StartError if there is no log, if `target` exists, or for what the disk says.
    """
    if target.exists():
        raise StartError(f"{target}: exists already; a backup overwrites nothing")
    with _said(database), closing(_open(database)) as source:
        _copy(source, target, progress)


def restore(source: Path, database: Path, progress: Progress, *, force: bool) -> Path | None:
    """Put a backup in the place of the log, in a new epoch: every client starts anew.

    A log that is there is kept beside it, under a name that is returned. Raises
    StartError if one is there and `force` is not given, if a server has it open, or
    if `source` is no sound log that this version can read; then nothing was changed.
    """
    lock = lock_folder(database.parent)
    try:
        if database.exists() and not force:
            raise StartError(f"{database}: there is a log already; --force sets it aside")
        copy = database.with_name(f"{database.name}.restoring")
        copy.unlink(missing_ok=True)
        with _said(source), closing(_open(source)) as backed_up:
            if (found := _unsound(backed_up)) is not None:
                raise StartError(f"{source}: {found}")
            _copy(backed_up, copy, progress)
        with _said(copy), closing(sqlite3.connect(copy, isolation_level=None)) as db:
            new_epoch(db)
        kept = _set_aside(database) if database.exists() else None
        copy.rename(database)
        _sync(database.parent)
        return kept
    finally:
        lock.release()


def check(database: Path, progress: Progress) -> list[str]:
    """Return what is wrong with the log, a line each: broken pages, gaps in a room.

    The server may be running. Raises StartError if the file is no log at all.
    """
    with _said(database), closing(_open(database)) as db:
        db.execute("BEGIN")  # one moment, however long it takes
        if (found := _unsound(db)) is not None:
            return [found]
        rooms = db.execute("SELECT id, name FROM rooms ORDER BY id").fetchall()
        # Older files have an index instead.
        runs = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'runs'").fetchone()
        lying = groupby(
            db.execute("SELECT room, seq, arrival FROM events ORDER BY room, seq"), itemgetter(0)
        )
        current, events = next(lying, _NO_EVENTS)
        wrong = []
        for done, (room, name) in enumerate(rooms, start=1):
            while current is not None and current < room:  # of a room that is not there
                current, events = next(lying, _NO_EVENTS)
            listed = every_arrival(db, room) if runs else None
            if found := _misplaced(events if current == room else (), listed):
                wrong.append(f"room {name!r}: {found}")
            progress(done, len(rooms))
        orphans = db.execute("PRAGMA foreign_key_check").fetchall()
        return wrong + [f"{table}: row {row} belongs to nothing" for table, row, *_ in orphans]


def _misplaced(events: Iterable[tuple[int, int, int]], listed: Iterator[int] | None) -> str | None:
    """Return what is wrong with a room, whose rows (room, seq, arrival) come in order of seq.

    `listed`: where its runs say that they lie, if it has runs.
    """
    count = first = last = 0
    agree = True
    for _, last, arrival in events:
        count += 1
        first = first or last
        if listed is not None:
            agree = next(listed, None) == arrival and agree
    if count and (first, last) != (1, count):  # a private room may have none yet
        return f"{count} events, numbered {first} to {last}"
    if listed is not None:
        agree = next(listed, None) is None and agree
    return None if agree else "its runs say otherwise where its events lie"


def _open(file: Path) -> sqlite3.Connection:
    if not file.is_file():
        raise StartError(f"{file}: there is no such file")
    db = connect_readonly(file)
    db.isolation_level = None
    if recognise(db, file) == 0:
        db.close()
        raise StartError(f"{file}: there is no log in it")
    return db


def _unsound(db: sqlite3.Connection) -> str | None:
    """Return the first thing that SQLite finds wrong with the file."""
    (found,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    return None if found == "ok" else f"damaged: {' '.join(str(found).split())}"


def _copy(source: sqlite3.Connection, target: Path, progress: Progress) -> None:
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        # Within a transaction the source stands still, so that the copy need not begin
        # again with every message that comes in meanwhile.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with closing(sqlite3.connect(part, isolation_level=None)) as db:
            source.backup(
                db, pages=_PAGES, progress=lambda _, left, total: progress(total - left, total)
            )
            db.execute("PRAGMA journal_mode = DELETE")  # a copy is one file
        source.execute("COMMIT")
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.rename(target)
        _sync(target.parent)
    finally:
        part.unlink(missing_ok=True)


def _set_aside(database: Path) -> Path:
    """Move a log away with what belongs to it: its newest commits are in the -wal file."""
    kept = database.with_name(time.strftime(f"{database.name}.%Y%m%d-%H%M%S"))
    for suffix in ("-wal", "-shm", ""):
        beside = database.with_name(database.name + suffix)
        if beside.exists():
            beside.rename(kept.with_name(kept.name + suffix))
    return kept


def _sync(folder: Path) -> None:
    """Have a rename survive power loss."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _said(file: Path) -> Iterator[None]:
    """Say in one line what the disk or SQLite says."""
    try:
        yield
    except sqlite3.Error as error:
        raise StartError(f"{file}: {error}") from error
    except OSError as error:
        raise StartError(f"{error.filename or file}: {error.strerror}") from error
