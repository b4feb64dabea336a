"""`sky.cutout_parts`: the pixels around a place become a light curve, in rows of the one schema."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gnomon.core.dataset import Input, Provenance, Report
from gnomon.core.steps import In, Out, Sink, StepConfig, step
from gnomon.errors import BadData
from gnomon.instruments.sky.kinds import PART, TESS_CUTOUT


class CutoutPartsConfig(StepConfig):
    """How to choose pixels."""

    threshold: float = Field(
        3.0,
        gt=0,
        description="robust standard deviations by which the target's pixels are brighter than the"
        " cutout's median",
    )
    background_share: float = Field(
        0.3, gt=0, le=1, description="of all pixels, the faintest, which measure the background"
    )


@step("sky.cutout_parts", version=1)
def cutout_parts(
    cutout: Annotated[Input, In(TESS_CUTOUT)],
    parts: Annotated[Sink, Out(PART)],
    config: CutoutPartsConfig,
    provenance: Provenance,
) -> Report:
    """Measure the target in the middle of a cutout, less the background; see `tess.cutouts`.

    Raises
    ------
    BadData
        The file is damaged, is of another sector than it should be, or its pixels hold nothing.
    """
    # What these load takes long, and every command loads this module.
    from gnomon.formats.parquet import write_table  # noqa: PLC0415
    from gnomon.instruments.sky.curves.schema import Answer  # noqa: PLC0415
    from gnomon.instruments.sky.tess import cutouts  # noqa: PLC0415

    read = cutouts.read_cutout(cutout.path, name=cutout.tags.get("name", ""))
    place, sector, size = (cutout.key[name] for name in ("place", "sector", "size"))
    if read.sector not in (None, sector):
        raise BadData(f"{read.name}: is of sector {read.sector}; the archive said {sector}")
    measured = cutouts.photometry(
        read, threshold=config.threshold, background_share=config.background_share
    )
    origin = Answer.of(cutout)
    table = cutouts.part_of_cutout(
        read, measured, place=str(place), sector=int(str(sector)), answer=origin
    )
    piece = f"s{sector:04d}-{size}"
    path = parts.new(survey=cutouts.SURVEY, group=str(place), piece=piece)
    write_table(path, table, provenance)
    metrics = {
        "n_rows": table.num_rows,
        "n_without_time": len(read.time_d) - table.num_rows,
        "n_pixels": int(measured.aperture.sum()),
        "n_background_pixels": int(measured.background_pixels.sum()),
        "aperture_is_square": float(measured.shape == "square"),
    }
    return Report(metrics)
