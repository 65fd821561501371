import asyncio

import pytest

from bench.filled import filled_folder
from bench.growth import judge
from bench.growths import GROWTHS, Measurement
from bench.operations import costs
from bench.programs import ours
from bench.server import serving


def records(growth, costs):
    sizes = GROWTHS[growth].sizes
    return [
        {"growth": growth, "size": size, "costs": {"it": cost}, "wrong": []}
        for size, cost in zip(sizes, costs, strict=False)
    ]


@pytest.mark.parametrize(
    ("growth", "costs", "wrong"),
    [
        ("members", [1, 10, 100, 1000], 0),
        ("members", [1, 10, 200, 1000], 1),
        ("log", [100, 300, 110, 120, 190], 0),
        ("log", [100, 100, 100, 100, 210], 1),
    ],
)
def test_what_grows_worse_than_it_may_is_red(growth, costs, wrong):
    assert len(judge(records(growth, costs))) == wrong


def test_what_went_wrong_while_measuring_is_red():
    (record,) = records("rooms", [1])
    record["wrong"] = ["1 deliveries lost"]
    assert judge([record]) == ["RED: rooms 1: 1 deliveries lost"]


def test_the_median_of_the_rounds_counts_and_nothing_wrong_is_forgotten():
    rounds = [Measurement({"it": cost}, wrong) for cost, wrong in ((9, []), (1, ["x"]), (2, []))]
    assert Measurement.median(rounds) == Measurement({"it": 2}, ["x"])


def test_a_visitor_finds_the_way_in_a_filled_log(tmp_path):
    folder = filled_folder(400, tmp_path)
    with serving(ours, folder) as server:
        found = asyncio.run(costs(server, 400, 0.01))
    assert server.status == 0
    assert set(found) == {"page", "last", "middle", "resume", "post"}
    assert all(cost["cpu_us"] > 0 and cost["p50_ms"] > 0 for cost in found.values())
    made = (folder / "filled").stat().st_mtime_ns
    assert (filled_folder(400, tmp_path) / "filled").stat().st_mtime_ns == made
