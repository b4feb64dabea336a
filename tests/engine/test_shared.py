"""Several loops on one catalogue: each job runs once, and the result is that of one loop."""

import subprocess
import sys
import threading
from pathlib import Path

import sqlalchemy as sa

import lab as laboratory
from gnomon.catalog import tables
from gnomon.engine.events import Summary
from lab import TOY_STEPS, Lab

SCRIPT = Path(laboratory.__file__)


def fill(lab, log):
    lab.steps = (*TOY_STEPS, "odd.echo")
    lab.options["odd.echo"] = f'log = "{log}"'
    lab.fill(days=4)


def assert_shared(lab, log, tmp_path):
    assert set(lab.attempts().values()) == {1}
    names = log.read_text().splitlines()
    assert len(names) == 12
    # One name stands for several days; what counts is that nothing ran twice.
    assert len(lab.rows(sa.select(tables.job.c.slot))) == len(lab.attempts())
    lab.assert_equals_batch(tmp_path / "batch")


def test_three_loops_in_threads(labs, tmp_path):
    log = tmp_path / "log"
    fill(labs, log)
    summaries: list[Summary] = []

    def work():
        mine = Lab(labs.root, labs.url, steps=labs.steps, options=labs.options)
        summaries.append(mine.run())
        mine.catalog.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [summary.problems for summary in summaries] == [[], [], []]
    assert sum(summary.jobs for summary in summaries) == len(labs.attempts())
    assert_shared(labs, log, tmp_path)


def test_three_loops_in_processes(labs, tmp_path):
    labs.fill(days=4)
    command = [sys.executable, str(SCRIPT), str(labs.root), labs.url, "inline"]
    loops = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for loop in loops:
        assert loop.communicate()[0].split() == ["ready", "problems", "0"]
    assert set(labs.attempts().values()) == {1}
    labs.assert_equals_batch(tmp_path / "batch")
