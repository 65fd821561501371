"""`python -m bench.nodes`: one, two and three nodes over one PostgreSQL and one Valkey.

All of them have one core together, and the load another: so what counts is what a delivery
and a message cost, and which part it costs. Every message is committed and synced first.
"""

# ruff: noqa: T201 - a program that prints

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tqdm import tqdm

from bench import machine
from bench.build import BUILT
from bench.load import Measured, loading_at
from bench.machine import SERVER_CORE, on_core
from bench.measure import Record
from bench.programs import ours, set_all
from bench.report import write_part
from bench.results import Results
from bench.scenarios import Load
from bench.server import Server, serving, tree
from bench.tables import short, table
from bench.verdict import at_the_receivers
from tests.engines import Redis
from tests.postgres import Postgres, running_postgres

RESULTS = Results(BUILT / "nodes.jsonl")
NODES = (1, 2, 3)
PARTS = ("nodes", "PostgreSQL", "Valkey", "a node without members")
_WARM_UP: Load = {"clients": 32, "rooms": 16, "senders": 0, "seconds": 0.5}


@dataclass(frozen=True)
class Scenario:
    """`at`: how many nodes have members, if not all."""

    name: str
    what: str
    load: Load
    nodes: Sequence[int] = NODES
    at: int | None = None


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "room",
            "a room of 300 over all nodes, 10 talk",
            {"clients": 300, "rooms": 1, "senders": 10, "window": 10},
        ),
        Scenario(
            "rooms",
            "150 rooms of 2 over all nodes, all talk",
            {"clients": 300, "rooms": 150, "senders": 0},
        ),
        Scenario(
            "apart",
            "150 rooms of 2, each at one node, all talk",
            {"clients": 300, "rooms": 150, "senders": 0, "apart": 1},
        ),
        Scenario("post", "16 clients, each alone in a room", {"clients": 16, "rooms": 16}),
        Scenario(
            "beside",
            "a room of 300 at two nodes, a third without members",
            {"clients": 300, "rooms": 1, "senders": 10, "window": 10},
            nodes=(3,),
            at=2,
        ),
    )
}


@dataclass(frozen=True)
class Engines:
    postgres: Postgres
    redis: Redis


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.nodes", description=__doc__)
    parser.add_argument("scenario", nargs="*", help=f"of {', '.join(SCENARIOS)} (default: all)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement (5)")
    parser.add_argument("--rounds", type=int, default=3, help="whose median counts (3)")
    parser.add_argument(
        "--render", action="store_true", help="write docs/performance.md from the last whole run"
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.scenario) - set(SCENARIOS):
        parser.error(f"no such scenario: {', '.join(unknown)}")
    chosen = [SCENARIOS[name] for name in options.scenario or SCENARIOS]
    if options.render:
        runs = list(RESULTS.runs().values())
        if not runs:
            print("nothing to show: no run yet", file=sys.stderr)
            return 2
        records = runs[-1]
    else:
        records = _measure(chosen, options.rounds, options.seconds)
    wrong = [
        f"RED: {one['scenario']}, {one['nodes']} nodes: {violation}"
        for one in records
        for violation in one["violations"]
    ]
    print(show(records), *wrong, sep="\n")
    if options.render or not options.scenario:
        about = sorted({f"{one['date']}, {one['commit']}, {one['machine']}" for one in records})
        write_part("nodes", "\n\n".join([show(records), *wrong, f"{'; '.join(about)}."]))
    return int(bool(wrong))


def _measure(scenarios: Sequence[Scenario], rounds: int, seconds: float) -> list[Record]:
    steps = [
        (scenario, nodes)
        for _ in range(rounds)
        for scenario in scenarios
        for nodes in scenario.nodes
    ]
    records: list[Record] = []
    run, commit = time.strftime("%m%d-%H%M%S"), machine.commit()
    with running_engines() as engines:
        version = engines.postgres.execute("SHOW server_version")
        for scenario, nodes in tqdm(steps, desc="nodes", leave=False, disable=None):
            record = {
                "run": run,
                "commit": commit,
                "date": machine.today(),
                "machine": f"{machine.describe()}, PostgreSQL {version}",
                **measure(engines, scenario, nodes, seconds),
            }
            RESULTS.add(record)
            records.append(record)
    return records


