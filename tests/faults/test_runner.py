"""The runner: what it prints, what it remembers, and with which status it ends."""

import json

import pytest

from bench import machine
from tests.faults import __main__ as runner
from tests.faults.rows import Result
from tests.faults.table import Row, Scale

PAGE = "before\n<!-- ten-minute -->\nold\n<!-- end -->\nbetween\n<!-- full -->\nold\n<!-- end -->\n"


@pytest.fixture
def ran(monkeypatch, tmp_path):
    """The seeds with which rows were run; the row "bad" violates something, "slow" is slow."""
    seeds = []

    def row(violations, seconds):
        async def run(folder, seed, progress, *, scale):
            seeds.append((seed, scale))
            (folder / "left").touch()
            progress.step("done")
            return Result({"seconds": seconds}, list(violations))

        scales: dict[Scale, dict[str, int]] = {"ten-minute": {"scale": 10}, "full": {"scale": 99}}
        return Row("a row", run, scales, {"seconds": 2.0})

    rows = {"good": row([], 1), "bad": row(["lost one"], 1), "slow": row([], 3)}
    monkeypatch.setattr(runner, "ROWS", rows)
    monkeypatch.setattr(runner, "FOLDER", tmp_path / "faults")
    monkeypatch.setattr(runner, "RESULTS", tmp_path / "faults" / "results.jsonl")
    monkeypatch.setattr(runner, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(machine, "commit", lambda: "abc")
    runner.PAGE.write_text(PAGE)
    return seeds


def test_a_row_that_has_passed_is_not_run_again_unless_asked(ran):
    assert runner.main(["--seed", "7", "--row", "good"]) == 0
    assert runner.main(["--seed", "7", "--row", "good"]) == 0
    assert ran == [(7, 10)]
    assert runner.main(["--seed", "8", "--row", "good"]) == 0
    assert runner.main(["--seed", "7", "--row", "good", "--full"]) == 0
    assert runner.main(["--seed", "7", "--row", "good", "--again"]) == 0
    assert ran == [(7, 10), (8, 10), (7, 99), (7, 10)]


@pytest.mark.parametrize(
    ("name", "violation"), [("bad", "lost one"), ("slow", "seconds is 3, at most 2.0 is promised")]
)
def test_a_violation_is_status_1_and_says_how_to_replay(ran, capsys, name, violation):
    for _ in range(2):  # it has not passed: it is run again
        assert runner.main(["--seed", "7", "--row", "good", name]) == 1
    assert len(ran) == 3
    said = capsys.readouterr().out
    assert f"  {violation}" in said
    assert f"python -m tests.faults --seed 7 --row {name} --again" in said
    assert (runner.FOLDER / name / "left").exists()
    assert not (runner.FOLDER / "good").exists()


def test_the_table_goes_between_its_marks(ran):
    runner.main(["--seed", "7", "--row", "good", "--full"])
    page = runner.PAGE.read_text()
    assert page.startswith("before\n<!-- ten-minute -->\nold\n<!-- end -->\nbetween\n")
    assert "| a row | seconds: 1 | 0 |" in page
    assert "`python -m tests.faults --full --seed 7 --row good`" in page
    assert [json.loads(line)["row"] for line in runner.RESULTS.read_text().splitlines()] == ["good"]
