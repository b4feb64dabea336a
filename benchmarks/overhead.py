"""The engine's overhead on each trivial job (target: < 3 ms inline), beside Prefect's.

The work: some hundred text files, each of which one task reads and writes in capitals. gnomon runs
it through its real loop with SQLite and a store on disk, and does for each what it does for any
job: claim, run, hash, sync, rename, lineage, commit. Prefect 3 runs a flow that calls a task for
each file in turn, and then one that maps it over its threads; results are persisted and cached by
their inputs, which is what gives Prefect a second run that does nothing.

Prefect's temporary server is started before the clock runs, in a process of its own, as is its
client (`benchmarks.prefect_peer`), so that nothing of it disturbs gnomon. CPU seconds are of the
client, and of the server and the worker processes where there are some. The server works on after
a flow has returned; that is not counted, and the next run starts when it is quiet.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from benchmarks.report import Cost, Table, main, peer, scratch, times
from gnomon.catalog.catalog import Catalog
from gnomon.core.pipeline import Pipeline, Registry
from gnomon.engine.executors import open_workers
from gnomon.engine.loop import Loop
from gnomon.engine.parts import Parts
from gnomon.store.store import Store
from gnomon.testing.toys import TOYS

_PREFECT_PATIENCE_S = 150.0
_REGISTRY = Registry([TOYS])
_WORKERS = 2
_NOTES = (
    "Prefect's server was up before the clock ran; its work after a run is not counted",
    "Prefect's second and mapped runs have a tenth of the jobs",
)


class Lab:
    """A project in which some files wait to be cleaned."""

    def __init__(self, folder: Path, files: int) -> None:
        self._folder, self._files = folder, files
        archive = folder / "archive"
        archive.mkdir(parents=True)
        for day in range(files):
            (archive / f"raw_{day}_0.txt").write_text(f"frame {day}", "utf-8")
        self.catalog = Catalog(f"sqlite:///{folder / 'gnomon.db'}", _REGISTRY.kinds)
        self.catalog.prepare()
        self._fetching = f'[[source]]\nuse = "toy.folder"\nfolder = "{archive}"\n'

    def fetch(self) -> Cost:
        """Fetch every file."""
        return self._run(self._fetching, "inline", self._files)

    def clean(self, executor: str, suffix: str = "", expected: int | None = None) -> Cost:
        """Clean every file."""
        toml = f'[[step]]\nuse = "toy.clean"\nsuffix = "{suffix}"\n'
        return self._run(toml, executor, self._files if expected is None else expected)

    def _run(self, toml: str, executor: str, expected: int) -> Cost:
        pipeline = Pipeline.from_toml(toml, _REGISTRY)
        with open_workers(executor, workers=_WORKERS) as workers, ThreadPoolExecutor(8) as streams:
            if executor == "processes":
                list(workers.executor.map(_warm, range(4 * _WORKERS)))
            sources = {s.name: s.type.open(s.config, None) for s in pipeline.sources}
            store = Store(self._folder / "store")
            loop = Loop(Parts(self.catalog, store, pipeline, workers, streams, sources))
            start_s = time.perf_counter()
            with _all_processes() as spent:
                summary = loop.run()
            wall_s = time.perf_counter() - start_s
        if summary.jobs != expected or not summary.ok:
            raise RuntimeError(f"the benchmark is wrong: {summary} instead of {expected} jobs")
        return Cost(spent[0], wall_s)


def _warm(_: int) -> None:
    """Let a worker process start, and import what any step needs."""
    time.sleep(0.05)
    __import__("gnomon.engine.execute")


@contextmanager
def _all_processes() -> Iterator[list[float]]:
    """Put the CPU seconds of this process and its children into the list that it yields."""
    spent: list[float] = []
    before = time.process_time() + _children_s()
    yield spent
    spent.append(time.process_time() + _children_s() - before)


def _children_s() -> float:
    """Return the CPU seconds of our children that live."""
    if (psutil := peer("psutil")) is None:
        return 0.0
    children = psutil.Process().children(recursive=True)
    return float(sum(sum(child.cpu_times()[:2]) for child in children))


def gnomon_rows(files: int, tries: int) -> dict[str, Cost]:
    """Return what gnomon's runs cost; the cheapest of several."""
    found: dict[str, list[Cost]] = {}
    with scratch() as folder:
        for number in range(tries):
            lab = Lab(folder / str(number), files)
            found.setdefault("gnomon, fetch, 8 threads", []).append(lab.fetch())
            found.setdefault("gnomon, step, inline", []).append(lab.clean("inline"))
            again = lab.clean("inline", expected=0)
            found.setdefault("gnomon, second run: 0 jobs", []).append(again)
            pool = lab.clean("processes", suffix="!")
            found.setdefault(f"gnomon, step, {_WORKERS} processes", []).append(pool)
            lab.catalog.close()
    return {name: min(costs, key=lambda cost: cost.wall_s) for name, costs in found.items()}


# -- Prefect


def prefect_rows(files: int) -> dict[str, Cost] | str:
    """Return what Prefect's runs cost, or why it did not run."""
    if find_spec("prefect") is None:
        return "Prefect is not installed: pip install 'gnomon[bench]'"
    with scratch() as folder:
        texts = folder / "in"
        texts.mkdir()
        for day in range(files):
            (texts / f"raw_{day}_0.txt").write_text(f"frame {day}", "utf-8")
        return _peer(folder)


def _peer(folder: Path) -> dict[str, Cost] | str:
    environment = os.environ | {
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_LOGGING_LEVEL": "ERROR",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "DO_NOT_TRACK": "1",
    }
    command = [sys.executable, "-m", "benchmarks.prefect_peer", str(folder)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )
    try:
        out, err = process.communicate(timeout=_PREFECT_PATIENCE_S)
    except subprocess.TimeoutExpired:
        return f"Prefect did not finish within {_PREFECT_PATIENCE_S:.0f} s"
    finally:
        _end(process)
    answers = [json.loads(line) for line in out.splitlines() if line.startswith('{"')]
    if not answers:
        return "Prefect failed: " + (err.strip().splitlines() or ["it said nothing"])[-1]
    return {answer["name"]: Cost(answer["cpu_s"], answer["wall_s"]) for answer in answers}


def _end(process: subprocess.Popen[str]) -> None:
    """End the peer and the server that it started; they are a session of their own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


# -- the table


def run(quick: bool) -> Sequence[Table]:  # noqa: FBT001
    """Measure and return the tables."""
    files = 100 if quick else 500
    own = gnomon_rows(files, tries=1 if quick else 2)
    others = prefect_rows(files)
    table = Table(
        f"overhead: {files} trivial jobs, one a file; gnomon inline < 3 ms a job",
        ("who", "wall ms/job", "CPU ms/job", "wall / gnomon inline", "CPU / gnomon inline"),
        (others,) if isinstance(others, str) else _NOTES,
    )
    inline = own["gnomon, step, inline"]
    for name, cost in (own | ({} if isinstance(others, str) else others)).items():
        table.add(
            name,
            f"{cost.wall_s / files * 1e3:.2f}",
            f"{cost.cpu_s / files * 1e3:.2f}",
            times(cost.wall_s, inline.wall_s),
            times(cost.cpu_s, inline.cpu_s),
        )
    return [table]


if __name__ == "__main__":
    main(__doc__, run)
