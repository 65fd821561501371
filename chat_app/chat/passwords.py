"""Passwords, as argon2id: hashed and compared in threads of their own, never in the loop."""

import asyncio
import base64
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from chat_app.errors import PasswordRefused, TooManyTries

FEWEST_CHARS: Final = 8
MOST_CHARS: Final = 200
KIBIBYTES: Final = 19 * 1024  # OWASP's setting: 19 MiB, two passes
AT_ONCE: Final = 2  # each takes a processor for ~40 ms, and those 19 MiB
MOST_WAITING: Final = 50  # two seconds' worth; who comes then is asked to come again

Result = TypeVar("Result")


class Passwords:
    """Hashes at most AT_ONCE passwords at a time; raises TooManyTries when too many wait."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=KIBIBYTES, parallelism=1)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password")
        self._waiting = 0
        # What no password is compared with when there is no account: it takes as long.
        salt, digest = (
            base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32)
        )
        self._nobodys = f"$argon2id$v=19$m={KIBIBYTES},t=2,p=1${salt}${digest}"

    async def hash(self, password: str) -> str:
        """Return what the store keeps of a password."""
        return await self._beside(self._hasher.hash, _composed(password))

    async def matches(self, hashed: str | None, password: str) -> bool:
        """Tell whether `hashed` was made of that password; of None, after as long, that not."""
        return await self._beside(self._verify, hashed or self._nobodys, _composed(password))

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except VerifyMismatchError:
            return False

    async def _beside(self, work: Callable[..., Result], *arguments: str) -> Result:
        if self._waiting >= MOST_WAITING:
            raise TooManyTries("Too many people are logging in. Please try again.", retry_ms=3000)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, work, *arguments)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def check_password(password: str, name: str) -> None:
    """Raise PasswordRefused for what can be no password of somebody of that name."""
    password = _composed(password)
    if len(password) < FEWEST_CHARS:
        raise PasswordRefused("A password has at least {limit} characters.", limit=FEWEST_CHARS)
    if len(password) > MOST_CHARS:
        raise PasswordRefused("A password has at most {limit} characters.", limit=MOST_CHARS)
    if password.casefold() in name.casefold() or len(set(password)) < 3:
        raise PasswordRefused("This password is too easy to guess.")


def _composed(password: str) -> str:
    # Some systems type Hangul in parts: the same word is the same password.
    return unicodedata.normalize("NFC", password)
