"""The step that takes the greylist apart, so that a new one concerns only the floats it changes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from gnomon.core.dataset import Report
from gnomon.core.steps import In, Out, Sink, StepConfig, step
from gnomon.instruments.argo.files.greylist import Entry, read_greylist, write_greylist
from gnomon.instruments.argo.kinds import GREYLIST, GREYLISTED


class GreylistConfig(StepConfig):
    """Which floats."""

    floats: tuple[int, ...] = Field((), description="WMO numbers; all when empty")


@step("argo.greylist", version=1)
def greylist(
    listed: Annotated[Path, In(GREYLIST)],
    greylisted: Annotated[Sink, Out(GREYLISTED)],
    config: GreylistConfig,
) -> Report:
    """Write the greylist's rows of each float to a file of its own.

    Raises
    ------
    BadData
        The greylist is damaged.
    """
    entries = read_greylist(listed)
    floats: dict[int, list[Entry]] = {}
    for entry in entries:
        if not config.floats or entry.wmo in config.floats:
            floats.setdefault(entry.wmo, []).append(entry)
    for wmo, rows in floats.items():
        write_greylist(greylisted.new(wmo=wmo), rows)
    return Report(metrics={"n_rows": len(entries), "n_floats": len(floats)})
