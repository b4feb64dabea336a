"""Pipelines as TOML: what is wrong is said, and what is near is offered."""

from dataclasses import replace

import pytest

from gnomon.core.instrument import Instrument
from gnomon.core.pipeline import Pipeline, Registry, receipt_key
from gnomon.core.steps import In, Out
from gnomon.errors import ConfigError, Conflict, CycleInPipeline, UnknownName
from gnomon.testing.toys import CLEAN, IMAGE, STACK, TOYS, calibrate, clean
from lab import REGISTRY

SOURCE = '[[source]]\nuse = "toy.folder"\nfolder = "/x"\n'


def read(text, registry=REGISTRY):
    return Pipeline.from_toml(text, registry)


def test_steps_stand_in_the_order_of_the_data():
    names = ("toy.bind", "toy.calibrate", "toy.stack", "toy.split", "toy.clean")
    pipeline = read(SOURCE + "".join(f'[[step]]\nuse = "{name}"\n' for name in names))
    assert [spec.name for spec in pipeline.steps] == [
        "toy.clean", "toy.stack", "toy.calibrate", "toy.split", "toy.bind",
    ]  # fmt: skip
    assert set(pipeline.kinds) >= {"toy.raw", "toy.lamp", "toy.book", "receipt"}


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ('[[step]]\nuse = "toy.claen"', "unknown step 'toy.claen'; did you mean 'toy.clean'?"),
        ('[[source]]\nuse = "toy.foldr"', "did you mean 'toy.folder'?"),
        ('[[publish]]\nuse = "foldr"', "did you mean 'folder'?"),
        ('[[publish]]\nuse = "folder"\noutput = "x"\nkinds = ["toy.bok"]', "mean 'toy.book'?"),
        ('[[step]]\nuse = "toy.clean"\nsufix = "a"', "did you mean 'suffix'?"),
        ('[[steps]]\nuse = "toy.clean"', "did you mean 'step'?"),
    ],
)
def test_unknown_names_are_errors_that_offer_the_nearest(text, tells):
    with pytest.raises(UnknownName) as caught:
        read(text)
    assert tells in str(caught.value)


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("[[step", "no TOML"),
        ("[[step]]\nsuffix = 1", "needs use"),
        ('[[step]]\nuse = "toy.clean"\nsuffix = 1', "step toy.clean: suffix: Input should be"),
        ('[[source]]\nuse = "toy.folder"', "folder: Field required"),
        ("step = 1", "list of tables"),
        ('[step]\nuse = "toy.clean"', "list of tables"),
        ('[[publish]]\nuse = "folder"\noutput = "x"\nkinds = "toy.book"', "list of names"),
    ],
)
def test_what_makes_no_sense_is_refused(text, tells):
    with pytest.raises(ConfigError, match=tells):
        read(text)


def test_two_makers_of_one_kind_are_a_conflict():
    other = replace(calibrate, name="toy.other")
    registry = Registry([replace(TOYS, steps=(*TOYS.steps, other))])
    with pytest.raises(Conflict, match=r"both 'toy.calibrate' and 'toy.other' make 'toy.image'"):
        read('[[step]]\nuse = "toy.calibrate"\n[[step]]\nuse = "toy.other"', registry)


@pytest.mark.parametrize(
    "text",
    ['[[step]]\nuse = "toy.clean"\n' * 2, SOURCE * 2,
     '[[publish]]\nuse = "folder"\noutput = "x"\n' * 2],
)  # fmt: skip
def test_what_stands_twice_is_a_conflict(text):
    with pytest.raises(Conflict, match="stands twice"):
        read(text)


def test_two_targets_of_one_publisher_are_no_conflict():
    text = "".join(f'[[publish]]\nuse = "folder"\noutput = "{name}"\n' for name in "ab")
    first, second = read(text).publishers
    assert first.name != second.name


def test_kinds_that_feed_each_other_are_a_cycle():
    one = replace(clean, name="c.one", inputs={"raw": In(IMAGE)}, outputs={"out": Out(STACK)})
    two = replace(clean, name="c.two", inputs={"raw": In(STACK)}, outputs={"out": Out(IMAGE)})
    registry = Registry([Instrument("c", steps=(one, two))])
    with pytest.raises(CycleInPipeline, match="feed each other"):
        read('[[step]]\nuse = "c.one"\n[[step]]\nuse = "c.two"', registry)


def test_a_step_that_feeds_itself_is_a_cycle():
    one = replace(clean, name="c.one", inputs={"raw": In(CLEAN)})
    with pytest.raises(CycleInPipeline):
        read('[[step]]\nuse = "c.one"', Registry([Instrument("c", steps=(one,))]))


def test_two_things_of_one_name_are_a_conflict():
    with pytest.raises(Conflict, match=r"two steps are called 'toy.clean'"):
        Registry([TOYS, Instrument("x", steps=(replace(clean, version=2),))])


def test_one_thing_that_two_instruments_share_is_none():
    assert Registry([TOYS, Instrument("x", steps=(clean,))]).steps["toy.clean"] is clean


def test_a_receipt_has_a_key_even_where_the_dataset_has_none():
    assert receipt_key("p", "k", "")["of"] == "only"
