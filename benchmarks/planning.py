"""Planning: a full scan of 100,000 cells and more (target: < 10 s), and one tick (< 0.2 s).

A SQLite catalogue holds frames that an archive lists, all fetched; each is cleaned one to one, and
the clean frames of a night are stacked, 100 at a time. All of it is done, as on any day of a
project but the first. `frames` frames make 2.01 x `frames` cells: fetch, clean, stack.

- *load*: read the whole catalogue into the planner's view.
- *full scan*: decide on every cell. Load and scan together are what starting `gnomon run` costs.
- *other options*: the same scan when an option of the cleaning changed, so that every clean
  frame is to be made again.
- *tick*: one frame was re-issued and fetched; inside one write transaction read the changes,
  decide on what they touch, claim the job. Median and worst of several.

No peer keeps such a plan. The nearest thing that people run is Dask's preparation of a graph of
the same shape: build it, cull it, order it. Dask does this before every run, from the first task
on: it does not know what exists, and nothing of it is incremental.
"""

from __future__ import annotations

import hashlib
import statistics
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field

from benchmarks.report import NONE, Cost, Table, cost, main, peer, scratch, times
from gnomon.catalog import tables
from gnomon.catalog.catalog import Catalog
from gnomon.catalog.rows import remote_row
from gnomon.core.dataset import Dataset, Report
from gnomon.core.fingerprint import of_fetch, of_step
from gnomon.core.instrument import Instrument, SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.jobs import SLOT, Act, Cell, Job, Outcome, Product, State
from gnomon.core.kinds import Key, Kind, key_text
from gnomon.core.pipeline import Pipeline, Registry
from gnomon.core.plan import Now, Planner
from gnomon.core.steps import In, Out, StepConfig, step
from gnomon.core.view import View

FRAMES_A_NIGHT = 100
RAW = Kind("bench.raw", {"night": int, "frame": int}, "raw/{night}/{frame}_v{version}.fits")
CLEAN = Kind("bench.clean", {"night": int, "frame": int}, "clean/{night}/{frame}_v{version}.fits")
STACK = Kind("bench.stack", {"night": int}, "stack/{night}_v{version}.fits")
_INSERT_ROWS = 5_000
_NOW = Now(wall_us=1_800_000_000_000_000)


class CleanConfig(StepConfig):
    """Options of `clean`."""

    threshold: float = Field(5.0, description="an option to change")


@step("bench.clean", version=1)
def clean(
    raw: Annotated[Path, In(RAW)], out: Annotated[Path, Out(CLEAN)], cfg: CleanConfig
) -> Report:
    """Stand for a one-to-one step; it is planned and never run."""
    raise NotImplementedError(raw, out, cfg)


@step("bench.stack", version=1)
def stack(
    frames: Annotated[list[Path], In(CLEAN, by=("night",), count=FRAMES_A_NIGHT)],
    out: Annotated[Path, Out(STACK)],
) -> Report:
    """Stand for a group step; it is planned and never run."""
    raise NotImplementedError(frames, out)


def _no_source(_config: object, _network: object) -> None:
    raise NotImplementedError


ARCHIVE = SourceType("bench.archive", StepConfig, (RAW,), _no_source)
REGISTRY = Registry(
    [Instrument("bench", kinds=(RAW, CLEAN, STACK), sources=(ARCHIVE,), steps=(clean, stack))]
)


def pipeline(threshold: float = 5.0) -> Pipeline:
    """Return the pipeline with one option."""
    return Pipeline.from_toml(
        f"""
        [[source]]
        use = "bench.archive"
        [[step]]
        use = "bench.clean"
        threshold = {threshold}
        [[step]]
        use = "bench.stack"
        """,
        REGISTRY,
    )


# -- a catalogue in which everything is done


