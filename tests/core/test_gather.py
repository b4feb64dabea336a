"""Which input leads the ones that time finds."""

from datetime import date
from pathlib import Path
from typing import Annotated

import pytest

from gnomon.core.dataset import Coverage, Dataset, Report
from gnomon.core.gather import gather
from gnomon.core.kinds import Kind
from gnomon.core.steps import In, Out, step
from gnomon.core.view import View

ONE = Kind("one", keys={"day": date}, path="one/{day:%Y%m%d}_v{version}")
OTHER = Kind("other", keys={"day": date}, path="other/{day:%Y%m%d}_v{version}")
TABLE = Kind("table", keys={"name": str}, path="table/{name}_v{version}")


@step("either", version=1)
def either(
    one: Annotated[list[Path], In(ONE, by=("day",), at_least=0, optional=True)],
    other: Annotated[list[Path], In(OTHER, by=("day",), at_least=0, optional=True)],
    table: Annotated[Path | None, In(TABLE, covers=True, optional=True)],
    out: Annotated[Path, Out(ONE)],
) -> Report: ...


def dataset(kind, seq, key, start, stop):
    text = kind.text(key)
    return Dataset(seq, kind.name, key, text, 1, text, "", 1, 1, coverage=Coverage(start, stop))


@pytest.mark.parametrize("kind", [ONE, OTHER])
def test_of_optional_groups_the_first_that_is_there_leads(kind):
    view, key = View(), {"day": date(2026, 1, 1)}
    view._take_dataset(dataset(kind, 1, key, 10, 20), current=True)
    view._take_dataset(dataset(TABLE, 2, {"name": "early"}, 0, 15), current=True)
    view._take_dataset(dataset(TABLE, 3, {"name": "right"}, 5, 25), current=True)
    found = gather(view, either, key, None)
    assert [(role, d.key_text) for role, d in found.bound if role == "table"] == [
        ("table", "name=right")
    ]


def test_without_any_there_is_no_time_to_cover():
    view = View()
    view._take_dataset(dataset(TABLE, 2, {"name": "early"}, 0, 15), current=True)
    found = gather(view, either, {"day": date(2026, 1, 1)}, None)
    assert found.bound == []
    assert found.empty
