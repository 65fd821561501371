"""`python -m bench`: this program against its peers, on one machine, in turn."""

# ruff: noqa: T201 - a program that prints

import argparse
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from functools import partial

from tqdm import tqdm

from bench import machine
from bench.build import BUILT
from bench.figures import figure
from bench.measure import Record, measure
from bench.programs import OURS, PROGRAMS, Program
from bench.report import publish
from bench.results import Results
from bench.scenarios import SCENARIOS, SWEEP, Scenario
from bench.tables import Tables

ROUNDS = 3
RESULTS = Results(BUILT / "results.jsonl")

Step = tuple[Scenario, int, Program]


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    # So that what it started is stopped then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    runs = RESULTS.runs()
    whole = [name for name, records in runs.items() if not records[0]["quick"]]
    if options.render:
        shown = options.run or (whole[-1] if whole else None)
        if shown not in runs:
            print("nothing to show: no such run, or none but quick ones", file=sys.stderr)
            return 2
        publish(runs[shown])
        return 0
    run = options.run or (
        list(runs)[-1] if options.resume and runs else time.strftime("%m%d-%H%M%S")
    )
    steps = list(_steps(options.only, options.scenario, options.rounds, quick=options.quick))
    records = _measure(run, steps, runs.get(run, []), quick=options.quick)
    print(f"\n{Tables(records).all()}\n\nrun {run}, {records[0]['commit']}, {machine.describe()}")
    broken = _say_broken(records)
    everything = options.only == list(PROGRAMS) and options.scenario == list(SCENARIOS)
    if everything and not options.quick:
        publish(records)
    return int(broken)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)

    parser.add_argument("--quick", action="store_true", help="a glance, within two minutes")
    parser.add_argument(
        "--only",
        type=partial(_names, PROGRAMS),
        default=list(PROGRAMS),
        metavar="NAME,…",
        help=f"programs: {', '.join(PROGRAMS)}",
    )
    parser.add_argument(
        "--scenario",
        type=partial(_names, SCENARIOS),
        default=list(SCENARIOS),
        metavar="NAME,…",
        help=f"scenarios: {', '.join(SCENARIOS)}",
    )
    parser.add_argument("--rounds", type=int, help=f"default: {ROUNDS}, with --quick 1")
    parser.add_argument("--resume", action="store_true", help="go on with the last run")
    parser.add_argument("--run", help="the name of a run to go on with, or to render")
    parser.add_argument(
        "--render",
        action="store_true",
        help="measure nothing: write docs/performance.md from what is there",
    )
    options = parser.parse_args(arguments)
    options.rounds = options.rounds or (1 if options.quick else ROUNDS)
    return options


def _names(known: Iterable[str], text: str) -> list[str]:
    asked = text.split(",")
    if unknown := [name for name in asked if name not in known]:
        raise argparse.ArgumentTypeError(
            f"no such thing: {', '.join(unknown)}; there are {', '.join(known)}"
        )
    return asked


def _steps(
    programs: Sequence[str], scenarios: Sequence[str], rounds: int, *, quick: bool
) -> Iterable[Step]:
    """Yield what is to be measured: programs in turn, so that noise hits all alike."""
    for scenario in (SCENARIOS[name] for name in scenarios):
        if quick and scenario.quick_seconds is None:
            continue
        for number in range(rounds):
            for program in (PROGRAMS[name] for name in programs):
                if scenario.only_ours and program is not OURS:
                    continue
                if scenario.heavy and program.slow:
                    continue
                yield scenario, number, program


def _measure(
    run: str, steps: Sequence[Step], known: Sequence[Record], *, quick: bool
) -> list[Record]:
    """Take the steps that are not known yet; return all that is known then."""
    records = list(known)
    done = {(record["scenario"], record["round"], record["program"]) for record in known}
    about = {"run": run, "quick": quick, "date": machine.today(), "machine": machine.describe()}
    commit = machine.commit()
    with tqdm(total=len(steps), dynamic_ncols=True, leave=False, smoothing=0, disable=None) as bar:
        for scenario, number, program in steps:
            bar.set_description(f"{scenario.name} {program.name}")
            if (scenario.name, number, program.name) not in done and not _drowned(
                records, scenario, program
            ):
                record = {
                    **about,
                    "commit": commit,
                    "scenario": scenario.name,
                    "round": number,
                    "program": program.name,
                    "versions": program.versions(),
                    **measure(program, scenario, quick=quick),
                }
                RESULTS.add(record)
                records.append(record)
            bar.update()
    return records


def _drowned(records: Sequence[Record], scenario: Scenario, program: Program) -> bool:
    """Has a lower rate already been too much? Then a higher one would show nothing new."""
    if scenario not in SWEEP or program is OURS:
        return False
    lower = SWEEP[: SWEEP.index(scenario)]
    shares = [figure(records, one.name, program.name, "delivered_share") for one in lower]
    return any(share is not None and share < 0.5 for share in shares)


def _say_broken(records: Sequence[Record]) -> bool:
    """Print what went wrong; return whether ours broke a promise."""
    red, reset = ("\033[31m", "\033[0m") if sys.stdout.isatty() else ("", "")
    broken = False
    for record in records:
        if not record["violations"]:
            continue
        mine = record["program"] == OURS.name
        broken = broken or mine
        where = f"{record['scenario']} {record['program']} round {record['round'] + 1}"
        wrong = "; ".join(record["violations"])
        print(
            f"{red}RED {where}: {wrong} (kept: {record['kept']}){reset}"
            if mine
            else f"{where}: {wrong}"
        )
    return broken


if __name__ == "__main__":
    sys.exit(main())
