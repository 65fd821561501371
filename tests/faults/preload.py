"""Libraries that come between a program and the C library, to give it a worse world."""

import shutil
import subprocess
from pathlib import Path


def shim(folder: Path, name: str) -> Path:
    """Compile the library of that name, to be preloaded."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    assert compiler, "no C compiler: `make test` installs one"
    library = folder / f"{name}.so"
    source = Path(__file__).with_name(f"{name}.c")
    flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", str(library), str(source)]
    subprocess.run([compiler, *flags, "-ldl"], check=True)
    return library
