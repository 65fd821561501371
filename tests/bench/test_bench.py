"""The bench measures, and what measures is not lied to."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bench.build import build
from bench.figures import FIGURES
from bench.measure import measure
from bench.programs import FLOOR, OURS, Program
from bench.scenarios import ALONE, IDLE, SATURATED, Scenario
from bench.verdict import on_disk

TINY = Scenario(
    "tiny",
    "two rooms of 10, 3 talk in each",
    "closed",
    {
        "clients": 20,
        "rooms": 2,
        "senders": 3,
        "window": 2,
        "settle": 0.05,
        "warmup": 0.1,
        "seconds": 0.4,
        "drain": 2,
    },
)


@pytest.mark.parametrize("name", ["load", "floor"])
def test_the_parts_in_c_compile_without_a_warning(name, tmp_path):
    assert build(name, tmp_path).stat().st_mode & 0o100


@pytest.mark.parametrize("program", [OURS, FLOOR], ids=lambda program: program.name)
def test_an_honest_server_is_measured(program, tmp_path):
    record = measure(program, TINY, place=tmp_path)
    assert record["violations"] == []
    assert record["load"]["shown_measured"] > 0
    assert FIGURES["delivered_share"](record["load"]) == 1
    assert not list(tmp_path.iterdir()), "what a good run leaves is removed"


@pytest.mark.parametrize("scenario", [IDLE, *ALONE], ids=lambda scenario: scenario.name)
def test_every_kind_of_load_reaches_us(scenario, tmp_path):
    short = {"clients": 4, "rooms": 1, "settle": 0.05, "warmup": 0.1, "seconds": 0.3}
    tiny = Scenario("tiny", "", scenario.mode, {**scenario.load, **short}, scenario.before)
    record = measure(OURS, tiny, place=tmp_path)
    assert record["violations"] == []
    if scenario.mode in ("ask", "get"):
        assert record["load"]["answers"] > 0


@pytest.mark.parametrize(
    ("lie", "caught"),
    [
        ("drops", "missing in a receiver's order"),
        ("doubles", "doubled or out of order"),
        ("reorders", "doubled or out of order"),
        ("misroutes", "shown in another room"),
        ("closes", "closed by the server"),
    ],
)
def test_a_lying_server_is_caught(lie, caught, tmp_path):
    script = Path(__file__).with_name("liar.py")
    liar = Program("liar", "", lambda port, _: [sys.executable, str(script), lie, str(port)])
    violations = measure(liar, TINY, place=tmp_path)["violations"]
    assert any(caught in violation for violation in violations), violations


def test_the_rows_on_disk_are_counted(tmp_path):
    database = tmp_path / "chat.db"
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE events (room, seq)")
    connection.executemany("INSERT INTO events VALUES (?, ?)", [(1, 1), (1, 2), (2, 1), (2, 3)])
    connection.commit()
    connection.close()
    assert on_disk(database, [{"sent": 3}, {"sent": 1}]) == ["1 rooms whose seq has gaps"]
    assert on_disk(database, [{"sent": 5}])[0] == "4 rows on disk for 5 messages sent"


def test_a_server_that_does_not_come_up_has_no_figures(tmp_path):
    broken = Program("broken", "", lambda _port, _folder: [sys.executable, "-c", "exit('no')"])
    record = measure(broken, TINY, place=tmp_path)
    assert record["load"] is None
    assert "does not listen" in record["violations"][0]


def test_the_command_line_is_explained():
    shown = subprocess.run(
        [sys.executable, "-m", "bench", "--help"], capture_output=True, text=True, check=True
    ).stdout
    for scenario in SATURATED:
        assert scenario.name in shown
