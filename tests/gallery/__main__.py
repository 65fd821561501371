"""`python -m tests.gallery`: pictures of every state of the pages, and one sheet of them all.

They go to .gallery/; index.html there holds the pictures itself and can be sent around.
"""

# ruff: noqa: T201 - a program that prints

import argparse
import asyncio
import base64
import html
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, async_playwright
from playwright.async_api import Error as BrowserError
from tqdm import tqdm

from tests.e2e.browsers import OPTIONS, executable
from tests.gallery.scene import furnish
from tests.gallery.states import GROUPS, Shot, State
from tests.servers import Server, serve

FOLDER = Path(__file__).parents[2] / ".gallery"

PHONE = {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}
# How each state is pictured: its name, and the options of playwright's new_context.
SIZES: dict[str, dict[str, Any]] = {
    "360 light": {"viewport": {"width": 360, "height": 740}, **PHONE},
    "360 dark": {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark", **PHONE},
    "1280 light": {"viewport": {"width": 1280, "height": 800}},
    "1280 dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "320": {"viewport": {"width": 320, "height": 568}, **PHONE},
    "768": {"viewport": {"width": 768, "height": 1024}, "has_touch": True},
    "Korean": {"viewport": {"width": 360, "height": 740}, "locale": "ko-KR", **PHONE},
    "forced colors": {"viewport": {"width": 768, "height": 600}, "forced_colors": "active"},
    "1280 Korean": {"viewport": {"width": 1280, "height": 800}, "locale": "ko-KR"},
    "no scripts": {"viewport": {"width": 360, "height": 740}, "java_script_enabled": False},
}
# The first four are taken of everything, the others of what they can change.
EVERYWHERE = tuple(SIZES)[:4]
DOORS = tuple(caption for caption, _ in GROUPS["Doors"])
ALSO = {
    "320": ("rooms one opened", "a long day", "writing", "one's name", "members",
            "a message that failed", "offline", "help", "not found"),
    "768": ("first visit", "a long day", "members", "offline"),
    "Korean": ("first visit", "empty", "Korean", "one's name", "members", "a message that failed",
               "offline", "put out of the room", "help", "not found", "logging in, refused",
               "making an account", "one's account", *DOORS),
    "1280 Korean": ("logging in", "one's account", *DOORS),
    "forced colors": ("rooms one opened", "first words", "a message that failed", "members",
                      "a message under the keyboard's focus"),
    "no scripts": ("first visit", "empty", "a long day", "not found"),
}  # fmt: skip

STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 1600px; padding: 24px; }
h1, h2, h3 { font-weight: 600; line-height: 1.3; }
h2 { margin: 48px 0 0; border-bottom: 1px solid #8884; }
h3 { margin: 24px 0 8px; }
nav { display: flex; flex-wrap: wrap; gap: 4px 16px; }
section { display: flex; flex-wrap: wrap; gap: 16px; align-items: start; }
figure { margin: 0; }
img { display: block; height: 400px; border: 1px solid #8886; border-radius: 6px; }
img:target, a:focus img { outline: 2px solid Highlight; }
figcaption { font-size: 13px; opacity: .75; }
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.gallery", description=__doc__)
    parser.add_argument("--only", help="states whose caption has this in it")
    only = parser.parse_args(arguments).only or ""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    failed = asyncio.run(picture(only))
    sheet = FOLDER / "index.html"
    sheet.write_text(contact_sheet())
    for what in failed:
        print(f"failed: {what}", file=sys.stderr)
    print(sheet)
    return int(bool(failed))


async def picture(only: str) -> list[str]:
    """Take all pictures; return what failed."""
    failed: list[str] = []
    wanted = [
        (group, caption, state, size)
        for size in SIZES
        for group, states in GROUPS.items()
        for caption, state in states
        if only in caption and (size in EVERYWHERE or caption in ALSO[size])
    ]
    path = executable("chromium")
    assert path, "no chromium: `make gallery` installs it, or set CHROMIUM"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=OPTIONS["chromium"]["args"]
        )
        with tqdm(total=len(wanted), dynamic_ncols=True, leave=False) as progress:
            # A server of its own for each size: what was said for one picture is not in the next.
            for size, shots in groupby(wanted, key=lambda shot: shot[3]):
                async with furnished() as server:
                    for group, caption, state, _ in shots:
                        file = FOLDER / f"{group}, {caption}, {size}.png"
                        try:
                            await shoot(browser, server.url, state, size, file)
                        except (BrowserError, AssertionError) as error:
                            failed.append(f"{file.stem}: {error!r}")
                        progress.update()
        await browser.close()
    return failed


@asynccontextmanager
async def furnished() -> AsyncIterator[Server]:
    """A server with the rooms of the scene."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        await furnish(data / "data")
        async with serve(data, "limits.message_rate=0") as server:
            yield server


async def shoot(browser: Browser, url: str, state: State, size: str, file: Path) -> None:
    options = {"base_url": url, "locale": "en-US", "timezone_id": "Asia/Seoul", **SIZES[size]}
    context = await browser.new_context(**options)
    try:
        page = await context.new_page()
        await state(Shot(page, url, size))
        await page.screenshot(path=file, animations="disabled")
    finally:
        await context.close()


def contact_sheet() -> str:
    """Return the page that shows every picture there is, by group and state."""
    parts: list[str] = []
    for group, states in GROUPS.items():
        parts.append(f'<h2 id="{group}">{group}</h2>')
        for caption, _ in states:
            files = [FOLDER / f"{group}, {caption}, {size}.png" for size in SIZES]
            shots = [(size, file) for size, file in zip(SIZES, files, strict=True) if file.exists()]
            if not shots:
                continue
            parts.append(f"<h3>{html.escape(caption)}</h3><section>")
            for size, file in shots:
                data = base64.b64encode(file.read_bytes()).decode()
                alt = html.escape(f"{caption}, {size}")
                parts.append(
                    f'<figure><img alt="{alt}" loading="lazy" src="data:image/png;base64,{data}">'
                    f"<figcaption>{size}</figcaption></figure>"
                )
            parts.append("</section>")
    links = "".join(f'<a href="#{group}">{group}</a>' for group in GROUPS)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Gallery</title>'
        f"<style>{STYLE}</style><h1>Every state of the pages</h1><nav>{links}</nav>"
        f"{''.join(parts)}</html>"
    )


if __name__ == "__main__":
    sys.exit(main())
