"""`sky.merge`: what several answers say of a group of objects becomes its light curves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from gnomon.core.dataset import Input, Provenance, Report
from gnomon.core.steps import In, Out, step
from gnomon.errors import NoData
from gnomon.instruments.sky.kinds import CURVES, GROUP, PART


@step("sky.merge", version=1)
def merge(
    parts: Annotated[list[Input], In(PART, by=tuple(GROUP))],
    out: Annotated[Path, Out(CURVES)],
    provenance: Provenance,
) -> Report:
    """Merge the parts of a group, each measurement once; see `curves.merging`.

    The file has a row group for each answer, in the order of its `answers_of`.

    Raises
    ------
    BadData
        A part is no table of light curves, or they do not fit each other.
    NoData
        No part has a row.
    """
    # What these load takes long, and every command loads this module.
    from gnomon.formats.parquet import write_row_groups  # noqa: PLC0415
    from gnomon.instruments.sky.curves.merging import Merging, Part  # noqa: PLC0415

    merging = Merging.of(Part.of_file(one.path, one.sha256) for one in parts)
    chosen = merging.chosen
    if not chosen.rows.size:
        raise NoData("no answer has a measurement")
    write_row_groups(out, merging.schema, merging.tables(), provenance)
    metrics = {
        "n_rows": chosen.rows.size,
        "n_duplicates": chosen.n_duplicates,
        "n_superseded": chosen.n_superseded,
        "n_conflicts": chosen.n_conflicts,
    }
    n = chosen.n_conflicts
    return Report(metrics, note=f"different values for {n} measurements" if n else "")
