"""Times as text. They are in milliseconds since 1970, UTC, everywhere else."""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=4096)  # a busy log has many events in one millisecond
def iso(at: int) -> str:
    """Return a time as "2026-11-22T13:00:00.123Z"."""
    return f"{_second(at // 1000)}.{at % 1000:03}Z"


def day(at: int) -> str:
    """Return the day of a time in UTC, as "2026-11-22"."""
    return _second(at // 1000)[:10]


def clock(at: int) -> str:
    """Return the hour and minute of a time in UTC, as "13:00"."""
    return _second(at // 1000)[11:16]


@lru_cache(maxsize=1024)  # events come by the thousand in one second, and pages are read again
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")
