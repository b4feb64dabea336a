"""The signature of a step is its contract, and it is checked."""

import pickle
from pathlib import Path
from typing import Annotated

import pytest

from gnomon.core.dataset import Input, Provenance, Report
from gnomon.core.kinds import Kind
from gnomon.core.steps import In, NoConfig, Out, Sink, StepConfig, step
from gnomon.errors import ConfigError
from gnomon.testing import toys

PART = Kind("t.part", {"day": int, "part": int}, "{day}_{part}_{version}")
DAY = Kind("t.day", {"day": int}, "{day}_{version}")


class Config(StepConfig):
    level: int = 3


def test_a_signature_is_read():
    @step("t.good", version=7)
    def good(
        parts: Annotated[list[Input], In(PART, by=("day",))],
        lamp: Annotated[Path | None, In(DAY, nearest=True, optional=True)],
        out: Annotated[Path, Out(DAY)],
        pages: Annotated[Sink, Out(PART)],
        cfg: Config,
        origin: Provenance,
    ) -> Report:
        """Read everything."""
        return Report(note=f"{parts}{lamp}{out}{pages}{cfg}{origin}")

    assert (good.name, good.version, good.cell_keys) == ("t.good", 7, ("day",))
    assert (good.grouped, good.wants_input) == ({"parts"}, {"parts"})
    assert (set(good.inputs), set(good.outputs), good.fan_out) == (
        {"parts", "lamp"}, {"out", "pages"}, {"pages"},
    )  # fmt: skip
    assert (good.config_role, good.config, good.provenance_role) == ("cfg", Config, "origin")
    assert good(1, 2, 3, 4, 5, 6).note == "123456"


def test_a_step_without_options_has_none():
    assert toys.stack.config is NoConfig
    assert toys.stack.ref == "gnomon.testing.toys:stack"


def no_report(a: Annotated[Path, In(DAY)], out: Annotated[Path, Out(DAY)]) -> None: ...
def no_role(a: Annotated[Path, In(DAY)], out: Annotated[Path, Out(DAY)], x: int) -> Report: ...
def odd_mark(a: Annotated[Path, "in"], out: Annotated[Path, Out(DAY)]) -> Report: ...
def no_input(out: Annotated[Path, Out(DAY)]) -> Report: ...
def no_output(a: Annotated[Path, In(DAY)]) -> Report: ...
def no_path(a: Annotated[str, In(DAY)], out: Annotated[Path, Out(DAY)]) -> Report: ...
def no_list(a: Annotated[Path, In(PART, by=("day",))], o: Annotated[Path, Out(DAY)]) -> Report: ...
def no_by(a: Annotated[list[Path], In(PART)], out: Annotated[Path, Out(DAY)]) -> Report: ...
def timed(a: Annotated[Path, In(DAY, nearest=True)], o: Annotated[Path, Out(DAY)]) -> Report: ...
def other_group(
    a: Annotated[list[Path], In(PART, by=("day",))],
    b: Annotated[list[Path], In(PART, by=())],
    o: Annotated[Path, Out(DAY)],
) -> Report: ...
def not_joined(
    a: Annotated[Path, In(DAY)], b: Annotated[Path, In(PART)], o: Annotated[Path, Out(DAY)]
) -> Report: ...
def wide_output(a: Annotated[Path, In(DAY)], out: Annotated[Path, Out(PART)]) -> Report: ...


WRONG = [
    (no_report, "return a Report"),
    (no_role, "declares no role"),
    (odd_mark, "neither In nor Out"),
    (no_input, "needs an input and an output"),
    (no_output, "needs an input and an output"),
    (no_path, "must be a Path or an Input"),
    (no_list, "is a list if, and only if"),
    (no_by, "is a list if, and only if"),
    (timed, "cannot be timed"),
    (other_group, "must group by"),
    (not_joined, "not one to one"),
    (wide_output, "has keys beyond"),
]


@pytest.mark.parametrize(("function", "tells"), WRONG)
def test_a_wrong_signature_is_refused(function, tells):
    with pytest.raises(ConfigError, match=tells):
        step("t.wrong", version=1)(function)


def test_an_input_is_checked():
    with pytest.raises(ConfigError, match="no keys"):
        In(DAY, by=("part",))
    with pytest.raises(ConfigError, match="not both"):
        In(DAY, nearest=True, covers=True)


def test_values_travel_between_processes():
    values = (In(PART, by=("day",)), Out(DAY), Report(metrics={"a": 1.0}), PART)
    assert pickle.loads(pickle.dumps(values)) == values