class Filler:
    """Makes the rows of a catalogue, with the fingerprints that the engine would give them."""

    def __init__(self, frames: int) -> None:
        self._keys = [
            {"night": number // FRAMES_A_NIGHT, "frame": number % FRAMES_A_NIGHT}
            for number in range(frames)
        ]
        self._recipes = {spec.name: spec.recipe for spec in pipeline().steps}
        self._seq = 0
        self.rows: dict[sa.Table, list[dict[str, Any]]] = {
            table: []
            for table in (tables.remote, tables.dataset, tables.job, tables.slot, tables.lineage)
        }

    def fill(self) -> int:
        """Make all rows; return how many changes they are."""
        for night in _grouped(self._keys):
            cleaned = [self._clean(self._fetch(key)) for key in night]
            key = {"night": night[0]["night"]}
            made = self._job(stack.name, STACK, key, [("frames", frame) for frame in cleaned])
            self._dataset(STACK, key, made)
        return self._seq

    def _fetch(self, key: Key) -> Dataset:
        item = item_of(key, "first")
        row = remote_row(ARCHIVE.name, item)
        self.rows[tables.remote].append(row | {"listed": True, "changed": self._next()})
        text = key_text(key)
        fingerprint = of_fetch(ARCHIVE.name, item, text)
        self._finished(Act.FETCH, ARCHIVE.name, RAW.name, text, fingerprint)
        return self._dataset(RAW, key, fingerprint)

    def _clean(self, raw: Dataset) -> Dataset:
        made = self._job(clean.name, CLEAN, raw.key, [("raw", raw)])
        return self._dataset(CLEAN, raw.key, made)

    def _job(self, name: str, kind: Kind, key: Key, inputs: list[tuple[str, Dataset]]) -> str:
        text = kind.text(key)
        fingerprint = of_step(self._recipes[name], text, inputs)
        self._finished(Act.STEP, name, "", text, fingerprint)
        self.rows[tables.lineage] += [
            {"job": fingerprint, "way": "in", "role": role, "dataset": dataset.seq}
            for role, dataset in inputs
        ]
        return fingerprint

    def _finished(self, act: Act, name: str, kind: str, text: str, fingerprint: str) -> None:
        slot, seq = SLOT.join((name, kind, text)), self._next()
        job: dict[str, Any] = {"fingerprint": fingerprint, "slot": slot, "act": act, "name": name}
        job |= {
            "key": text,
            "version": 1,
            "config": "{}",
            "state": State.DONE,
            "attempts": 1,
            "changed": seq,
        }
        self.rows[tables.job].append(job)
        self.rows[tables.slot].append({"slot": slot, "job": fingerprint, "changed": seq})

    def _dataset(self, kind: Kind, key: Key, maker: str) -> Dataset:
        seq, text, path = self._next(), kind.text(key), kind.format(key, 1)
        sha256 = hashlib.sha256(path.encode()).hexdigest()
        row: dict[str, Any] = {
            "seq": seq,
            "kind": kind.name,
            "key": text,
            "version": 1,
            "path": path,
        }
        row |= {"sha256": sha256, "size": 1_000, "mtime_ns": 0, "tags": "{}", "current": True}
        self.rows[tables.dataset].append(row | {"arrived_us": 0, "changed": seq})
        out = {"job": maker, "way": "out", "role": "out", "dataset": seq}
        self.rows[tables.lineage].append(out)
        return Dataset(seq, kind.name, key, text, 1, path, sha256, 1_000, 0)

    def _next(self) -> int:
        self._seq += 1
        return self._seq


def item_of(key: Key, stamp: str) -> Item:
    """Return what the archive lists of one frame."""
    return Item(RAW.name, key, f"{key['night']}/{key['frame']}.fits", stamp, 1_000)


def _grouped(keys: list[dict[str, int]]) -> Iterator[list[dict[str, int]]]:
    return (keys[i : i + FRAMES_A_NIGHT] for i in range(0, len(keys), FRAMES_A_NIGHT))


def filled(folder: Path, frames: int) -> Catalog:
    """Make a catalogue on disk in which every frame is fetched, cleaned and stacked."""
    url = f"sqlite:///{folder / f'{frames}.db'}"
    catalog = Catalog(url, REGISTRY.kinds)
    catalog.prepare()
    filler = Filler(frames)
    seq = filler.fill()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for table, rows in filler.rows.items():
            for start in range(0, len(rows), _INSERT_ROWS):
                connection.execute(sa.insert(table), rows[start : start + _INSERT_ROWS])
        connection.execute(sa.update(tables.clock).values(seq=seq))
    engine.dispose()
    return catalog


# -- what is measured


class Measured:
    """The planner's work on one catalogue; the attributes are what it cost."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.view = View()
        self.load = cost(self._load)
        self.planner = Planner(pipeline(), self.view)
        self.scan = cost(lambda: self.planner.full(_NOW))
        self.cells = len(self.view.slots)
        _expect(not self.planner.decisions, "nothing to do")

    def changed(self) -> Cost:
        """Scan everything under another option."""
        planner = Planner(pipeline(6.0), self.view)
        spent = cost(lambda: planner.full(_NOW))
        frames = len(self.view.datasets[RAW.name])
        _expect(planner.ready_counts[clean.name] == frames, "every frame to clean again")
        return spent

    def ticks(self, count: int) -> list[Cost]:
        """Re-issue frames of different nights, one at a time, and take a tick after each."""
        keys = [{"night": number, "frame": 7} for number in range(count)]
        return [self._tick(key) for key in keys]

    def _load(self) -> None:
        self.view.apply(self._catalog.changes(0))

    def _tick(self, key: Key) -> Cost:
        self._reissue(key)
        claimed: list[str] = []
        spent = cost(lambda: claimed.extend(self._claim()))
        _expect(claimed == [key_text(key)], f"one frame to clean, not {claimed}")
        return spent

    def _reissue(self, key: Key) -> None:
        """Let the archive list, and another loop fetch, other bytes of one frame."""
        item, text = item_of(key, "second"), key_text(key)
        cell = Cell(0, Act.FETCH, ARCHIVE.name, RAW.name, key, text)
        job = Job(of_fetch(ARCHIVE.name, item, text), cell, 1, "", item=item)
        product = Product("out", RAW.name, key, "", job.fingerprint, 1_000)
        with self._catalog.writing() as writing:
            writing.record_listing(ARCHIVE.name, Listing([item]), 0)
            writing.claim([job], "another", _NOW.wall_us + 1, _NOW.wall_us)
            writing.finish(Outcome(job.fingerprint, State.DONE, (product,)), "")
            seq = writing.add(product, 2, RAW.format(key, 2), 0, 0, first=False)
            writing.settle(cell.slot, job.fingerprint, [("out", seq)])

    def _claim(self) -> Iterable[str]:
        with self._catalog.writing() as writing:
            self.planner.update(writing.changes(self.view.seq), _NOW)
            jobs = self.planner.ready((Act.STEP,), 8)
            lease_us = _NOW.wall_us + 60_000_000
            claimed = writing.claim(jobs, "bench", lease_us, _NOW.wall_us)
        return [job.cell.key_text for job in claimed]


def _expect(condition: bool, what: str) -> None:  # noqa: FBT001
    if not condition:
        raise RuntimeError(f"the benchmark is wrong: expected {what}")


def _work(*_: object) -> None:
    """Stand for the work of one node of Dask's graph."""


def dask_graph(frames: int) -> tuple[int, float]:
    """Build, cull and order a graph of the same shape; return its size and the seconds."""
    spec, ordering = peer("dask._task_spec"), peer("dask.order")
    optimization = peer("dask.optimization")
    if spec is None or ordering is None or optimization is None:
        return 0, 0.0
    start_s = time.process_time()
    graph: dict[tuple[str, int], Any] = {}
    for number in range(frames):
        raw, cleaned = ("raw", number), ("clean", number)
        graph[raw] = spec.Task(raw, _work, number)
        graph[cleaned] = spec.Task(cleaned, _work, spec.TaskRef(raw))
    nights = range(frames // FRAMES_A_NIGHT)
    for night in nights:
        first = night * FRAMES_A_NIGHT
        members = [spec.TaskRef(("clean", first + i)) for i in range(FRAMES_A_NIGHT)]
        graph["stack", night] = spec.Task(("stack", night), _work, *members)
    wanted = [("stack", night) for night in nights]
    culled, _ = optimization.cull(graph, wanted)
    ordering.order(culled)
    return len(graph), time.process_time() - start_s


def run(quick: bool) -> list[Table]:  # noqa: FBT001
    """Measure and return the tables."""
    sizes = (10_000,) if quick else (50_000,)
    table = Table(
        "planning: load + scan < 10 s of 100,000 cells, tick < 0.2 s",
        ("CPU s", *(f"{frames:,} frames" for frames in sizes)),
        ("Dask knows nothing of what exists, so it prepares everything again before every run",),
    )
    columns = [_column(frames) for frames in sizes]
    for index, name in enumerate(_ROWS):
        table.add(name, *(column[index] for column in columns))
    return [table]


_ROWS = (
    "cells",
    "load the catalogue",
    "full scan, all done",
    "load + scan",
    "  per cell, us",
    "full scan, all frames to clean again",
    "tick after one change, median",
    "tick after one change, worst, wall",
    "Dask: nodes",
    "Dask: build, cull, order",
    "Dask's preparation / gnomon's load + scan",
    "Dask's preparation / gnomon's tick",
)


def _column(frames: int) -> list[str]:
    nodes, dask_s = dask_graph(frames)
    with scratch() as folder:
        catalog = filled(folder, frames)
        try:
            measured = Measured(catalog)
            changed, ticks = measured.changed(), measured.ticks(5)
        finally:
            catalog.close()
    whole_s = measured.load.cpu_s + measured.scan.cpu_s
    tick_s = statistics.median(tick.cpu_s for tick in ticks)
    return [
        f"{measured.cells:,}",
        f"{measured.load.cpu_s:.2f}",
        f"{measured.scan.cpu_s:.2f}",
        f"{whole_s:.2f}",
        f"{whole_s / measured.cells * 1e6:.0f}",
        f"{changed.cpu_s:.2f}",
        f"{tick_s:.4f}",
        f"{max(tick.wall_s for tick in ticks):.4f}",
        f"{nodes:,}" if nodes else NONE,
        f"{dask_s:.2f}" if nodes else "not installed",
        times(dask_s, whole_s) if nodes else NONE,
        times(dask_s, tick_s) if nodes else NONE,
    ]


if __name__ == "__main__":
    main(__doc__, run)
