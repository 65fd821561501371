"""Times as text. They are in milliseconds since 1970, UTC, everywhere else."""

from datetime import date
from functools import lru_cache
from typing import Final

_FIRST_DAY: Final = date(1970, 1, 1).toordinal()


@lru_cache(maxsize=4096)  # a busy log has many events in one millisecond
def iso(at: int) -> str:
    """Return a time as "2026-11-22T13:00:00.123Z"."""
    return f"{_minute(at // 60_000)}:{at // 1000 % 60:02}.{at % 1000:03}Z"


def day(at: int) -> str:
    """Return the day of a time in UTC, as "2026-11-22"."""
    return _day(at // 86_400_000)


def clock(at: int) -> str:
    """Return the hour and minute of a time in UTC, as "13:00"."""
    return _minute(at // 60_000)[11:]


# By minutes: the messages of a page lie seconds apart, and each has a second of its own.
@lru_cache(maxsize=1024)
def _minute(number: int) -> str:
    days, minutes = divmod(number, 24 * 60)
    return f"{_day(days)}T{minutes // 60:02}:{minutes % 60:02}"


@lru_cache(maxsize=64)
def _day(number: int) -> str:
    return date.fromordinal(_FIRST_DAY + number).isoformat()
