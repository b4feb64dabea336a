"""Streaming: groups that fill, settle or come late, under a clock that is told to go on."""

import threading

import pytest

from gnomon.core.jobs import Verdict
from gnomon.core.plan import Now, Planner
from gnomon.core.view import View
from gnomon.engine.events import Happened
from gnomon.errors import Unreachable
from gnomon.testing.toys import ToySource
from lab import Clock, Lab


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lab(tmp_path, clock):
    made = Lab(tmp_path, f"sqlite:///{tmp_path / 'gnomon.db'}", clock_us=clock)
    yield made
    made.catalog.close()


class Watch:
    """A loop that watches in a thread of its own, and what it has seen."""

    def __init__(self, lab, every_s=1.0, **changes):
        self._lab, self._changes, self._every_s = lab, changes, every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def _work(self):
        with self._lab.loop(**self._changes) as loop:
            self.summary = loop.watch(self._stop, self._every_s)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def until(self, condition):
        """Let time pass until something is so."""
        pause = threading.Event()
        while not condition():
            assert self._thread.is_alive()
            self._lab.clock_us.advance(0.2)
            pause.wait(0.01)


def waits(lab):
    """Return why cells wait, by slot."""
    view = View()
    view.apply(lab.catalog.changes(0))
    planner = Planner(lab.pipeline(), view)
    planner.full(Now(lab.clock_us(), lab.clock_us()))
    return {d.cell.slot: d.reason for d in planner.with_verdict(Verdict.WAIT)}


def fetched(lab, count):
    return lambda: sum(kind == "toy.clean" for kind, _ in lab.good()) == count


def test_a_full_group_does_not_wait(lab, tmp_path):
    lab.fill(days=1)
    with Watch(lab) as watch:
        watch.until(lambda: ("toy.book", "") in lab.good())
    assert not any(lab.messages(Happened.FAILED))
    lab.assert_equals_batch(tmp_path / "batch")


def test_a_group_that_is_not_full_settles(lab, clock):
    lab.put(raw_1_0="a", raw_1_1="b", lamp_1="L")
    start = clock.us
    with Watch(lab) as watch:
        watch.until(fetched(lab, 2))
        said = waits(lab)["toy.stack||day=1"]
        assert said.startswith("2/3 toy.clean, settles at 20")
        assert said.endswith(" UTC")
        watch.until(lambda: ("toy.stack", "day=1") in lab.good())
    assert clock.us - start >= 60_000_000


def test_a_group_that_is_too_small_waits_for_ever(lab, clock):
    lab.put(raw_1_0="a", lamp_1="L")
    with Watch(lab) as watch:
        watch.until(fetched(lab, 1))
        clock.advance(3600)
        pause = clock.us
        watch.until(lambda: clock.us > pause + 5_000_000)
    assert waits(lab)["toy.stack||day=1"] == "1/3 toy.clean"
    assert ("toy.stack", "day=1") not in lab.good()


def test_a_late_member_remakes_the_group(lab, tmp_path):
    lab.put(raw_1_0="a", raw_1_1="b", lamp_1="L")
    with Watch(lab) as watch:
        watch.until(lambda: ("toy.stack", "day=1") in lab.good())
        assert lab.text("toy.stack", "day=1") == "A\nB"
        lab.put(raw_1_2="late")
        watch.until(lambda: lab.text("toy.stack", "day=1") == "A\nB\nLATE")
        watch.until(lambda: "LATE" in lab.published().get("book.txt", ""))
    lab.assert_equals_batch(tmp_path / "batch")


def test_what_a_batch_would_take_as_it_is_it_takes(lab):
    lab.put(raw_1_0="a", raw_1_1="b", lamp_1="L")
    lab.run()
    assert lab.text("toy.stack", "day=1") == "A\nB"


class Broken(ToySource):
    """One file of it can never be had."""

    def __init__(self, folder):
        self._folder, self.calls = folder, 0

    def fetch(self, item, dest, known, progress):
        if item.ref == "raw_9_0.txt":
            self.calls += 1
            raise Unreachable("never")
        return super().fetch(item, dest, known, progress)


def test_a_file_that_never_comes_does_not_hold_the_others_up(lab):
    lab.fill(days=1)
    lab.put(raw_9_0="x")
    source = Broken(lab.archive)
    with Watch(lab, sources={"toy.folder": source}) as watch:
        watch.until(lambda: "book.txt" in lab.published())
        calls = source.calls
        watch.until(lambda: source.calls > calls + 3)  # and it is asked for all the same


def test_files_that_come_and_go_under_watch_end_in_the_batch_result(lab, tmp_path):
    lab.fill()
    with Watch(lab) as watch:
        watch.until(lambda: "book.txt" in lab.published())
        lab.put(raw_2_0="other")
        watch.until(lambda: "OTHER" in lab.published()["book.txt"])
        lab.put(raw_2_0="d2p0")
        watch.until(lambda: "OTHER" not in lab.published()["book.txt"])
        lab.remove("lamp_1")
        watch.until(lambda: lab.published() == {})
    lab.assert_equals_batch(tmp_path / "batch")
