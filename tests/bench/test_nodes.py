"""Nodes over shared engines are measured, each part apart, and judged as one."""

import pytest

from bench.nodes import PARTS, SCENARIOS, Scenario, in_the_log, measure, running_engines, show

LOAD = {"clients": 12, "rooms": 2, "senders": 3, "window": 2, "warmup": 0.1, "drain": 5}
NOBODY = "a node without members"


@pytest.fixture(scope="module")
def engines():
    with running_engines() as engines:
        yield engines


@pytest.mark.parametrize("apart", [0, 1])
def test_nodes_share_a_log_and_every_part_is_measured(engines, apart):
    scenario = Scenario("tiny", "", {**LOAD, "apart": apart})
    record = measure(engines, scenario, 2, 0.5)
    assert record["violations"] == []
    assert record["load"]["shown_measured"] > 0
    assert record["cpu_s"].keys() == set(PARTS)
    assert record["cpu_s"]["nodes"] > 0
    assert record["cpu_s"][NOBODY] == 0


def test_the_rows_in_the_log_are_counted(engines):
    url = engines.postgres.schema()
    engines.postgres.execute("CREATE TABLE events (room int, seq int)", url)
    engines.postgres.execute("INSERT INTO events VALUES (1, 1), (1, 2), (2, 1), (2, 3)", url)
    assert in_the_log(engines.postgres, url, 4) == ["1 rooms whose seq has gaps"]
    assert in_the_log(engines.postgres, url, 5)[0] == "4 rows in the log for 5 messages sent"


def test_the_table_has_the_medians_of_each_part():
    def record(sent, node):
        load = {"sent_measured": sent, "shown_measured": 100, "seconds": 2.0, "p99_ms": 9.0}
        cpu = {"nodes": node, "PostgreSQL": 0.02, "Valkey": 0.01, NOBODY: 0.0}
        return {"scenario": "room", "nodes": 2, "load": load, "cpu_s": cpu, "violations": []}

    lines = show([record(100, node) for node in (0.9, 0.05, 0.07)]).splitlines()
    assert len(lines) == 3
    cells = [cell.strip() for cell in lines[2].strip("|").split("|")]
    assert cells[:2] == [SCENARIOS["room"].what, "2"]
    assert cells[2:] == ["50", "50", "9", "700", "200", "100", "0", "1,000"]
