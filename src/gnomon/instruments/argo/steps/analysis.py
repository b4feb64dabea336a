"""The step that makes the analysis of one float: values to use, our flags, and sea water."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from gnomon.core.dataset import Input, Provenance, Report
from gnomon.core.steps import In, Out, step
from gnomon.errors import BadData
from gnomon.instruments.argo.files.greylist import read_greylist
from gnomon.instruments.argo.kinds import (
    ANALYSIS,
    BGC_LEVELS,
    GREYLISTED,
    LEVELS,
    PARAMETERS,
    PROFILES,
)
from gnomon.instruments.argo.science.realtime_qc import Rules
from gnomon.instruments.argo.steps.writing import TablesConfig
from gnomon.instruments.argo.tables.analysis import Analysis, analyse


class AnalysisConfig(TablesConfig):
    """How flags are set, and how the Parquet files are written."""

    apply_greylist: bool = Field(
        False, description="give real-time and adjusted values at least the greylist's flag"
    )
    gradient_flags: bool = Field(
        False, description="let the gradient test (11), obsolete since 2020, set flags"
    )
    drift_flags: bool = Field(False, description="let the test for gross drift (16) set flags")
    deepest_pressure_dbar: float | None = Field(
        None, gt=0, description="programmed profile pressure of deepest-pressure test (19)"
    )


@step("argo.analysis", version=1)
def analysis(
    levels: Annotated[Input, In(LEVELS)],
    profiles: Annotated[Path, In(PROFILES)],
    bgc: Annotated[Path | None, In(BGC_LEVELS, optional=True)],
    greylisted: Annotated[Path | None, In(GREYLISTED, optional=True)],
    out: Annotated[Path, Out(ANALYSIS)],
    parameters: Annotated[Path, Out(PARAMETERS)],
    config: AnalysisConfig,
    provenance: Provenance,
) -> Report:
    """Choose, judge and derive the values of one float; see `tables.analysis`.

    Raises
    ------
    BadData
        An input is no table of its kind, or they do not belong together.
    MissingExtra
        ``gsw`` is not installed.
    """
    made = analyse(
        _read(levels.path),
        _read(profiles),
        None if bgc is None else _read(bgc),
        () if greylisted is None else read_greylist(greylisted),
        rules=Rules(
            gradient_flags=config.gradient_flags,
            drift_flags=config.drift_flags,
            deepest_pressure=config.deepest_pressure_dbar,
        ),
        apply_greylist=config.apply_greylist,
    )
    config.write({out: made.levels, parameters: made.parameters}, provenance)
    dac = levels.tags["dac"]
    return Report(_metrics(made), {"dac": dac}, made.coverage, _note(made))


def _read(path: Path) -> pa.Table:
    try:
        return pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise BadData(f"{path.name}: {error}") from None


def _metrics(made: Analysis) -> dict[str, float]:
    shares = {
        f"{name.lower()}_agreement_share": agreement.share
        for name, agreement in made.agreement.items()
        if agreement.n_values
    }
    return {
        "n_levels": made.levels.num_rows,
        "n_levels_failed": made.n_failed,
        "n_parameters_greylisted": len(made.greylisted),
        "n_bgc_pressures_apart": made.n_apart,
        **shares,
    }


def _note(made: Analysis) -> str:
    names = ", ".join(sorted(made.greylisted))
    return f"greylisted: {names}" if names else ""
