"""What setup.cfg says of the packages is what lies in the folder."""

from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parents[1]


def setup_cfg() -> ConfigParser:
    parser = ConfigParser(interpolation=None)
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def test_every_package_is_shipped():
    folders = {path.parent for path in (ROOT / "chat_app").rglob("*.py")}
    packages = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    listed = set(setup_cfg()["options"]["packages"].split())
    assert packages | {"chat_app.templates", "chat_app.static"} == listed


def test_every_file_of_the_page_is_shipped():
    data = setup_cfg()["options.package_data"]
    for folder in ("templates", "static"):
        kinds = {Path(pattern).suffix for pattern in data[f"chat_app.{folder}"].split()}
        found = {path.suffix for path in (ROOT / folder).rglob("*") if path.is_file()}
        # Types for the checker: no browser asks for them.
        assert found - {".ts"} <= kinds, folder
