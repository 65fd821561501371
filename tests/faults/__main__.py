"""`python -m tests.faults`: the faults at their long scales, and the table of what came of them."""

# ruff: noqa: T201 - a program that prints

import argparse
import asyncio
import json
import re
import resource
import shutil
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm
from uvloop import new_event_loop

from bench import machine
from tests.faults.rows import Progress, Result
from tests.faults.table import ROWS, Scale

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".faults"
RESULTS = FOLDER / "results.jsonl"
PAGE = ROOT / "docs" / "reliability.md"

Done = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the whole, once per release")
    parser.add_argument("--seed", type=int, help="of a run to be replayed (default: a new one)")
    parser.add_argument(
        "--row", nargs="+", choices=ROWS, default=list(ROWS), help="only these (default: all)"
    )
    parser.add_argument(
        "--again", action="store_true", help="run rows that this commit has passed with this seed"
    )
    options = parser.parse_args(arguments)
    scale: Scale = "full" if options.full else "ten-minute"
    seed: int = int(time.time()) if options.seed is None else options.seed
    FOLDER.mkdir(exist_ok=True)
    # The server has a descriptor for each connection, and so have its clients here.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    commit = machine.commit()
    print(f"seed {seed}, commit {commit}, scale {scale}", flush=True)
    known = {} if options.again else _passed(scale, seed, commit)
    results = [known.get(name) or _run(name, scale, seed, commit) for name in options.row]
    table = _table(results)
    print(table)
    _publish(scale, table)
    return int(any(done["violations"] for done in results))


def _run(name: str, scale: Scale, seed: int, commit: str) -> Done:
    """Run one row, say how it ended, and remember it. What a failed one left is kept."""
    row = ROWS[name]
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    started = time.monotonic()
    with tqdm(desc=name, total=0, leave=False, dynamic_ncols=True) as bar:

        def say(done: int, total: int, text: str) -> None:
            bar.total = total
            bar.set_postfix_str(text, refresh=False)
            bar.update(done - bar.n)

        run = row.run(folder, seed, Progress(say), **row.scales[scale])
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            try:
                result = runner.run(_awaited(run))
            except Exception as error:  # noqa: BLE001 - a row that dies has failed; the next still runs
                traceback.print_exc()  # of a group, what is in it
                result = Result({}, [f"{type(error).__name__}: {error}"])
    violations = result.violations + [
        f"{figure} is {result.figures[figure]}, at most {most} is promised"
        for figure, most in row.limits.items()
        if figure in result.figures and result.figures[figure] > most
    ]
    done = {
        "row": name,
        "scale": scale,
        "seed": seed,
        "commit": commit,
        "command": _command(name, scale, seed),
        "date": machine.today(),
        "seconds": round(time.monotonic() - started),
        "figures": result.figures,
        "violations": violations,
        "machine": machine.describe(),
    }
    with RESULTS.open("a") as file:
        file.write(json.dumps(done, ensure_ascii=False) + "\n")
    print(f"{name}: {'FAILED' if violations else 'ok'} in {done['seconds']} s, {result.figures}")
    for violation in violations[:10]:
        print(f"  {violation}")
    if violations:
        print(f"  again: {done['command']} --again\n  what it left: {folder}", flush=True)
    else:
        shutil.rmtree(folder)
    return done


async def _awaited(run: Any) -> Result:
    result: Result = await run
    return result


def _passed(scale: Scale, seed: int, commit: str) -> dict[str, Done]:
    """Return the rows that need not be run again, by name."""
    if not RESULTS.exists() or commit.endswith("+"):
        return {}
    results = [json.loads(line) for line in RESULTS.read_text().splitlines()]
    same: Done = {"scale": scale, "seed": seed, "commit": commit, "violations": []}
    return {done["row"]: done for done in results if same.items() <= done.items()}


def _command(name: str, scale: Scale, seed: int) -> str:
    full = " --full" if scale == "full" else ""
    return f"python -m tests.faults{full} --seed {seed} --row {name}"


def _table(results: list[Done]) -> str:
    lines = [
        "| what | figures | violations | seconds | command |",
        "| --- | --- | --- | --- | --- |",
    ]
    for done in results:
        figures = "; ".join(f"{name}: {_shown(value)}" for name, value in done["figures"].items())
        lines.append(
            f"| {ROWS[done['row']].what} | {figures} | {len(done['violations'])}"
            f" | {done['seconds']} | `{done['command']}` |"
        )
    runs = sorted({f"{done['date']}, {done['commit']}, {done['machine']}" for done in results})
    return "\n".join([*lines, "", *(f"{run}." for run in runs)])


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _publish(scale: Scale, table: str) -> None:
    """Put the table between its marks in docs/reliability.md."""
    marks = rf"(<!-- {scale} -->\n).*?(<!-- end -->)"
    page = PAGE.read_text()
    PAGE.write_text(
        re.sub(marks, lambda found: f"{found[1]}{table}\n{found[2]}", page, flags=re.DOTALL)
    )


if __name__ == "__main__":
    sys.exit(main())
