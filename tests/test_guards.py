"""The guards of tests/conftest.py, guarded: each must be able to turn a test red."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from blockbuster import BlockingError

import chat_app

ROOT = Path(__file__).parents[1]


def run_as_ours(source: str, name: str = "somewhere.py") -> None:
    """Run source as if it stood in chat_app/."""
    path = Path(chat_app.__file__).parent / name
    exec(compile(source, str(path), "exec"), {})


async def test_our_code_must_not_block_the_loop(blocking_calls):
    with pytest.raises(BlockingError, match=r"time\.sleep"):
        run_as_ours("import time; time.sleep(0)")
    assert len(blocking_calls) == 1
    blocking_calls.clear()


async def test_a_blocking_call_that_was_swallowed_is_told_all_the_same(blocking_calls):
    run_as_ours("""
import contextlib, time
with contextlib.suppress(Exception):
    time.sleep(0)
""")
    assert "somewhere.py" in blocking_calls[0]
    blocking_calls.clear()


async def test_only_the_store_may_use_sqlite_in_the_loop(blocking_calls):
    query = "import sqlite3; db = sqlite3.connect(':memory:'); db.execute('select 1'); db.close()"
    run_as_ours(query, "store/sqlite.py")
    with pytest.raises(BlockingError, match="sqlite3"):
        run_as_ours(query)
    with pytest.raises(BlockingError, match=r"time\.sleep"):
        run_as_ours("import time; time.sleep(0)", "store/sqlite.py")
    blocking_calls.clear()


async def test_passwords_are_not_hashed_in_the_loop(blocking_calls):
    for call in ("hash('x')", "verify('x', 'x')"):
        with pytest.raises(BlockingError, match="PasswordHasher"):
            run_as_ours(f"from argon2 import PasswordHasher; PasswordHasher().{call}")
    blocking_calls.clear()


SKIPS = """
import pytest

@pytest.mark.skip
def test_marked(): pass

def test_called(): pytest.skip()

@pytest.mark.xfail
def test_expected_to_fail(): assert False

def test_told_to_fail(): pytest.xfail()

def test_passes(): pass
"""


@pytest.mark.parametrize(
    ("ci", "closing"),
    [
        ("true", "3 failed, 1 passed, 2 errors in "),
        ("", "1 passed, 3 skipped, 2 xfailed in "),
    ],
)
def test_a_skip_is_a_failure_in_ci_and_only_there(ci, closing, tmp_path):
    (tmp_path / "test_skips.py").write_text(SKIPS)
    (tmp_path / "test_module.py").write_text(
        "import pytest\npytest.skip('', allow_module_level=True)"
    )
    settings = ["-c", ROOT / "setup.cfg", "--rootdir", tmp_path, "-p", "tests.conftest"]
    run = [*settings, "-p", "no:cacheprovider", "--continue-on-collection-errors", tmp_path]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *run],
        check=False,
        cwd=ROOT,
        env=os.environ | {"CI": ci},
        capture_output=True,
        text=True,
    )
    assert closing in done.stdout, done.stdout + done.stderr
