"""The faults in their short form; `make faults` has the long ones."""

import re

import pytest

from tests.faults.kill import kill
from tests.faults.nodes import nodes
from tests.faults.rows import Progress
from tests.faults.table import ROWS

MUTATION = ("-m", "tests.faults.mutations")
SEED = 20261122


async def short(name, folder, **others):
    """Run a row of the table in its short form, or with something otherwise."""
    row = ROWS[name]
    return await row.run(folder, SEED, Progress(), **{**row.scales["short"], **others})


async def test_kill_9_loses_doubles_and_reorders_nothing(tmp_path):
    result = await short("kill", tmp_path)
    assert not result.violations[:3]
    assert result.figures["acknowledged"] >= 2_700
    assert result.figures["deleted"] >= 100
    assert result.figures["heard by bare clients"] >= 100


async def test_a_resume_storm_leaves_no_gaps(tmp_path):
    result = await short("storm", tmp_path)
    assert not result.violations[:3]
    assert result.figures["resumes"] >= 300


async def test_members_that_stop_reading_harm_nobody(tmp_path):
    result = await short("slow", tmp_path)
    assert not result.violations[:3]
    assert result.figures["seen by the fast"] == 20 * result.figures["published"]


async def test_malformed_frames_disturb_nobody_and_leave_nothing(tmp_path):
    result = await short("malformed", tmp_path)
    assert not result.violations[:3]
    assert result.figures["frames"] >= 20_000


async def test_floods_take_no_memory_and_half_handshakes_no_place(tmp_path):
    result = await short("flood", tmp_path)
    assert not result.violations[:3]


async def test_going_down_under_load_tells_all_and_loses_nothing(tmp_path):
    result = await short("goodbye", tmp_path)
    assert not result.violations[:3]
    assert result.figures["told so"] > 80


async def test_a_slow_disk_costs_nothing_but_time(tmp_path):
    result = await short("disk", tmp_path)
    assert not result.violations[:3]


async def test_nodes_and_engines_that_fail_lose_double_and_reorder_nothing(tmp_path):
    result = await short("nodes", tmp_path)
    assert not result.violations[:3]
    assert result.figures["acknowledged"] >= 2_000
    assert result.figures["ghosts gone after, s"] > 0


async def test_the_checker_turns_red_when_tops_are_not_compared(tmp_path):
    # What is lost stays lost: waiting longer would change nothing.
    result = await nodes(
        tmp_path,
        SEED,
        Progress(),
        faults=0,
        acknowledged=100,
        program=(*MUTATION, "no_tops"),
        patience=3,
    )
    assert any(re.search(r"ended at \d+, the top is", found) for found in result.violations)


async def test_a_rolling_restart_loses_and_doubles_nothing_and_finds_everybody_a_place(tmp_path):
    result = await short("rolling", tmp_path)
    assert not result.violations[:3]
    assert result.figures["restarts"] == 3
    # Each has been at the node that went at least once: the last one had all of them or so.
    assert result.figures["moved to another node"] >= 24


async def test_a_crowd_is_told_of_itself_in_a_handful_of_frames(tmp_path):
    result = await short("people", tmp_path)
    assert not result.violations[:3]
    assert result.figures["members"] == 200


async def test_coming_and_going_leaves_nothing_behind(tmp_path):
    result = await short("leaks", tmp_path)
    assert not result.violations[:3]


@pytest.mark.parametrize(
    ("mutation", "violation"),
    [
        ("ack_before_commit", r"acknowledged as \d+(, in the log| and) as|was shown as"),
        ("no_unique_key", "stands at"),
        ("deletion_keeps_text", "its text survives"),
    ],
)
async def test_the_checker_turns_red_when_a_promise_is_broken(tmp_path, mutation, violation):
    for seed in range(20):  # three kills may all miss the moment; twenty times three do not
        folder = tmp_path / str(seed)
        folder.mkdir()
        result = await kill(
            folder, seed, Progress(), kills=3, acknowledged=600, program=(*MUTATION, mutation)
        )
        if any(re.search(violation, found) for found in result.violations):
            return
    pytest.fail(f"{mutation} went unnoticed")
