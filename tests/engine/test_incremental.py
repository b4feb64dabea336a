"""Sources that list only what is new since their cursor."""

import threading

import pytest

from gnomon.core.items import Listing
from gnomon.engine.events import Happened
from gnomon.errors import Unreachable
from gnomon.testing.toys import ToySource
from lab import Lab


@pytest.fixture
def lab(tmp_path):
    made = Lab(tmp_path, f"sqlite:///{tmp_path / 'gnomon.db'}", steps=("toy.clean",), kinds=())
    yield made
    made.catalog.close()


class Incremental(ToySource):
    """Lists each file once: its cursor is the names of those that it has listed."""

    def __init__(self, config):
        super().__init__(config)
        self.down = False
        self.broken = set()
        self.flaw = ""

    def list(self, cursor):
        if self.down:
            raise Unreachable("down")
        seen = set(cursor.split())
        items = [item for item in super().list("").items if item.ref not in seen]
        cursor = " ".join(sorted(seen | {item.ref for item in items}))
        return Listing(items, cursor, unchanged=True, flaw=self.flaw)

    def fetch(self, item, dest, known, progress):
        if item.ref in self.broken:
            raise Unreachable(f"{item.ref} does not come")
        return super().fetch(item, dest, known, progress)


@pytest.fixture
def source(lab):
    return Incremental(lab.pipeline().sources[0].config)


def test_what_failed_is_fetched_by_the_next_run_though_it_is_not_listed_again(lab, source):
    lab.put(raw_1_0="a", raw_1_1="b")
    source.broken = {"raw_1_0.txt"}
    assert not lab.run(sources={"toy.folder": source}).ok
    assert ("toy.raw", "day=1,part=0") not in lab.good()
    source.broken = set()
    lab.put(raw_2_0="c")
    assert lab.run(sources={"toy.folder": source}).ok
    assert sum(kind == "toy.clean" for kind, _ in lab.good()) == 3


def test_a_listing_with_a_flaw_brings_the_rest_and_fails_the_run(lab, source):
    lab.put(raw_1_0="a")
    source.flaw = "one folder does not answer"
    assert not lab.run(sources={"toy.folder": source}).ok
    assert lab.messages(Happened.NOT_LISTED) == ["one folder does not answer"]
    assert ("toy.clean", "day=1,part=0") in lab.good()


def test_a_loop_that_watches_goes_on_after_a_listing_that_failed(lab, source):
    lab.put(raw_1_0="a")
    source.down = True
    stop = threading.Event()

    def listen(event):
        lab.events.append(event)
        if event.what is Happened.NOT_LISTED:
            source.down = False
        if ("toy.clean", "day=1,part=0") in lab.good():
            stop.set()

    with lab.loop(sources={"toy.folder": source}, listen=listen) as loop:
        timer = threading.Timer(20, stop.set)
        timer.start()
        loop.watch(stop, 0.05)
        timer.cancel()
    assert ("toy.clean", "day=1,part=0") in lab.good()