@contextmanager
def running_engines() -> Iterator[Engines]:
    """PostgreSQL as an operator runs it, which waits for its disk, and Valkey."""
    with ExitStack() as stack, on_core(SERVER_CORE):
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        redis = Redis(Path(folder))
        redis.start()
        stack.callback(redis.kill)
        yield Engines(stack.enter_context(running_postgres("fsync=on")), redis)


def measure(engines: Engines, scenario: Scenario, nodes: int, seconds: float) -> Record:
    """Return what the load generator says, the CPU time of each part, and what was wrong."""
    url = engines.postgres.schema()
    shared = (f"storage.url={url}", f"broker.url={engines.redis.url}")
    with ExitStack() as stack:
        servers = [_node(stack, shared) for _ in range(nodes)]
        used = servers[: scenario.at]
        # So that all connections to the engines are there: whose process comes later is not seen.
        runs = [_load(used, [], _WARM_UP)]
        groups = {
            "nodes": [server.process.pid for server in used],
            "PostgreSQL": tree(engines.postgres.pid),
            "Valkey": [engines.redis.pid],
            "a node without members": [one.process.pid for one in servers[len(used) :]],
        }
        pids = [pid for group in groups.values() for pid in group]
        runs.append(_load(used, pids, {"warmup": 1, **scenario.load, "seconds": seconds}))
        for server in servers:
            server.stop()
        bad = [server.said for server in servers if server.status or "Traceback" in server.said]
    violations = [wrong for run in runs for wrong in at_the_receivers(run)]
    violations += in_the_log(engines.postgres, url, sum(run["sent"] for run in runs))
    violations += [f"a node ended badly: {said[-500:]}" for said in bad]
    times = iter(runs[-1]["cpu_s"])
    cpu = {part: sum(next(times) for _ in group) for part, group in groups.items()}
    load = {key: value for key, value in runs[-1].items() if key != "cpu_s"}
    return {
        "scenario": scenario.name,
        "nodes": nodes,
        "load": load,
        "cpu_s": cpu,
        "violations": violations,
    }


def _node(stack: ExitStack, settings: Sequence[str]) -> Server:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    return stack.enter_context(
        serving(lambda port, folder: [*ours(port, folder), *set_all(settings)], folder)
    )


def _load(servers: Sequence[Server], pids: Sequence[int], options: Load) -> Measured:
    ports = [server.port for server in servers]
    with loading_at(ports, pids, "closed", {"drain": 30, **options}) as generator:
        return generator.result()


def in_the_log(postgres: Postgres, url: str, sent: int) -> list[str]:
    """Return how the log differs from what was sent."""
    rows = postgres.execute("SELECT count(*) FROM events", url)
    gaps = postgres.execute(
        "SELECT count(*) FROM (SELECT FROM events GROUP BY room HAVING max(seq) != count(*)) g", url
    )
    wrong = [] if rows == sent else [f"{rows:,} rows in the log for {sent:,} messages sent"]
    return wrong + ([f"{gaps:,} rooms whose seq has gaps"] if gaps else [])


def show(records: Sequence[Record]) -> str:
    """Return the medians as a table: a row for each scenario and number of nodes."""
    groups: dict[tuple[str, int], list[Record]] = {}
    for record in records:
        groups.setdefault((record["scenario"], record["nodes"]), []).append(record)
    rows = []
    for name, nodes in sorted(groups, key=lambda key: (list(SCENARIOS).index(key[0]), key[1])):
        figures = [figures_of(record) for record in groups[name, nodes]]
        shown = [short(median(one[figure] for one in figures)) for figure in figures[0]]
        rows.append([SCENARIOS[name].what, str(nodes), *shown])
    names = [
        "messages/s",
        "deliveries/s",
        "p99 ms",
        *(f"{part}, µs of CPU a message" for part in PARTS),
        "µs of CPU a delivery, in all",
    ]
    return table(["All on one core, synced to disk", "nodes", *names], rows)


def figures_of(record: Record) -> Mapping[str, float]:
    load, cpu = record["load"], record["cpu_s"]
    sent, shown, seconds = (load[key] for key in ("sent_measured", "shown_measured", "seconds"))
    return {
        "messages/s": sent / seconds,
        "deliveries/s": shown / seconds,
        "p99": load["p99_ms"],
        **{part: cpu[part] / sent * 1e6 for part in PARTS},
        "delivery": sum(cpu.values()) / shown * 1e6,
    }


if __name__ == "__main__":
    sys.exit(main())
