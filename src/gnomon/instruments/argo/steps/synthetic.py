"""`argo.synthetic`: from the synthetic profiles of one float to levels and statistics."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from gnomon.core.dataset import Input, Provenance, Report
from gnomon.core.steps import In, Out, step
from gnomon.errors import NoData
from gnomon.formats.netcdf3 import Reader
from gnomon.instruments.argo.files.synthetic import read_synthetic
from gnomon.instruments.argo.kinds import (
    SYNTHETIC,
    SYNTHETIC_AGGREGATE,
    SYNTHETIC_CYCLE,
    SYNTHETIC_PARAMETERS,
)
from gnomon.instruments.argo.steps.writing import TablesConfig
from gnomon.instruments.argo.tables.synthetic import assemble_synthetic


@step("argo.synthetic", version=1)
def synthetic(
    cycles: Annotated[list[Input], In(SYNTHETIC_CYCLE, by=("wmo",), at_least=0, optional=True)],
    aggregate: Annotated[
        list[Input], In(SYNTHETIC_AGGREGATE, by=("wmo",), at_least=0, optional=True)
    ],
    levels: Annotated[Path, Out(SYNTHETIC)],
    parameters: Annotated[Path, Out(SYNTHETIC_PARAMETERS)],
    config: TablesConfig,
    provenance: Provenance,
) -> Report:
    """Put all synthetic profiles of one float into two tables, each profile once.

    Single-cycle files lead; the aggregate fills in the cycles that they lack.

    Raises
    ------
    BadData
        A file is damaged, or two files hold the same cycle.
    NoData
        There is no file.
    """
    if not cycles and not aggregate:
        raise NoData("argo.synthetic: a float without files")
    reader = Reader()
    made = assemble_synthetic(
        [read_synthetic(i.path, name=_name(i), reader=reader) for i in cycles],
        [read_synthetic(i.path, name=_name(i), reader=reader) for i in aggregate],
    )
    config.write({levels: made.levels, parameters: made.parameters}, provenance)
    return Report(
        metrics={
            "n_profiles": made.n_profiles,
            "n_levels": made.levels.num_rows,
            "n_files": len(cycles) + len(aggregate),
            "n_parameters": len(set(made.parameters["parameter"].to_pylist())),
        },
        tags={"dac": (cycles or aggregate)[0].tags["dac"]},
        coverage=made.coverage,
    )


def _name(source: Input) -> str:
    """Return the name that a file has on the GDAC."""
    wmo = source.key["wmo"]
    if source.kind == SYNTHETIC_AGGREGATE.name:
        return f"{wmo}_Sprof.nc"
    return f"S{source.tags['mode']}{wmo}_{source.key['cycle']}.nc"
