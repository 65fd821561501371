"""A clock that can be set while a program runs, and for that program alone."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path


class Clock:
    """Shifts the time of day of whatever runs with `environment`."""

    def __init__(self, library: Path, file: Path) -> None:
        self._file = file
        self.environment: Mapping[str, str] = {
            "LD_PRELOAD": str(library),
            "CLOCK_SHIFT": str(file),
        }
        self.set(0)

    def set(self, seconds: int) -> None:
        """Have it wrong by that much from now on."""
        self.off = seconds
        # In place: the programs have the file in their memory.
        with self._file.open("r+b" if self._file.exists() else "w+b") as file:
            file.write(seconds.to_bytes(8, sys.byteorder, signed=True))

    def prove(self) -> None:
        """See that it is shifted at all; otherwise it would show nothing."""
        self.set(3600)
        program = f"import time; assert time.time() - {time.time()} > 3000"
        command = [sys.executable, "-c", program]
        subprocess.run(command, check=True, env={**os.environ, **self.environment})
        self.set(0)
