"""One program under one scenario: a fresh server, the load, the verdict."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from bench.build import BUILT
from bench.load import Measured, load
from bench.programs import OURS, Program
from bench.scenarios import Scenario
from bench.server import Server, serving
from bench.verdict import at_the_receivers, on_disk

Record = dict[str, Any]


def measure(
    program: Program, scenario: Scenario, *, quick: bool = False, place: Path = BUILT
) -> Record:
    """Return {"load": what the generator says, "violations": what was wrong}.

    A program that does not come up, or falls over, has violations and no figures. What
    ours kept is under `place`, and stays there if something was wrong: record["kept"].
    """
    place.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=place))
    runs: list[Measured] = []
    violations: list[str] = []
    server: Server | None = None
    try:
        with serving(program.command, folder) as server:
            if scenario.before:
                runs.append(load(server, "closed", scenario.before))
            runs.append(load(server, scenario.mode, _options(scenario, quick=quick)))
    except RuntimeError as error:
        violations.append(f"{program.name}: {error}")
    for measured in runs:
        violations += at_the_receivers(measured)
    if program is OURS and server is not None:
        violations += _ended_well(server)
        if runs:
            violations += on_disk(folder / "data" / "chat.db", runs)
    record: Record = {"load": runs[-1] if runs else None, "violations": violations}
    if violations and program is OURS:
        record["kept"] = str(folder)
    else:
        shutil.rmtree(folder)
    return record


def _options(scenario: Scenario, *, quick: bool) -> dict[str, int | float | str]:
    options = {
        "warmup": 0.3 if quick else 1.0,
        "seconds": (scenario.quick_seconds or 1.0) if quick else scenario.seconds,
        "drain": 3 if quick else 30,
    }
    return {**options, **scenario.load}


def _ended_well(server: Server) -> list[str]:
    violations = [] if server.status == 0 else [f"exit status {server.status} after SIGTERM"]
    return violations + (["a traceback in its log"] if "Traceback" in server.said else [])
