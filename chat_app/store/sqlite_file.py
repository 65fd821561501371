"""The file behind the SQLite store: its folder, its lock, its schema."""

import fcntl
import os
import secrets
import sqlite3
from pathlib import Path

from chat_app.errors import StartError
from chat_app.store.steps import schema_steps


class FolderLock:
    """Held as long as its file is open, so that even kill -9 gives it back."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        os.close(self._descriptor)


def lock_folder(folder: Path) -> FolderLock:
    """Make `folder` (mode 0700) and keep every other process out of it.

    Two processes on one log would each number events for themselves. Raises
    StartError where another one holds it, or where nothing can be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (folder / "lock").exists() or not any(folder.iterdir()):
            folder.chmod(0o700)  # ours; a folder with other things in it is somebody's
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StartError(f"storage.folder {folder}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.read(descriptor, 20).decode(errors="replace").strip() or "unknown"
        os.close(descriptor)
        raise StartError(
            f"storage.folder {folder}: in use by another process (pid {holder})"
        ) from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return FolderLock(descriptor)


def connect(file: Path, durability: str, checkpoint_pages: int) -> sqlite3.Connection:
    """Open the connection that writes, with the schema of this version.

    Raises StartError for a file that is no database, or one of a newer version.
    """
    try:
        # Transactions are begun by hand; the loop inserts and a thread commits, in turn.
        db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        try:
            recognise(db, file)
            db.execute("PRAGMA journal_mode = WAL")
            # What is deleted is overwritten: not every build of SQLite does so by itself.
            db.execute("PRAGMA secure_delete = ON")
            db.execute("PRAGMA synchronous = FULL")
            db.execute(f"PRAGMA wal_autocheckpoint = {checkpoint_pages}")
            migrate(db)
            settle_epoch(db, durability)
            if durability == "process":
                # Leaves the fsync to checkpoints, which the store calls for: kill -9
                # loses nothing, power loss may.
                db.execute("PRAGMA synchronous = NORMAL")
                db.execute("PRAGMA wal_autocheckpoint = 0")
            # The lock keeps out our own kind; whoever else holds the file (a shell) is
            # not waited for by the loop: messages are refused until it lets go.
            db.execute("PRAGMA busy_timeout = 0")
        except BaseException:
            db.close()
            raise
    except sqlite3.Error as error:
        raise StartError(f"storage.url {file}: {error}") from error
    return db


def connect_readonly(file: Path) -> sqlite3.Connection:
    """Open a connection that can neither write nor checkpoint.

    SQLite before 3.51.3 can corrupt a file that two connections checkpoint.
    """
    db = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
    db.execute("PRAGMA wal_autocheckpoint = 0")
    return db


def connect_beside(file: Path) -> sqlite3.Connection:
    """Open what another process may have open, to read it.

    Raises StartError if it is not there, or has not the schema of this version.
    """
    try:
        db = connect_readonly(file)
        if (version := recognise(db, file)) < len(schema_steps("sqlite")):
            db.close()
            raise StartError(f"storage.url {file}: written by an older version (schema {version})")
    except sqlite3.Error as error:
        raise StartError(f"storage.url {file}: {error}") from error
    return db


def recognise(db: sqlite3.Connection, file: Path) -> int:
    """Return the schema's version: the number of the last schema file applied, or 0.

    Reads only. Raises StartError if it is beyond the last one known here, or if
    somebody else's tables are in it.
    """
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    known = len(schema_steps("sqlite"))
    if version > known:
        raise StartError(
            f"storage.url {file}: written by a newer version of this program"
            f" (schema {version}, this one knows {known})"
        )
    if version == 0 and db.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise StartError(f"storage.url {file}: a database of another program")
    return version


def migrate(db: sqlite3.Connection) -> None:
    """Apply the schema files that `db` has not seen, each as one transaction."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    for number, sql in enumerate(schema_steps("sqlite")[version:], start=version + 1):
        db.executescript(f"BEGIN;\n{sql}\nPRAGMA user_version = {number};\nCOMMIT;")


def settle_epoch(db: sqlite3.Connection, durability: str) -> None:
    """See to it that the log has an epoch, and a new one if a seq may come twice.

    With durability "process" the newest commits are lost if the machine loses power,
    and their numbers are given again. So such a log is marked with the boot of the
    machine while it is open; a mark of another boot says that it was not closed since.
    """
    mark = db.execute("SELECT value FROM settings WHERE name = 'open_since_boot'").fetchone()
    boot = boot_id()
    if mark is not None and (mark[0] != boot or not boot):
        new_epoch(db)
    db.execute(
        "INSERT INTO settings VALUES ('epoch', ?) ON CONFLICT DO NOTHING", (secrets.token_hex(6),)
    )
    if durability == "process":
        db.execute("INSERT OR REPLACE INTO settings VALUES ('open_since_boot', ?)", (boot,))
    else:
        closed_cleanly(db)


def closed_cleanly(db: sqlite3.Connection) -> None:
    """Take away the mark of `settle_epoch`, with all commits before it on the disk."""
    if db.execute("SELECT 1 FROM settings WHERE name = 'open_since_boot'").fetchone():
        db.execute("PRAGMA synchronous = FULL")
        db.execute("DELETE FROM settings WHERE name = 'open_since_boot'")


def new_epoch(db: sqlite3.Connection) -> None:
    """Begin another life of the log: cursors of the one before are worth nothing."""
    db.execute("INSERT OR REPLACE INTO settings VALUES ('epoch', ?)", (secrets.token_hex(6),))


def boot_id() -> str:
    """Return what changes when the machine starts; "" where the system does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
