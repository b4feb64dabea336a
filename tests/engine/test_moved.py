"""Files that move: what says where a thing is follows it, and nothing is made anew."""

from pathlib import Path

import pytest

from gnomon.core.dataset import Report
from gnomon.core.instrument import Instrument, SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.kinds import Kind
from gnomon.core.pipeline import Pipeline, Registry
from gnomon.core.steps import StepConfig
from gnomon.testing.toys import TOYS
from lab import Lab

THING = Kind(
    "moved.thing",
    keys={"name": str},
    path="things/{name}_v{version:03d}.txt",
    tags=("place", "colour"),
    updated=("place",),
)


class Nothing(StepConfig):
    """No options."""


class Shelf:
    """One thing, whose bytes do not say where it stands."""

    def __init__(self):
        self.place, self.colour = "here", "red"

    def list(self, _cursor):
        tags = {"place": self.place, "colour": self.colour}
        item = Item(THING.name, {"name": "one"}, "one", f"{self.place}{self.colour}", tags=tags)
        return Listing([item])

    def fetch(self, _item, dest, _known, _progress):
        Path(dest).write_text("the thing")
        return Report()

    def validator(self, _item):
        return ""

    def close(self):
        pass


SHELVES = SourceType("moved.shelf", Nothing, (THING,), lambda _config, _network: Shelf())
REGISTRY = Registry([TOYS, Instrument("moved", kinds=(THING,), sources=(SHELVES,))])


@pytest.fixture
def lab(tmp_path, url):
    made = Lab(tmp_path, url, registry=REGISTRY, steps=(), kinds=())
    yield made
    made.catalog.close()


def tags(lab):
    ((dataset, current),) = lab.catalog.changes(0).datasets
    assert current
    return dataset.version, dict(dataset.tags)


def test_a_tag_that_is_updated_follows_and_others_stay(lab):
    shelf, pipeline = Shelf(), Pipeline.from_toml('[[source]]\nuse = "moved.shelf"', REGISTRY)
    sources = {"moved.shelf": shelf}
    lab.run(pipeline=pipeline, sources=sources)
    assert tags(lab) == (1, {"place": "here", "colour": "red"})
    shelf.place, shelf.colour = "there", "blue"
    lab.run(pipeline=pipeline, sources=sources)
    assert tags(lab) == (1, {"place": "there", "colour": "red"})
    shelf.place, shelf.colour = "here", "red"  # fetched before: the listing says where it is
    lab.run(pipeline=pipeline, sources=sources)
    assert tags(lab) == (1, {"place": "here", "colour": "red"})
    assert lab.run(pipeline=pipeline, sources=sources).jobs == 0
