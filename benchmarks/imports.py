"""Start-up: `import gnomon` (target: < 0.3 s) and `gnomon --help`, each in a fresh process.

Seconds on the clock from the start of a Python process to its end, the best of several, after one
that writes the compiled modules. An empty process is what Python itself takes. Beside it, what the
peers take to be imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from benchmarks.report import Table, main, times

_EMPTY = "an empty process"
_IMPORT = "import gnomon"


def commands() -> dict[str, list[str]]:
    """Return the command lines to time, by name."""
    bin_folder = Path(sys.executable).parent
    lines = {
        _EMPTY: [sys.executable, "-c", "pass"],
        _IMPORT: [sys.executable, "-c", "import gnomon"],
        "import gnomon.engine.loop": [sys.executable, "-c", "import gnomon.engine.loop"],
        "gnomon --help": [str(bin_folder / "gnomon"), "--help"],
    }
    for module in ("dask.distributed", "prefect"):
        if find_spec(module.partition(".")[0]):
            lines[f"import {module}"] = [sys.executable, "-c", f"import {module}"]
    return lines


def seconds(command: list[str], tries: int) -> float:
    """Return how long a process lives; the shortest of several."""
    _once(command)
    return min(_once(command) for _ in range(tries))


def _once(command: list[str]) -> float:
    start_s = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=_environment())
    return time.perf_counter() - start_s


def _environment() -> dict[str, str]:
    """Return ours, in which Python may keep compiled modules, as it does for users."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def run(quick: bool) -> list[Table]:  # noqa: FBT001
    """Measure and return the tables."""
    took = {name: seconds(line, 2 if quick else 5) for name, line in commands().items()}
    table = Table(
        "start-up: import gnomon < 0.3 s", ("process", "wall s", "less Python", "/ import gnomon")
    )
    for name, wall_s in took.items():
        more_s = wall_s - took[_EMPTY]
        table.add(name, f"{wall_s:.3f}", f"{more_s:.3f}", times(wall_s, took[_IMPORT]))
    return [table]


if __name__ == "__main__":
    main(__doc__, run)
