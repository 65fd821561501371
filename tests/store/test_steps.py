"""The schema's files."""

from pathlib import Path

import pytest

from chat_app.store.steps import schema_steps

FOLDER = Path(__file__).parents[2] / "chat_app/store/schema"


def names(engine):
    return sorted(file.name for file in (FOLDER / engine).iterdir())


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_schema_files_are_numbered_without_a_gap(engine):
    numbers = [int(name[:4]) for name in names(engine)]
    assert numbers == list(range(1, len(schema_steps(engine)) + 1))


def test_every_step_is_there_for_every_engine():
    assert names("sqlite") == names("postgres")
