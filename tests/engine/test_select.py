"""A pipeline that is for some of its inputs only, and one that runs though nothing changed."""

from dataclasses import replace

import pytest

from gnomon.core.dataset import Dataset
from gnomon.core.instrument import Instrument
from gnomon.core.kinds import Kind
from gnomon.core.pipeline import Pipeline, Registry, RunConfig
from gnomon.engine.execute import now_us
from gnomon.engine.project import with_lists
from gnomon.errors import ConfigError, UnknownName
from lab import REGISTRY, Lab

SEEN = Kind("seen", keys={"obsid": int}, path="{source}/{obsid}_v{version}", tags=("source",))


@pytest.fixture
def lab(tmp_path):
    made = Lab(tmp_path, f"sqlite:///{tmp_path / 'gnomon.db'}", kinds=())
    made.put(raw_1_0="a", raw_1_1="b", raw_2_0="c", lamp_1="x", lamp_2="y")
    yield made
    made.catalog.close()


def keys(lab, kind):
    return {key for found, key in lab.good() if found == kind}


def test_steps_leave_what_is_not_selected(lab):
    few = replace(lab.pipeline(), select={"day": ("1",)})
    lab.run(pipeline=few)
    assert keys(lab, "toy.clean") == {"day=1,part=0", "day=1,part=1"}
    assert len(keys(lab, "toy.raw")) == 3  # what there is, is known


def test_what_was_made_before_stands_when_it_is_no_longer_selected(lab):
    lab.run()
    before = lab.good()
    lab.run(pipeline=replace(lab.pipeline(), select={"day": ("1",)}))
    assert lab.good() == before


def test_names_that_an_input_does_not_have_say_nothing_of_it(lab):
    lab.run(pipeline=replace(lab.pipeline(), select={"colour": ("red",)}))
    assert len(keys(lab, "toy.clean")) == 3


@pytest.mark.parametrize(
    ("select", "wanted"),
    [
        ({}, True),
        ({"source": ("TauA", "Cas*")}, True),
        ({"source": ("taua",)}, False),
        ({"source": ("TauA",), "obsid": ("12",)}, False),
        ({"obsid": ("1?",), "group": ("x",)}, True),
    ],
)
def test_selection_is_by_keys_and_tags(select, wanted):
    dataset = Dataset(1, "k", {"obsid": 13}, "obsid=13", 1, "p", "s", 1, 1, {"source": "TauA"})
    assert Pipeline("p", select=select).selects([dataset]) is wanted


def test_the_toml_says_both():
    text = '[select]\nsource = ["TauA"]\nobsid = [5, "6*"]\n[run]\nworkers = 3\nforce = true\n'
    found = Pipeline.from_toml(text, Registry([Instrument("seen", kinds=(SEEN,))]))
    assert found.select == {"source": ("TauA",), "obsid": ("5", "6*")}
    assert found.run == RunConfig(workers=3, force=True)


@pytest.mark.parametrize("text", ['select = "x"', '[select]\nsource = "TauA"', "run = 5"])
def test_other_forms_are_refused(text):
    with pytest.raises(ConfigError):
        Pipeline.from_toml(text, REGISTRY)


def test_what_no_kind_has_cannot_be_selected():
    with pytest.raises(UnknownName, match=r"key or tag in \[select\] 'dya'; did you mean 'day'"):
        Pipeline.from_toml("[select]\ndya = [1]", REGISTRY)


def test_lists_may_be_files(tmp_path):
    (tmp_path / "few.txt").write_text("\ufeff5\n\n 6*  # both\n", "utf-8")
    (tmp_path / "odd.txt").write_bytes(b"\xff\n")
    found = with_lists({"select": {"obsid": "few.txt", "source": ["x"]}}, tmp_path)
    assert found == {"select": {"obsid": ["5", "6*"], "source": ["x"]}}
    for name, why in (("none.txt", "No such file"), ("odd.txt", "is no text")):
        with pytest.raises(ConfigError, match=f"{name}: .*{why}"):
            with_lists({"select": {"obsid": name}}, tmp_path)


def test_unknown_wishes_are_refused():
    with pytest.raises(UnknownName, match="worker"):
        Pipeline.from_toml("[run]\nworker = 3\n", REGISTRY)


def test_what_is_forced_runs_once_more_and_gives_the_same(lab):
    lab.run()
    before, attempts = lab.current(), lab.attempts()
    forced = replace(lab.pipeline(), run=RunConfig(force=True))
    summary = lab.run(pipeline=forced)
    assert summary.ok
    assert lab.current() == before
    again = lab.attempts()
    steps = {one for one, number in again.items() if number == attempts[one] + 1}
    fetched = 5
    assert len(steps) == len(again) - fetched > 0
    assert lab.run().jobs == 0


def test_what_is_forced_runs_once_where_the_clocks_of_workers_are_behind(lab):
    lab.run()
    lab.clock_us = lambda: now_us() + 3_600_000_000
    forced = replace(lab.pipeline(), run=RunConfig(force=True))
    with lab.loop(pipeline=forced) as loop:
        for _ in range(1000):
            if not loop._advance():
                break
    assert max(lab.attempts().values()) == 2
