"""`argo.bgc`: from the B-files of one float to the table of its biogeochemical levels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from gnomon.core.dataset import Input, Provenance, Report
from gnomon.core.steps import In, Out, step
from gnomon.formats.netcdf3 import Reader
from gnomon.instruments.argo.files.bgc import read_bgc
from gnomon.instruments.argo.kinds import BGC_CYCLE, BGC_LEVELS
from gnomon.instruments.argo.steps.writing import TablesConfig
from gnomon.instruments.argo.tables.bgc import assemble_bgc


@step("argo.bgc", version=1)
def bgc(
    cycles: Annotated[list[Input], In(BGC_CYCLE, by=("wmo",))],
    levels: Annotated[Path, Out(BGC_LEVELS)],
    config: TablesConfig,
    provenance: Provenance,
) -> Report:
    """Put all biogeochemical parameters of one float into one table, raw and adjusted.

    Raises
    ------
    BadData
        A file is damaged, or two files hold the same cycle.
    """
    reader = Reader()
    made = assemble_bgc([read_bgc(i.path, name=_name(i), reader=reader) for i in cycles])
    config.write({levels: made.levels}, provenance)
    return Report(
        metrics={
            "n_profiles": made.n_profiles,
            "n_levels": made.levels.num_rows,
            "n_files": len(cycles),
            "n_parameters": len(made.parameters),
            "n_spectra_skipped": len(made.skipped),
        },
        tags={"dac": cycles[0].tags["dac"]},
        coverage=made.coverage,
        note=f"spectra are left out: {', '.join(made.skipped)}" if made.skipped else "",
    )


def _name(source: Input) -> str:
    """Return the name that a file has on the GDAC."""
    return f"B{source.tags['mode']}{source.key['wmo']}_{source.key['cycle']}.nc"
