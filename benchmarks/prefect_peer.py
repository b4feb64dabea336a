"""Prefect's side of `benchmarks.overhead`: a client in a process of its own.

It gets a folder with texts in ``in/`` and prints one line of JSON per run; the environment, which
has to stand before Prefect is imported, comes from the caller.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

_QUIET_S, _QUIET_SHARE, _PATIENCE_S = 0.5, 0.2, 40.0
_SHARE = 10  # the server needs long to catch up with many tasks


def capitals(source: str, target: str) -> int:
    """Write one file in capitals; the task."""
    text = Path(source).read_text("utf-8").upper()
    return Path(target).write_text(text, "utf-8")


def flows(prefect: Any) -> tuple[Any, Any]:
    """Return a flow that calls the task in turn, and one that maps it over threads."""
    policies: Any = import_module("prefect.cache_policies")
    task = prefect.task(capitals, persist_result=True, cache_policy=policies.INPUTS)

    def in_turn(sources: list[str], targets: list[str]) -> None:
        for source, target in zip(sources, targets, strict=True):
            task(source, target)

    def mapped(sources: list[str], targets: list[str]) -> None:
        task.map(sources, targets).result()

    # The lists are no parameters worth checking, so Prefect's validation is left out.
    flow = prefect.flow(validate_parameters=False)
    return flow(in_turn), flow(mapped)


def cpu_s() -> float:
    """Return the CPU seconds of this process and of the server, its child."""
    psutil: Any = import_module("psutil")
    children = psutil.Process().children(recursive=True)
    server = sum(sum(child.cpu_times()[:2]) for child in children)
    return float(server + time.process_time())


def settle() -> None:
    """Wait until the server has caught up with what it was told, so that the next run is alone."""
    before, until_s = cpu_s(), time.monotonic() + _PATIENCE_S
    while time.monotonic() < until_s:
        time.sleep(_QUIET_S)
        before, spent_s = cpu_s(), cpu_s() - before
        if spent_s < _QUIET_SHARE * _QUIET_S:
            return
    raise TimeoutError(f"Prefect's server was still busy after {_PATIENCE_S:.0f} s")


def measured(name: str, work: Callable[[], None], scale: float = 1.0) -> None:
    """Do the work and print what it took, scaled up where it is a part of the whole."""
    before, start_s = cpu_s(), time.perf_counter()
    work()
    spent = {"wall_s": time.perf_counter() - start_s, "cpu_s": cpu_s() - before}
    spent = {what: seconds * scale for what, seconds in spent.items()}
    print(json.dumps({"name": name, **spent}), flush=True)


def targets_in(folder: Path, sources: list[str]) -> list[str]:
    """Return where the results go, in a folder that is made."""
    folder.mkdir()
    return [str(folder / Path(source).name) for source in sources]


def main(folder: Path) -> None:
    """Run both flows, after a first task that waits for the server."""
    in_turn, mapped = flows(import_module("prefect"))
    sources = sorted(str(path) for path in (folder / "in").iterdir())
    for flow in (in_turn, mapped):
        flow(sources[:1], targets_in(folder / f"warm-{flow.__name__}", sources[:1]))
    settle()
    some = sources[: len(sources) // _SHARE]
    first, second = targets_in(folder / "one", some), targets_in(folder / "two", some)
    scale = len(sources) / len(some)
    in_turn(some, first)
    settle()
    measured("Prefect, second run: all cached", lambda: in_turn(some, first), scale)
    settle()
    measured("Prefect, tasks mapped over threads", lambda: mapped(some, second), scale)
    settle()
    third = targets_in(folder / "three", sources)
    measured("Prefect, tasks in turn", lambda: in_turn(sources, third))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
