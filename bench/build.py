"""The parts in C, compiled when they are older than their source."""

import subprocess
from pathlib import Path

SOURCES = Path(__file__).parent
BUILT = SOURCES.parent / ".bench"  # programs, results, and what a run that was wrong left
FLAGS = ("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror")


def build(name: str, folder: Path = BUILT) -> Path:
    """Return the program `folder/name`, compiled from bench/name.c."""
    source, program = SOURCES / f"{name}.c", folder / name
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cc", *FLAGS, "-o", str(program), str(source)], check=True)
    return program
