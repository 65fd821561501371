"""Which browsers there are, and how they are started."""

import os
import shutil
from typing import Any

# What starts each browser: the first of these on PATH. Debian's shell is Chromium without the
# windows that nobody sees, in half the time; where it is not, Chromium itself.
NAMES = {"chromium": ("chromium-headless-shell", "chromium"), "firefox": ("firefox-esr", "firefox")}
# What playwright's launch-server is told.
OPTIONS: dict[str, dict[str, Any]] = {
    "chromium": {
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
        ]
    },
    # As Mozilla and Debian build it, unpatched: by WebDriver BiDi. What one asks of a browser
    # it can be asked as a whole only: here it is one's who wants no motion.
    "firefox": {"channel": "moz-firefox", "firefoxUserPrefs": {"ui.prefersReducedMotion": 1}},
}


def executable(name: str) -> str | None:
    """Return the path of a browser, or None; $CHROMIUM and $FIREFOX come first."""
    given = os.environ.get(name.upper())
    return given or next(filter(None, map(shutil.which, NAMES[name])), None)
