"""The Argo steps: from the GDAC's files of one float to two tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from gnomon.core.dataset import Input, Provenance, Report
from gnomon.core.steps import In, Out, step
from gnomon.errors import NoData
from gnomon.formats.netcdf3 import Reader
from gnomon.instruments.argo.files.core import read_profiles
from gnomon.instruments.argo.kinds import AGGREGATE, CYCLE, LEVELS, PROFILES
from gnomon.instruments.argo.steps.writing import TablesConfig
from gnomon.instruments.argo.tables.core import Part, assemble


@step("argo.tables", version=2)
def tables(
    cycles: Annotated[list[Input], In(CYCLE, by=("wmo",), at_least=0, optional=True)],
    aggregate: Annotated[list[Input], In(AGGREGATE, by=("wmo",), at_least=0, optional=True)],
    levels: Annotated[Path, Out(LEVELS)],
    profiles: Annotated[Path, Out(PROFILES)],
    config: TablesConfig,
    provenance: Provenance,
) -> Report:
    """Put all profiles of one float into two tables, each profile once.

    Single-cycle files lead; the aggregate fills in the primary profiles that they lack.

    Raises
    ------
    BadData
        A file is damaged, or two files hold the same cycle.
    NoData
        There is no file.
    """
    if not cycles and not aggregate:
        raise NoData("argo.tables: a float without files")
    reader = Reader()
    made = assemble([_part(i, reader) for i in cycles], [_part(i, reader) for i in aggregate])
    config.write({levels: made.levels, profiles: made.profiles}, provenance)
    return Report(
        metrics={
            "n_profiles": made.profiles.num_rows,
            "n_levels": made.levels.num_rows,
            "n_files": len(cycles) + len(aggregate),
            "n_without_time": made.profiles["juld"].null_count,
            "n_without_position": made.profiles["latitude"].null_count,
        },
        tags={"dac": (cycles or aggregate)[0].tags["dac"]},
        coverage=made.coverage,
    )


def _part(source: Input, reader: Reader) -> Part:
    """Read one input under the name that it has on the GDAC."""
    wmo, dac = source.key["wmo"], source.tags["dac"]
    if source.kind == AGGREGATE.name:
        name = f"{wmo}_prof.nc"
        where = f"{dac}/{wmo}/{name}"
    else:
        name = f"{source.tags['mode']}{wmo}_{source.key['cycle']}.nc"
        where = f"{dac}/{wmo}/profiles/{name}"
    return Part(read_profiles(source.path, name=name, reader=reader), where, source.sha256)
