"""Times as text, compared with Python's own."""

from datetime import UTC, datetime

import pytest

from chat_app.chat.times import clock, day, iso

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
LEAP_DAY = 1_709_164_800_000  # 2024-02-29T00:00:00Z


@pytest.mark.parametrize(
    "at",
    [
        at
        for start in (DAY, LEAP_DAY, 1_795_000_000_123)
        for part in (1000, MINUTE, HOUR, DAY, 366 * DAY)
        for at in (start, start + part - 1, start + part)
    ],
)
def test_a_time_is_written_as_python_writes_it(at):
    moment = datetime.fromtimestamp(at // 1000, UTC).replace(microsecond=at % 1000 * 1000)
    assert iso(at) == moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert day(at) == moment.date().isoformat()
    assert clock(at) == moment.strftime("%H:%M")


def test_all_of_a_second_has_three_places():
    assert iso(0) == "1970-01-01T00:00:00.000Z"
    assert iso(LEAP_DAY + 7) == "2024-02-29T00:00:00.007Z"
