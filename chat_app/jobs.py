"""What `run.py` does besides serving: one job, then it ends."""

import argparse
import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from chat_app.chat.links import SECRET, Kind, Links
from chat_app.chat.lookalikes import small
from chat_app.config import Config, Storage
from chat_app.errors import StartError
from chat_app.store import open_store_beside
from chat_app.store.backup import backup, check, restore

Job = Callable[[Config, argparse.Namespace], int]


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """Give the command line its jobs; `options.job(config, options)` does the one asked for."""
    jobs = parser.add_subparsers(title="jobs (without one, it serves)", metavar="JOB")
    job = jobs.add_parser("backup", help="copy the log into FILE, while the server runs")
    job.add_argument("file", type=Path, metavar="FILE")
    job.set_defaults(job=_backup)
    job = jobs.add_parser("restore", help="put a backup in the place of the log")
    job.add_argument("file", type=Path, metavar="FILE")
    job.add_argument("--force", action="store_true", help="set a log that is there aside")
    job.set_defaults(job=_restore)
    for name, kind, text in (
        ("owner-link", "owner", "print a one-time link that makes who opens it an owner"),
        ("invite-link", "invite", "print a one-time link to make an account"),
        ("reset-password", "reset", "print a one-time link to set a new password"),
    ):
        job = jobs.add_parser(name, help=f"{text}; the server may be running")
        if kind == "reset":
            job.add_argument("name", metavar="NAME", help="whose password it is")
        job.add_argument(
            "--url", help="the server's address for its visitors (default: as it listens)"
        )
        job.set_defaults(job=_link, kind=kind, name=None)
    job = jobs.add_parser("check", help="look through the log for damage and gaps")
    job.set_defaults(job=_check)
    job = jobs.add_parser("migrate", help="copy the log into PostgreSQL, to go on there")
    job.add_argument(
        "--to", required=True, metavar="URL", help="postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
    )
    job.set_defaults(job=_migrate)


def _backup(config: Config, options: argparse.Namespace) -> int:
    with _bar("Copying", "page") as progress:
        backup(_file(config), options.file, progress)
    print(f"The log is copied to {options.file}")
    return 0


def _restore(config: Config, options: argparse.Namespace) -> int:
    with _bar("Copying", "page") as progress:
        kept = restore(options.file, _file(config), progress, force=options.force)
    print(f"The log is as it was in {options.file}, in a new epoch")
    if kept is not None:
        print(f"What was there is kept as {kept}")
    return 0


def _check(config: Config, options: argparse.Namespace) -> int:
    file = _file(config)
    with _bar("Checking", "room") as progress:
        wrong = check(file, progress)
    for line in wrong:
        print(line)
    print(f"{file}: {f'{len(wrong)} things are wrong' if wrong else 'sound'}")
    return 1 if wrong else 0


def _migrate(config: Config, options: argparse.Namespace) -> int:
    # With PostgreSQL's driver it takes 0.1 s, which who serves does not wait for.
    from chat_app.store.migrate import migrate  # noqa: PLC0415

    file = _file(config)
    try:
        target = Storage(url=options.to)
    except ValueError as error:
        raise StartError(f"--to: {str(error).partition(': ')[2]}") from None
    if target.is_file:
        raise StartError("--to: expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE")
    with _bar("Copying", "row") as progress:

        def show(what: str, done: int, total: int) -> None:
            progress(done, total, what)

        count = asyncio.run(migrate(config.storage, target.url, show))
    print(f"{count} messages and all else of {file} are copied, and every row was compared")
    print("Now set storage.url to where they are, and start")
    return 0


def _file(config: Config) -> Path:
    """Return the file that the log is in."""
    if not config.storage.is_file:
        raise StartError("storage.url: the log is in PostgreSQL; use pg_dump and pg_restore")
    return config.storage.file


def _link(config: Config, options: argparse.Namespace) -> int:
    token = asyncio.run(_token(config, options.kind, options.name))
    host, port = config.server.host, config.server.port
    shown = f"[{host}]" if ":" in host else host
    print(f"{(options.url or f'http://{shown}:{port}').rstrip('/')}/link/{token}/")
    return 0


async def _token(config: Config, kind: Kind, name: str | None) -> str:
    store = await open_store_beside(config.storage, SECRET)
    try:
        account = await store.accounts.account(small(name)) if name is not None else None
        if name is not None and account is None:
            raise StartError(f"nobody called {name!r} has an account")
        return Links(await store.secret(SECRET)).make(kind, account)
    finally:
        await store.close()


@contextmanager
def _bar(title: str, unit: str) -> Iterator[Callable[..., None]]:
    """Show a bar on stderr while a job runs, if a person is looking."""
    with tqdm(desc=title, unit=unit, disable=None, leave=False) as bar:

        def progress(done: int, total: int, title: str = title) -> None:
            bar.set_description(title, refresh=False)
            bar.total = total
            bar.update(done - bar.n)

        yield progress
