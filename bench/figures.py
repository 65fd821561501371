"""From what the load generator counted to what is compared."""

from collections.abc import Callable, Iterable
from statistics import median

from bench.load import Measured
from bench.measure import Record

Figure = Callable[[Measured], float | None]


def server_cpu_s(measured: Measured) -> float:
    return float(measured["server_user_s"] + measured["server_system_s"])


def _per_cpu(counter: str) -> Figure:
    """Per second of the server's CPU. A clock of 10 ms cannot divide by less than a few."""

    def figure(measured: Measured) -> float | None:
        cpu = server_cpu_s(measured)
        return measured[counter] / cpu if cpu >= 0.05 else None

    return figure


def _per_second(counter: str) -> Figure:
    return lambda measured: measured[counter] / measured["seconds"] if measured["seconds"] else None


def _share_of_a_core(cpu_s: Callable[[Measured], float]) -> Figure:
    return lambda measured: cpu_s(measured) / measured["seconds"] if measured["seconds"] else None


def delivered_share(measured: Measured) -> float | None:
    """Of the deliveries due: those that came by a second after the last was due."""
    due = measured["due_measured"]
    return measured["in_time"] / due if due else None


def idle_kib(measured: Measured) -> float | None:
    grown = measured["memory_from_kib"] - measured["memory_before_kib"]
    return grown / measured["connected"] if measured["connected"] else None


FIGURES: dict[str, Figure] = {
    "deliveries_per_cpu_s": _per_cpu("shown_measured"),
    "deliveries_per_s": _per_second("shown_measured"),
    "messages_per_s": _per_second("sent_measured"),
    "messages_per_cpu_s": _per_cpu("sent_measured"),
    "answers_per_s": _per_second("answers"),
    "answers_per_cpu_s": _per_cpu("answers"),
    "delivered_share": delivered_share,
    "p50_ms": lambda measured: measured["p50_ms"],
    "p99_ms": lambda measured: measured["p99_ms"],
    "server_core": _share_of_a_core(server_cpu_s),
    "load_core": _share_of_a_core(lambda measured: measured["load_cpu_s"]),
    "idle_kib": idle_kib,
    "connects_per_s": lambda measured: measured["connected"] / measured["connect_s"],
    "connects_per_cpu_s": lambda measured: (
        measured["connected"] / measured["connect_cpu_s"] if measured["connect_cpu_s"] else None
    ),
}


def figure(records: Iterable[Record], scenario: str, program: str, name: str) -> float | None:
    """Return the median over the rounds, None where nothing was measured."""
    values = [
        value
        for record in records
        if (record["scenario"], record["program"]) == (scenario, program) and record["load"]
        if (value := FIGURES[name](record["load"])) is not None
    ]
    return median(values) if values else None
