"""`sky.tess_parts`: a light curve of TESS becomes rows of the one schema."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gnomon.core.dataset import Input, Provenance, Report
from gnomon.core.steps import In, Out, Sink, StepConfig, step
from gnomon.errors import BadData
from gnomon.instruments.sky.kinds import PART, TESS_CURVE


class TessPartsConfig(StepConfig):
    """Which flux to use."""

    flux: str = Field(
        "", description="pdcsap, sap, kspsap, det, sys_rm; by default what the makers recommend"
    )


@step("sky.tess_parts", version=1)
def tess_parts(
    curve: Annotated[Input, In(TESS_CURVE)],
    parts: Annotated[Sink, Out(PART)],
    config: TessPartsConfig,
    provenance: Provenance,
) -> Report:
    """Bring a light curve of one star and sector into the schema; no row with a time is left out.

    Raises
    ------
    BadData
        The file is damaged, has no such flux, or is of another star or sector than it should be.
    """
    # What these load takes long, and every command loads this module.
    import numpy as np  # noqa: PLC0415

    from gnomon.formats.parquet import write_table  # noqa: PLC0415
    from gnomon.instruments.sky.curves.schema import Answer  # noqa: PLC0415
    from gnomon.instruments.sky.tess.lightcurves import (  # noqa: PLC0415
        SURVEY,
        part_of,
        read_lightcurve,
    )

    read = read_lightcurve(curve.path, name=curve.tags.get("name", ""))
    tic, sector = curve.key["tic"], curve.key["sector"]
    if (read.tic, read.sector) != (tic, sector):
        raise BadData(
            f"{read.name}: is of TIC {read.tic}, sector {read.sector}; "
            f"the archive said TIC {tic}, sector {sector}"
        )
    table = part_of(read, flux=config.flux, answer=Answer.of(curve))
    piece = f"s{sector:04d}-{curve.key['product']}"
    path = parts.new(survey=SURVEY, group=f"tic{tic:016d}", piece=piece)
    write_table(path, table, provenance)
    metrics = {
        "n_rows": table.num_rows,
        "n_without_time": len(read) - table.num_rows,
        "n_flagged": table.num_rows - int(read.is_good().sum()),
        "n_without_flux": int(np.isnan(table["value"].to_numpy()).sum()),
    }
    return Report(metrics)
