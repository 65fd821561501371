"""Waiting for a page without an eval in it: wait_for_function breaks our own policy."""

import asyncio
from typing import Any

from playwright.async_api import Page

SECONDS = 60.0  # a busy machine may take as long; only what fails waits so long


async def until(page: Page, expression: str, arg: Any = None) -> None:
    """Return once the JavaScript expression, or function of arg, is true of the page."""
    try:
        async with asyncio.timeout(SECONDS):
            while not await page.evaluate(expression, arg):
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {SECONDS:.0f} s: {expression} {arg or ''}") from None
