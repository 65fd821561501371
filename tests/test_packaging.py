"""What is installed is what lies in the folder, and works without it."""

import re
import shutil
import subprocess
import sys
import venv
from configparser import ConfigParser
from pathlib import Path
from zipfile import ZipFile

import pytest
from aiohttp import ClientSession

from tests.servers import serve

ROOT = Path(__file__).parents[1]
SHIPPED = ("chat_app", "templates", "static")


def setup_cfg() -> ConfigParser:
    parser = ConfigParser(interpolation=None)
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def pip(*arguments):
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments],
        check=True,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy: setuptools leaves things where it builds."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for name in SHIPPED:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A fresh environment with the wheel in it; its dependencies are borrowed from ours."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    pip("--python", str(python), "install", "--no-deps", "--no-index", str(wheel))
    # Paths alone: what makes a checkout importable from there is not followed.
    (packages,) = folder.glob("lib/python*/site-packages")
    ours = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "borrowed.pth").write_text("\n".join(ours))
    return folder / "bin"


def test_every_package_is_shipped():
    folders = {path.parent for path in (ROOT / "chat_app").rglob("*.py")}
    packages = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    listed = set(setup_cfg()["options"]["packages"].split())
    assert packages | {"chat_app.templates", "chat_app.static"} == listed


def test_a_wheel_has_every_file_and_no_other(wheel):
    files = {
        path.relative_to(ROOT)
        for name in SHIPPED
        for path in (ROOT / name).rglob("*")
        # Types for the checker: no browser asks for them.
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".ts"
    }
    inside = {"chat_app" / path if path.parts[0] != "chat_app" else path for path in files}
    packed = {Path(name) for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == inside


async def test_installed_it_serves_pages_without_the_checkout(installed, tmp_path):
    async with (
        serve(
            tmp_path,
            program=[str(installed / "chat-app")],
            python=installed / "python",
            cwd=tmp_path,
            environment={"PYTHONPATH": ""},
        ) as server,
        ClientSession(server.url) as visitor,
    ):
        for page in ("/chat/", "/chat/lobby/"):
            async with visitor.get(page, headers={"Accept-Language": "ko"}) as answer:
                html = await answer.text()
            assert 'lang="ko"' in html
            parts = set(re.findall(r'"(/static/[^"]+)"', html))
            assert {path.rpartition(".")[2] for path in parts} >= {"css", "js"}
            for path in parts:
                async with visitor.get(path) as answer:
                    assert answer.status == 200, path


def test_installed_it_is_called_chat_app(installed, tmp_path):
    done = subprocess.run(
        [installed / "python", installed / "chat-app", "--set", "nonsense"],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("chat-app: --set nonsense: expected")
