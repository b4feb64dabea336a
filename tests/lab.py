"""A laboratory for engine tests: an archive, a store, a catalogue and loops over the toys.

Run as a script, it is one loop in a process of its own: ``python lab.py ROOT URL EXECUTOR``.
"""

import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from gnomon.catalog import tables
from gnomon.catalog.catalog import Catalog
from gnomon.core.instrument import Instrument
from gnomon.core.pipeline import Pipeline, Registry
from gnomon.engine.events import Event, Happened, Summary
from gnomon.engine.execute import now_us
from gnomon.engine.executors import open_workers
from gnomon.engine.loop import Loop
from gnomon.engine.parts import Parts, Tuning
from gnomon.publish.folder import FOLDER
from gnomon.store.store import Store
from gnomon.testing.toys import TOYS
from shapes import SHAPES

REGISTRY = Registry([TOYS, SHAPES, Instrument("core", publishers=(FOLDER,))])
QUICK = Tuning(pause_s=0.01, longest_pause_s=0.05, poll_s=0.01)
TOY_STEPS = ("toy.clean", "toy.stack", "toy.calibrate", "toy.split", "toy.bind")


class Clock:
    """A clock that goes on when told to."""

    def __init__(self) -> None:
        self.us = now_us()

    def __call__(self) -> int:
        return self.us

    def advance(self, seconds: float) -> None:
        self.us += int(seconds * 1_000_000)


