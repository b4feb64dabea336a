"""Steps that break their contract, sources that fail, and what the loop makes of that."""

import os
from dataclasses import replace

import pytest
import sqlalchemy as sa

from gnomon.acquire.source import Source
from gnomon.catalog import queries, tables
from gnomon.core.dataset import Report
from gnomon.engine.events import Happened
from gnomon.errors import NotFound, RateLimited, Unreachable
from gnomon.testing.toys import ToySource
from lab import QUICK


@pytest.fixture
def echoes(lab):
    lab.steps, lab.kinds = ("odd.echo",), ("odd.echo",)
    return lab


def job(lab, name="odd.echo"):
    columns = [
        tables.job.c[column] for column in ("state", "error", "message", "trace", "attempts")
    ]
    (row,) = lab.rows(sa.select(*columns).where(tables.job.c.name == name))
    return row


def test_a_step_that_edits_its_input_fails_and_the_file_is_known_as_corrupt(echoes):
    echoes.put(raw_1_0="edit")
    summary = echoes.run()
    assert job(echoes).error == "InputModified"
    assert job(echoes).attempts == 1
    assert ("odd.echo", "day=1,part=0") not in echoes.good()
    summary = echoes.run()
    assert [problem.what for problem in summary.problems] == [Happened.FAILED]
    assert job(echoes).error == "Corrupt"


def test_a_step_that_touches_its_input_fails(echoes):
    echoes.put(raw_1_0="touch")
    echoes.run()
    assert job(echoes).error == "InputModified"


def test_a_file_whose_time_alone_changed_is_still_good(echoes):
    echoes.put(raw_1_0="a")
    echoes.run()
    os.utime(echoes.path("toy.raw", "day=1,part=0"), (1, 1))
    echoes.options["odd.echo"] = f'log = "{echoes.root / "log"}"'
    assert echoes.run().problems == []


def test_an_output_that_is_not_written_is_missing(echoes):
    echoes.put(raw_1_0="mute")
    echoes.run()
    assert (job(echoes).error, job(echoes).attempts) == ("OutputMissing", 1)


def test_an_unknown_exception_is_tried_again_and_kept_with_its_traceback(labs):
    labs.steps, labs.kinds = ("odd.echo",), ()
    labs.put(raw_1_0="raise")
    summary = labs.run()
    row = job(labs)
    assert (row.state, row.error, row.attempts) == ("failed", "RuntimeError", QUICK.most_tries)
    assert row.message == "no idea\\x00 what \\udc80 this is"
    assert "shapes.py" in row.trace
    assert len(summary.problems) == 1
    assert len(labs.messages(Happened.RETRY)) == QUICK.most_tries - 1
    assert job(labs).attempts == QUICK.most_tries
    labs.run()
    assert job(labs).attempts == 2 * QUICK.most_tries  # the next run tries again


def test_what_fails_the_first_time_only_is_no_problem(echoes):
    echoes.put(raw_1_0=f"once:{echoes.root / 'mark'}")
    assert echoes.run().problems == []
    assert job(echoes).attempts == 2


@pytest.mark.parametrize("mended", ["fine", None], ids=["taken back", "removed"])
def test_a_failure_on_inputs_that_were_taken_back_does_not_stand(mended, labs):
    labs.steps, labs.kinds = ("odd.echo",), ()
    labs.put(raw_1_0="fine")
    labs.run()
    labs.put(raw_1_0="raise")
    labs.run()
    assert [job.name for job in queries.problems(labs.catalog)] == ["odd.echo"]
    if mended is None:
        labs.remove("raw_1_0")
    else:
        labs.put(raw_1_0=mended)
    assert labs.run().ok
    assert queries.problems(labs.catalog) == []
    # The same inputs again: what failed is tried again, and stands again.
    labs.put(raw_1_0="raise")
    assert not labs.run().ok
    assert len(queries.problems(labs.catalog)) == 1


def test_a_step_that_returns_no_report_fails_and_the_loop_goes_on(echoes):
    echoes.put(raw_1_0="none", raw_1_1="fine")
    echoes.run()
    assert ("odd.echo", "day=1,part=1") in echoes.good()
    assert echoes.states()["failed"] == 1


def test_a_figure_that_does_not_exist_is_not_kept(labs):
    labs.steps, labs.kinds = ("odd.echo",), ()
    labs.put(raw_1_0="nan")
    assert labs.run().problems == []
    assert labs.rows(sa.select(tables.metric.c.name, tables.metric.c.value)) == [("one", 1.0)]


