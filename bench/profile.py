"""`python -m bench.profile`: where the time of this program goes under load.

py-spy looks into the server from outside, 200 times a second, so that the loop runs as
it always does; the split between kernel and program is the kernel's own.
"""

# ruff: noqa: T201 - a program that prints

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import machine
from bench.build import BUILT
from bench.figures import server_cpu_s
from bench.load import Measured, loading
from bench.programs import ours
from bench.scenarios import SCENARIOS
from bench.server import serving

SECONDS = 5.0
WARMUP = 0.5
PYTHON = re.compile(r"^(?P<name>.*) \((?P<file>[^()]*\.py):\d+\)$")
# A thread that waits for work holds a lock, which looks like work from outside.
WAITING = (
    "_worker (concurrent/futures/thread.py)",
    "Condition.wait (threading.py)",
    "Beside._work (chat_app/store/beside.py)",  # for the next commit
)


@dataclass(frozen=True)
class Profile:
    samples: int
    own: Counter[str]  # by Python function: itself and the C that it calls
    total: Counter[str]  # and the Python that it calls
    native: Counter[str]  # by the innermost function, in whatever language
    packages: Counter[str]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    parser.add_argument(
        "scenario",
        nargs="*",
        help=f"of {', '.join(SCENARIOS)} (default: S1w10 S2)",
    )
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--top", type=int, default=20, help="rows of a table")
    options = parser.parse_args(arguments)
    if unknown := set(options.scenario) - set(SCENARIOS):
        parser.error(f"no such scenario: {', '.join(unknown)}")
    for name in options.scenario or ["S1w10", "S2"]:
        profile, measured = record(name, options.seconds)
        print(f"\n## {name}: {SCENARIOS[name].what}\n")
        print(render(profile, measured, options.top))
    print(f"\n{machine.commit()}, {machine.describe()}; stacks: {BUILT / 'profile'}")
    return 0


def record(name: str, seconds: float) -> tuple[Profile, Measured]:
    """Run ours under a scenario and look into it for `seconds`."""
    scenario = SCENARIOS[name]
    options = {**scenario.load, "warmup": WARMUP, "seconds": seconds + 1}
    stacks = BUILT / "profile" / f"{name}.raw"
    stacks.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="run-", dir=BUILT) as folder,
        serving(ours, Path(folder)) as server,
        loading(server, scenario.mode, options) as generator,
    ):
        generator.wait_until_connected()
        time.sleep(WARMUP)
        _spy(server.process.pid, seconds, stacks)
        return read_stacks(stacks.read_text()), generator.result()


def _spy(pid: int, seconds: float, stacks: Path) -> None:
    spy = str(Path(sys.executable).with_name("py-spy"))
    command = [spy, "record", "--native", "--rate", "200", "--format", "raw"]
    command += ["--pid", str(pid), "--duration", str(max(1, round(seconds)))]
    with machine.on_core(machine.LOAD_CORE):
        done = subprocess.run(
            [*command, "--output", str(stacks)], capture_output=True, text=True, check=False
        )
    if done.returncode:
        sys.exit(f"py-spy: {done.stderr.strip()}")


def read_stacks(text: str) -> Profile:
    """Return the profile in py-spy's lines "outermost;…;innermost samples"."""
    profile = Profile(0, Counter(), Counter(), Counter(), Counter())
    samples = 0
    for line in text.splitlines():
        stack, _, times = line.rpartition(" ")
        frames = stack.split(";")
        python = [
            f"{found['name']} ({_short(found['file'])})"
            for frame in frames
            if (found := PYTHON.match(frame))
        ]
        if not python or python[-1] in WAITING:
            continue
        count = int(times)
        samples += count
        profile.own[python[-1]] += count
        profile.packages[_package(python[-1])] += count
        profile.native[re.sub(r":\d+\)$", ")", frames[-1])] += count
        for function in set(python):
            profile.total[function] += count
    return Profile(samples, profile.own, profile.total, profile.native, profile.packages)


def _short(file: str) -> str:
    return file.rpartition("site-packages/")[2]


def _package(function: str) -> str:
    """Return ours by layer, "chat_app/ws", and others by library."""
    parts = function.rpartition("(")[2].rstrip(")").split("/")
    return "/".join(parts[:2]) if parts[0] == "chat_app" and len(parts) > 2 else parts[0]


def render(profile: Profile, measured: Measured, top: int) -> str:
    cpu = server_cpu_s(measured) or 1.0
    kernel = measured["server_system_s"] / cpu
    handled = measured["shown_measured"] / cpu
    parts = [
        f"{kernel:.0%} of the server's CPU is the kernel's, {1 - kernel:.0%} the program's;"
        f" {handled:,.0f} deliveries a second of CPU while it was looked into."
    ]
    for title, counted in (
        ("Layer or library, by the innermost Python", profile.packages),
        ("Python function: itself and the C that it calls", profile.own),
        ("Python function: all that it calls", profile.total),
        ("Innermost function, in C too", profile.native),
    ):
        rows = [
            f"{count / profile.samples:6.1%}  {name}" for name, count in counted.most_common(top)
        ]
        parts.append("\n".join([title, *rows]))
    return "\n\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
