"""Processes that die in mid-job: nothing is lost, nothing is left over."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

import lab as laboratory
from gnomon.catalog import tables
from gnomon.engine.events import Happened
from gnomon.publish.folder import FolderPublisher

SCRIPT = Path(laboratory.__file__)


def start(lab, executor="inline"):
    command = [sys.executable, str(SCRIPT), str(lab.root), lab.url, executor, *lab.steps]
    return subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True, text=True)


def wait_for(path):
    while not path.exists():
        time.sleep(0.01)
    return path


@pytest.fixture
def echoes(labs):
    labs.steps, labs.kinds = ("odd.echo",), ()
    return labs


def waiting(lab):
    """Put a file whose step waits until it is told to go on."""
    go = lab.root / "go"
    lab.put(raw_1_0=f"wait:{go}", raw_1_1="quick", raw_1_2="quick too")
    return go


@pytest.mark.parametrize("executor", ["inline", "processes"])
def test_a_loop_killed_in_mid_job_is_replaced_at_once(echoes, tmp_path, executor):
    go = waiting(echoes)
    process = start(echoes, executor)
    wait_for(go.with_suffix(".pid"))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert echoes.states()["running"] >= 1
    go.touch()
    assert echoes.run().problems == []
    assert ("odd.echo", "day=1,part=0") in echoes.good()
    echoes.assert_equals_batch(tmp_path / "batch")


def test_a_loop_that_is_interrupted_gives_its_jobs_back(echoes, tmp_path):
    go = waiting(echoes)
    process = start(echoes)
    wait_for(go.with_suffix(".pid"))
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert "running" not in echoes.states()
    go.touch()
    echoes.run()
    echoes.assert_equals_batch(tmp_path / "batch")


def test_a_worker_killed_in_mid_job_is_replaced_and_its_job_runs_again(lab, tmp_path):
    lab.steps, lab.kinds = ("odd.echo",), ()
    go = waiting(lab)
    process = start(lab, "processes")
    os.kill(int(wait_for(go.with_suffix(".pid")).read_text()), signal.SIGKILL)
    go.touch()
    output, _ = process.communicate()
    assert output.split() == ["ready", "problems", "0"]
    lab.assert_equals_batch(tmp_path / "batch")


def test_a_job_that_kills_its_worker_fails_and_takes_nobody_with_it(lab):
    lab.steps, lab.kinds = ("odd.echo",), ()
    lab.put(**{f"raw_1_{part}": f"fine {part}" for part in range(6)}, raw_2_0="die")
    summary = lab.run("processes")
    (problem,) = summary.problems
    assert (problem.what, problem.subject) == (Happened.FAILED, "day=2,part=0")
    assert "died" in problem.message
    assert sum(kind == "odd.echo" for kind, _ in lab.good()) == 6


def test_the_work_of_dead_loops_is_not_left_running(lab, tmp_path):
    """Even where nobody wants it any more."""
    lab.steps, lab.kinds = ("odd.echo",), ()
    go = waiting(lab)
    process = start(lab)
    wait_for(go.with_suffix(".pid"))
    process.kill()
    process.communicate()
    lab.put(raw_1_0="another")
    lab.run()
    state = sa.select(tables.job.c.state).where(tables.job.c.name == "odd.echo")
    assert sorted(row.state for row in lab.rows(state)) == ["done", "done", "done", "ready"]
    lab.assert_equals_batch(tmp_path / "batch")


class Cut(FolderPublisher):
    """Publishes, and does not live to tell."""

    def publish(self, dataset, path):
        super().publish(dataset, path)
        raise KeyboardInterrupt


def test_a_publication_cut_short_is_not_taken_for_what_was_there_before(labs, tmp_path):
    """Though its bytes are as many, and what it replaced is wanted again."""
    labs.fill()
    labs.run()
    labs.put(raw_2_1="x2p1")
    (spec,) = labs.pipeline().publishers
    with pytest.raises(KeyboardInterrupt):
        labs.run(publishers={spec.name: Cut(spec.config, labs.root)})
    assert any("X2P1" in text for text in labs.published().values())
    labs.put(raw_2_1="d2p1")
    labs.run()
    labs.assert_equals_batch(tmp_path / "batch")


def test_a_publication_cut_short_is_taken_back_once_nobody_wants_it(labs, tmp_path):
    labs.fill()
    (spec,) = labs.pipeline().publishers
    with pytest.raises(KeyboardInterrupt):
        labs.run(publishers={spec.name: Cut(spec.config, labs.root)})
    assert labs.published()
    labs.remove("lamp_1")
    labs.run()
    assert labs.published() == {}
    labs.assert_equals_batch(tmp_path / "batch")
