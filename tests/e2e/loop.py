"""The event loop that all tests in real browsers share."""

from functools import partial

import pytest_asyncio

# One that awaits, of a test here: by pytest.fixture it would run in a loop of its own.
fixture = partial(pytest_asyncio.fixture, loop_scope="session")
