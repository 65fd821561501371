"""What is published says what was measured."""

import xml.etree.ElementTree as ET

import pytest

from bench.chart import dots, lines
from bench.scenarios import SATURATED
from bench.tables import Tables, short

LOAD = {
    "server_user_s": 0.5,
    "server_system_s": 0.5,
    "load_cpu_s": 1.0,
    "seconds": 2.0,
    "sent_measured": 10,
    "in_time": 90,
    "due_measured": 100,
    "p50_ms": 1.5,
    "p99_ms": 9.0,
}


def record(program, shown, scenario="S2", violations=()):
    load = {**LOAD, "shown_measured": shown}
    return {"program": program, "scenario": scenario, "load": load, "violations": violations}


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (1.5, "1.5"), (123.4, "123"), (12_345, "12.3k"), (2_000_000, "2M")],
)
def test_numbers_are_short(value, text):
    assert short(value) == text


def test_a_row_is_the_median_and_how_many_times_that_ours_is():
    records = [record("ours", shown) for shown in (300, 100, 200)] + [record("aiohttp", 50)]
    lines = Tables(records).saturated("title", "deliveries_per_cpu_s").splitlines()
    assert lines[2].endswith("| **200** |")
    assert lines[3].endswith("| 50 (×4) |")


def test_a_run_that_broke_its_word_is_red():
    records = [record("ours", 100), record("ours", 100, violations=["1 deliveries lost"])]
    assert "🟥" in Tables(records).saturated("title", "deliveries_per_s")


def test_what_was_not_delivered_is_told():
    assert "90%, 1.5 / 9" in Tables([record("ours", 90, "open200")]).sweep()


def test_charts_are_xml_and_say_every_value():
    drawn = dots("Title", [("ours", 0), ("<other>", 1)], [("S2", [2000, None])] * len(SATURATED))
    assert [element.text for element in ET.fromstring(drawn).iter() if element.text == "2k"]
    drawn = lines("Title", "x", "y", {"a": (0, [(1, 10), (100, 20)]), "b": (1, [(1, 10)])})
    names = [element.text for element in ET.fromstring(drawn).iter()]
    assert {"a", "b"} <= set(names)
