"""`argo.overview`: one picture of each float."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import pyarrow.parquet as pq

from gnomon.core.dataset import Input, Report
from gnomon.core.steps import In, Out, step
from gnomon.instruments.argo.kinds import ANALYSIS, FLOAT, OVERVIEW, PROFILES
from gnomon.instruments.argo.plots.data import FloatData
from gnomon.instruments.argo.plots.overview import plot_overview
from gnomon.instruments.argo.plots.style import save


@step("argo.overview", version=1)
def overview(
    analysis: Annotated[Input, In(ANALYSIS)],
    profiles: Annotated[Path, In(PROFILES)],
    float_: Annotated[Path | None, In(FLOAT, optional=True)],
    out: Annotated[Path, Out(OVERVIEW)],
) -> Report:
    """Draw one float on one page: map, T/S, sections, latest profile, quality.

    Raises
    ------
    MissingExtra
        Matplotlib is not installed.
    """
    record = None if float_ is None else json.loads(float_.read_text("utf-8"))
    data = FloatData.of(pq.read_table(analysis.path), pq.read_table(profiles), record)
    save(plot_overview(data), out)
    return Report(
        {"n_profiles": data.profiles.num_rows, "n_parameters": len(data.parameters)},
        tags={"dac": analysis.tags["dac"]},
    )
