"""The static files: read once at start, named by what is in them.

They are served under /static/<fingerprint>/…: relative imports between modules
carry the fingerprint along, so all may be kept for ever and none is ever stale.
They are small (a budget holds them below 100 KB), so they stay in memory, gzipped.
"""

import gzip
import hashlib
import re
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

# By hand: mimetypes asks the machine, and Debian takes .ts for a translation.
_CONTENT_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}

# Whole lines of comment: a quarter of what a phone would have to fetch. What stands beside
# code stays. (A line within a template literal must not begin like one.)
_COMMENTS: Final = re.compile(rb"^[ \t]*(?://.*|/\*\*(?:[^*]|\*(?!/))*\*/)$", re.MULTILINE)


class Asset(msgspec.Struct, frozen=True):
    content_type: str
    body: bytes
    gzipped: bytes


class Assets(msgspec.Struct, frozen=True):
    """`files` by their path below static/, `fingerprint` of all of them."""

    fingerprint: str
    files: dict[str, Asset]

    @property
    def prefix(self) -> str:
        return f"/static/{self.fingerprint}/"

    @property
    def icon(self) -> str:
        """The icon as a URL that holds all of it: a request less."""
        return "data:image/svg+xml," + quote(self.files["favicon.svg"].body, safe=" /:=,.-'")

    @property
    def modules(self) -> list[str]:
        """The URLs of what the room page imports, to be fetched in one go."""
        return [
            self.prefix + path
            for path in self.files
            if path.startswith(("js/core/", "js/ui/", "js/main."))
        ]


def load_assets(folder: Path) -> Assets:
    """Read the files below `folder` that a page can ask for."""
    files = {}
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.suffix in _CONTENT_TYPES):
        path = file.relative_to(folder).as_posix()
        body = file.read_bytes()
        if file.suffix == ".js":
            # The lines keep their numbers: what a browser reports is found in the file.
            body = _COMMENTS.sub(lambda comment: b"\n" * comment[0].count(b"\n"), body)
        digest.update(path.encode() + b"\0" + body)
        files[path] = Asset(_CONTENT_TYPES[file.suffix], body, gzip.compress(body, mtime=0))
    return Assets(digest.hexdigest()[:12], files)


def find_folder(name: str) -> Path:
    """Return the folder `templates` or `static`: within the package, as a wheel has
    it, or beside it, as a checkout has it."""
    package = Path(__file__).parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name
