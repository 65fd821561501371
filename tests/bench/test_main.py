"""The command line: what it measures, what it keeps, how it ends."""

import pytest

import bench.__main__ as cli
from bench import report
from bench.results import Results
from tests.bench.test_report import LOAD


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """What was measured, as (scenario, program), by a measurement that takes no time."""
    taken = []

    def measure(program, scenario, *, quick):
        taken.append((scenario.name, program.name))
        return {"load": {**LOAD, "shown_measured": 100}, "violations": []}

    monkeypatch.setattr(cli, "measure", measure)
    monkeypatch.setattr(cli, "RESULTS", Results(tmp_path / "results.jsonl"))
    monkeypatch.setattr(report, "PAGE", tmp_path / "performance.md")
    monkeypatch.setattr(report, "CHARTS", tmp_path / "performance")
    report.PAGE.write_text("before\n<!-- bench -->\nold\n<!-- end -->\nafter\n")
    return taken


def test_programs_are_measured_in_turn(measured):
    assert cli.main(["--only", "ours,floor", "--scenario", "S2", "--rounds", "2"]) == 0
    assert measured == [("S2", "ours"), ("S2", "floor")] * 2


def test_a_run_goes_on_where_it_stopped(measured):
    cli.main(["--only", "ours", "--scenario", "S2"])
    cli.main(["--resume", "--only", "ours,floor", "--scenario", "S2"])
    assert measured == [("S2", "ours")] * 3 + [("S2", "floor")] * 3


def test_what_we_broke_is_red_and_an_exit_status(measured, monkeypatch, capsys):
    broken = {"load": {**LOAD, "shown_measured": 1}, "violations": ["1 lost"], "kept": "there"}
    monkeypatch.setattr(cli, "measure", lambda *_, **__: dict(broken))
    assert cli.main(["--only", "floor", "--scenario", "S2"]) == 0
    assert cli.main(["--only", "ours", "--scenario", "S2"]) == 1
    assert "RED S2 ours round 1: 1 lost (kept: there)" in capsys.readouterr().out


def test_a_run_is_published_between_its_marks(measured):
    cli.main(["--only", "ours,floor", "--scenario", "S2"])
    assert "old" in report.PAGE.read_text(), "a part of the whole is not published by itself"
    assert cli.main(["--render"]) == 0
    page = report.PAGE.read_text()
    assert page.startswith("before\n<!-- bench -->\n![")
    assert page.endswith("<!-- end -->\nafter\n")
    assert "| this program, every message on disk first | **100** |" in page
    assert (report.CHARTS / "fan-out.svg").exists()


def test_quick_runs_are_not_published(measured):
    cli.main(["--quick", "--only", "ours", "--scenario", "S2"])
    assert len(measured) == 1
    assert cli.main(["--render"]) == 2


def test_an_unknown_name_is_refused(measured, capsys):
    with pytest.raises(SystemExit):
        cli.main(["--only", "nobody"])
    assert "no such thing: nobody; there are ours" in capsys.readouterr().err