def test_a_step_that_writes_other_bytes_each_time_has_one_current_version(labs):
    labs.steps, labs.kinds = ("odd.clock",), ()
    labs.put(raw_1_0="a")
    labs.run()
    for version in (2, 3):
        labs.reopen(labs.good()["odd.echo", "day=1,part=0"])
        assert labs.run().problems == []
        query = sa.select(tables.dataset.c.version)
        kept = labs.rows(query.where(tables.dataset.c.current, tables.dataset.c.kind == "odd.echo"))
        assert kept == [(version,)]
    labs.assert_clean()


class Troubled(ToySource):
    """An archive that fails a number of times."""

    def __init__(self, folder, *errors):
        self._folder, self.errors, self.calls = folder, list(errors), 0

    def fetch(self, item, dest, known, progress) -> Report:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return super().fetch(item, dest, known, progress)


def fetched(lab, *errors):
    lab.put(raw_1_0="a")
    source: Source = Troubled(lab.archive, *errors)
    return source, lab.run(sources={"toy.folder": source})


def test_an_archive_that_fails_is_asked_again(echoes):
    source, summary = fetched(echoes, Unreachable("away"), Unreachable("away"))
    assert (source.calls, summary.problems) == (3, [])


def test_an_archive_is_asked_a_limited_number_of_times(echoes):
    source, summary = fetched(echoes, *[Unreachable("away")] * 9)
    assert source.calls == QUICK.most_tries
    assert [problem.message for problem in summary.problems] == ["away"]
    assert summary.standing == 1


def test_what_an_archive_lists_and_lacks_is_tried_in_the_next_run(echoes):
    source, _ = fetched(echoes, NotFound("gone"))
    assert source.calls == 1
    assert echoes.run().problems == []
    assert ("odd.echo", "day=1,part=0") in echoes.good()


def test_an_archive_that_asks_for_patience_gets_it(echoes):
    _, summary = fetched(echoes, RateLimited("slowly", after_s=0.3))
    assert summary.problems == []
    started = tables.job.c.started_us
    ((began,),) = echoes.rows(sa.select(started).where(tables.job.c.act == "fetch"))
    listed = echoes.rows(sa.select(tables.source.c.listed_us))[0][0]
    assert began - listed >= 300_000


def test_a_publisher_that_fails_is_asked_again_and_others_go_on(echoes):
    echoes.put(raw_1_0="a")
    echoes.out.write_text("a file where a folder should be")
    summary = echoes.run()
    assert [problem.what for problem in summary.problems] == [Happened.FAILED]
    assert "cannot be written" in summary.problems[0].message
    echoes.out.unlink()
    assert echoes.run().problems == []
    assert echoes.published() == {"echo/1_0.txt": "a"}


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda path: (path.chmod(0o644), path.write_text("no receipt")), [Happened.CORRUPT]),
        (lambda path: path.unlink(), []),  # an emptied store is filled again; the log says so
    ],
    ids=["altered", "absent"],
)
def test_a_receipt_that_makes_no_sense_is_published_anew(echoes, caplog, damage, told):
    echoes.put(raw_1_0="a")
    echoes.run()
    (receipt,) = [key for kind, key in echoes.good() if kind == "receipt"]
    damage(echoes.path("receipt", receipt))
    summary = echoes.run()
    assert [problem.what for problem in summary.problems] == told
    assert "made anew" in caplog.text
    echoes.assert_clean()


class Odd(ToySource):
    """An archive that spells keys its own way."""

    def __init__(self, folder, key):
        self._folder, self._key = folder, key

    def list(self, cursor):
        listing = super().list(cursor)
        return replace(listing, items=[replace(item, key=self._key) for item in listing.items])


def test_the_order_of_a_key_is_that_of_its_kind(echoes):
    echoes.put(raw_1_0="a")
    assert echoes.run(sources={"toy.folder": Odd(echoes.archive, {"part": 0, "day": 1})}).jobs == 3
    assert ("odd.echo", "day=1,part=0") in echoes.good()
    assert echoes.run().jobs == 0


@pytest.mark.parametrize("key", [{"day": 1}, {"day": "1", "part": 0}])
def test_a_listing_with_keys_that_make_no_sense_is_refused(echoes, key):
    echoes.put(raw_1_0="a")
    summary = echoes.run(sources={"toy.folder": Odd(echoes.archive, key)})
    assert [problem.what for problem in summary.problems] == [Happened.NOT_LISTED]
    assert echoes.good() == {}
