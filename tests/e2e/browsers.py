"""Which browsers there are, and how they are started."""

import os
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

# What starts each browser: the first of these on PATH. Debian's shell is Chromium without the
# windows that nobody sees, in half the time; where it is not, Chromium itself.
NAMES = {"chromium": ("chromium-headless-shell", "chromium"), "firefox": ("firefox-esr", "firefox")}
# How playwright launches each.
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
    # As Mozilla and Debian build it, unpatched: by WebDriver BiDi.
    "firefox": {"channel": "moz-firefox"},
}
# What a profile in Chromium can be asked, and here only a whole Firefox: one is started for it.
ALL_OF_FIREFOX: dict[str, dict[str, Any]] = {
    "forced_colors": {"browser.display.document_color_use": 2},
    "has_touch": {
        "dom.w3c_touch_events.enabled": 1,
        "ui.primaryPointerCapabilities": 1,
        "ui.allPointerCapabilities": 1,
    },
}


def split(name: str, options: Mapping[str, Any]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return what of new_context()'s options a browser of its own is started for, and the rest."""
    if name != "firefox":
        return (), dict(options)
    apart = tuple(sorted(set(options) & set(ALL_OF_FIREFOX)))
    unknown = {"forced_colors", "is_mobile"}
    return apart, {key: value for key, value in options.items() if key not in unknown}


def launch_options(name: str, apart: Sequence[str] = ()) -> dict[str, Any]:
    """Return the options of playwright's launch(), but for the path."""
    options = OPTIONS[name]
    if name == "firefox":
        # Every one of them is somebody's who wants no motion: that too is asked of the whole.
        preferences = {"ui.prefersReducedMotion": 1}
        for asked in apart:
            preferences |= ALL_OF_FIREFOX[asked]
        options = {**options, "firefox_user_prefs": preferences}
    return options


def executable(name: str) -> str | None:
    """Return the path of a browser, or None; $CHROMIUM and $FIREFOX come first."""
    given = os.environ.get(name.upper())
    return given or next(filter(None, map(shutil.which, NAMES[name])), None)
