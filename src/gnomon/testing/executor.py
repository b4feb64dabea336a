"""What every executor must do; plug-in authors inherit this suite.

class TestMine(ExecutorSuite):
    @pytest.fixture
    def workers(self):
        with my_pool() as pool:
            yield Workers(pool, width=2, renew=...)
"""

# ruff: noqa: S101  (these are tests)

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gnomon.catalog.catalog import Catalog
from gnomon.core.jobs import State
from gnomon.core.pipeline import Pipeline, Registry
from gnomon.engine.events import Summary
from gnomon.engine.executors import Workers, open_workers
from gnomon.engine.loop import Loop
from gnomon.engine.parts import Parts, Tuning
from gnomon.store.store import Store
from gnomon.testing.toys import TOYS

STEPS = ("toy.clean", "toy.stack", "toy.calibrate", "toy.split", "toy.bind")
Content = dict[tuple[str, str], str]


def run(folder: Path, archive: Path, workers: Workers) -> tuple[Summary, Content]:
    """Run the toys' pipeline; return what happened, and all that is current."""
    registry = Registry([TOYS])
    text = f'[[source]]\nuse = "toy.folder"\nfolder = "{archive}"\n'
    text += "".join(f'[[step]]\nuse = "{name}"\n' for name in STEPS)
    pipeline = Pipeline.from_toml(text, registry)
    folder.mkdir(exist_ok=True)
    catalog, store = (
        Catalog(f"sqlite:///{folder / 'g.db'}", registry.kinds),
        Store(folder / "store"),
    )
    catalog.prepare()
    (spec,) = pipeline.sources
    sources = {spec.name: spec.type.open(spec.config, None)}
    tuning = Tuning(pause_s=0.01, poll_s=0.02)
    with ThreadPoolExecutor(2) as streams:
        summary = Loop(
            Parts(catalog, store, pipeline, workers, streams, sources, tuning=tuning)
        ).run()
    changes = catalog.changes(0)
    catalog.close()
    assert not [job for job in changes.jobs if job.state is State.RUNNING]
    found = {(d.kind, d.key_text): store.path(d).read_text("utf-8") for d, _ in changes.datasets}
    return summary, found


class ExecutorSuite:
    """A pytest class: override the fixture `workers`."""

    @pytest.fixture
    def workers(self) -> Iterator[Workers]:
        """Start the executor."""
        raise NotImplementedError

    @pytest.fixture
    def archive(self, tmp_path: Path) -> Path:
        """Make three days of three parts, and a lamp."""
        folder = tmp_path / "archive"
        folder.mkdir()
        for day in (1, 2, 3):
            for part in (0, 1, 2):
                (folder / f"raw_{day}_{part}.txt").write_text(f"d{day}p{part}", "utf-8")
        (folder / "lamp_2.txt").write_text("L", "utf-8")
        return folder

    def test_the_result_is_that_of_the_loop_itself(
        self, workers: Workers, archive: Path, tmp_path: Path
    ) -> None:
        """To the byte, and a second run has nothing to do."""
        with open_workers("inline") as inline:
            _, expected = run(tmp_path / "inline", archive, inline)
        summary, found = run(tmp_path / "mine", archive, workers)
        assert found == expected
        assert (summary.jobs, summary.problems) == (29, [])
        assert run(tmp_path / "mine", archive, workers)[0].jobs == 0

    def test_bad_data_is_rejected_and_the_rest_goes_on(
        self, workers: Workers, archive: Path, tmp_path: Path
    ) -> None:
        """An error travels back with its words."""
        (archive / "raw_1_0.txt").write_text("bad weather", "utf-8")
        summary, found = run(tmp_path / "mine", archive, workers)
        (problem,) = summary.problems
        assert problem.subject == "day=1,part=0"
        assert "starts with 'bad'" in problem.message
        assert found["toy.stack", "day=1"] == "D1P1\nD1P2"

    def test_it_says_how_many_jobs_it_takes(self, workers: Workers) -> None:
        """The loop keeps that many under way, and one more."""
        assert workers.width >= 1