@dataclass
class Lab:
    """One archive, one catalogue and one store, below one root."""

    root: Path
    url: str
    clock_us: object = now_us
    tuning: Tuning = QUICK
    steps: tuple[str, ...] = TOY_STEPS
    options: dict[str, str] = field(default_factory=dict)
    kinds: tuple[str, ...] = ("toy.book", "toy.image")
    registry: Registry = REGISTRY
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.archive.mkdir(parents=True, exist_ok=True)
        self.catalog = self.new_catalog()
        self.store = Store(self.root / "store")

    @property
    def archive(self) -> Path:
        return self.root / "archive"

    @property
    def out(self) -> Path:
        return self.root / "out"

    def new_catalog(self, patience_s: float = 60.0) -> Catalog:
        catalog = Catalog(self.url, self.registry.kinds, patience_s=patience_s)
        catalog.prepare()
        return catalog

    # -- the archive

    def put(self, **texts: str) -> None:
        for name, text in texts.items():
            (self.archive / f"{name}.txt").write_text(text)

    def remove(self, *names: str) -> None:
        for name in names:
            (self.archive / f"{name}.txt").unlink()

    def fill(self, days: int = 2) -> None:
        """Three parts a day, and one lamp."""
        for day in range(1, days + 1):
            self.put(**{f"raw_{day}_{part}": f"d{day}p{part}" for part in range(3)})
        self.put(lamp_1="L1")

    # -- loops

    def pipeline(self) -> Pipeline:
        text = f'[[source]]\nuse = "toy.folder"\nfolder = "{self.archive}"\n'
        for name in self.steps:
            text += f'[[step]]\nuse = "{name}"\n{self.options.get(name, "")}\n'
        if self.kinds:
            text += f'[[publish]]\nuse = "folder"\nkinds = {list(self.kinds)}\n'
            text += f'output = "{self.out}"\n'
        return Pipeline.from_toml(text, self.registry)

    @contextmanager
    def loop(self, executor: str = "inline", **changes: object) -> Iterator[Loop]:
        pipeline = self.pipeline()
        with open_workers(executor, workers=2) as workers, ThreadPoolExecutor(4) as streams:
            given = {
                "catalog": self.catalog,
                "store": self.store,
                "pipeline": pipeline,
                "workers": workers,
                "streams": streams,
                "sources": {s.name: s.type.open(s.config, None) for s in pipeline.sources},
                "publishers": {
                    p.name: p.type.open(p.config, self.root) for p in pipeline.publishers
                },
                "tuning": self.tuning,
                "clock_us": self.clock_us,
                "listen": self.events.append,
            }
            yield Loop(Parts(**(given | changes)))

    def run(self, executor: str = "inline", **changes: object) -> Summary:
        self.events.clear()
        with self.loop(executor, **changes) as loop:
            return loop.run()

    def messages(self, what: Happened) -> list[str]:
        return [event.message for event in self.events if event.what is what]

    # -- what came of it

    def rows(self, query: sa.Select) -> list[sa.Row]:
        with self.catalog.reading() as connection:
            return list(connection.execute(query))

    def current(self) -> set[tuple[str, str, str]]:
        """(kind, key, sha256) of all that is current; receipts tell versions, so not those."""
        d = tables.dataset
        query = sa.select(d.c.kind, d.c.key, d.c.sha256).where(d.c.current, d.c.kind != "receipt")
        return {tuple(row) for row in self.rows(query)}

    def good(self) -> dict[tuple[str, str], int]:
        """Return the number of every current dataset that is good, by kind and key."""
        return {(d.kind, d.key_text): d.seq for d, good in self.catalog.changes(0).datasets if good}

    def states(self) -> dict[str, int]:
        column = tables.job.c.state
        found = self.rows(sa.select(column, sa.func.count()).group_by(column))
        return {row[0]: row[1] for row in found}

    def attempts(self) -> dict[str, int]:
        """Return how often each job ran."""
        job = tables.job
        found = self.rows(sa.select(job.c.fingerprint, job.c.attempts))
        return {row[0]: row[1] for row in found}

    def published(self) -> dict[str, str]:
        files = self.out.rglob("*") if self.out.exists() else ()
        return {p.relative_to(self.out).as_posix(): p.read_text() for p in files if p.is_file()}

    def text(self, kind: str, key: str) -> str:
        """Return the content of a current dataset."""
        d = tables.dataset
        query = sa.select(d.c.path).where(d.c.kind == kind, d.c.key == key, d.c.current)
        ((path,),) = self.rows(query)
        return (self.store.root / path).read_text()

    def path(self, kind: str, key: str) -> Path:
        d = tables.dataset
        query = sa.select(d.c.path).where(d.c.kind == kind, d.c.key == key, d.c.current)
        ((path,),) = self.rows(query)
        return self.store.root / path

    def judge(self, seq: int, quality: str) -> None:
        with self.catalog.writing() as writing:
            writing.judge(seq, quality, "by hand", now_us())

    def reopen(self, seq: int) -> None:
        """Ask for a dataset to be made anew, as `gnomon retry` does."""
        with self.catalog.writing() as writing:
            writing.reopen(writing.makers(seq))

    def sweep(self) -> list[Path]:
        with self.catalog.writing() as writing:
            known = {path for (path,) in self.rows(sa.select(tables.dataset.c.path))}
            return self.store.sweep(known, set(writing.running()), dry_run=False)

    def files(self) -> set[str]:
        root = self.store.root
        return {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()}

    def assert_clean(self) -> None:
        """Nothing runs, nothing is left to do, and the store holds what rows name."""
        summary = self.run()
        assert summary.jobs == summary.reused == summary.retired == 0, self.events
        assert "running" not in self.states()
        self.sweep()
        paths = {path for (path,) in self.rows(sa.select(tables.dataset.c.path))}
        inside = {f for f in self.files() if any(f.startswith(f"{path}/") for path in paths)}
        assert self.files() - inside <= paths
        for dataset, _ in self.catalog.changes(0).datasets:
            self.store.verify(dataset)

    def batch(self, root: Path) -> "Lab":
        """Return what one run from scratch over the same archive makes."""
        other = Lab(root, f"sqlite:///{root / 'batch.db'}", steps=self.steps, kinds=self.kinds)
        other.options = self.options
        for path in self.archive.iterdir():
            (other.archive / path.name).write_bytes(path.read_bytes())
        other.run()
        return other

    def assert_equals_batch(self, root: Path) -> None:
        other = self.batch(root)
        assert self.current() == other.current()
        assert self.published() == other.published()
        self.assert_clean()
        other.catalog.close()


def main() -> None:
    """Run one loop, as a process that can be killed."""
    # Whoever started the tests in the background had SIGINT ignored; we are to be interrupted.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    root, url, executor, *steps = sys.argv[1:]
    lab = Lab(Path(root), url, steps=tuple(steps) or TOY_STEPS)
    print("ready", flush=True)  # noqa: T201  the parent waits for it
    summary = lab.run(executor)
    print("problems", len(summary.problems), flush=True)  # noqa: T201
    lab.catalog.close()


if __name__ == "__main__":
    main()
