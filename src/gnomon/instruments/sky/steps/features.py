"""`sky.features`: numbers that say how each object of a group varies, band by band."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from gnomon.core.dataset import Input, Provenance, Report
from gnomon.core.steps import In, Out, StepConfig, step
from gnomon.errors import NoData
from gnomon.instruments.sky.kinds import CLEAN, FEATURES
from gnomon.instruments.sky.science.features.definitions import chosen


class FeaturesConfig(StepConfig):
    """Which features, and of what."""

    features: tuple[str, ...] = Field((), description="names; by default all that there are")
    use: Literal["value", "flat"] = Field(
        "value", description="what was measured, or what is left of it without its trend"
    )

    @field_validator("features")
    @classmethod
    def _are_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        chosen(names)
        return names


@step("sky.features", version=1)
def features(
    curves: Annotated[Input, In(CLEAN)],
    out: Annotated[Path, Out(FEATURES)],
    config: FeaturesConfig,
    provenance: Provenance,
) -> Report:
    """Work out features of the points that are not masked; one row per object and band.

    An object and band of which every point is masked has a row with 0 detections and nulls.

    Raises
    ------
    BadData
        The file is no Parquet, holds no light curves, or a curve mixes units or systems of time.
    NoData
        It has no rows.
    """
    # What these load takes long, and every command loads this module.
    from gnomon.formats.parquet import read_rows, write_table  # noqa: PLC0415
    from gnomon.instruments.sky.curves.batches import curves_of  # noqa: PLC0415
    from gnomon.instruments.sky.science.features.table import feature_table  # noqa: PLC0415

    table = read_rows(curves.path)
    if not table.num_rows:
        raise NoData("there are no light curves")
    found = curves_of(table, use=config.use)
    write_table(out, feature_table(found, config.features), provenance)
    n_empty = int((found.lengths == 0).sum())
    return Report({"n_curves": len(found), "n_points": len(found.time_d), "n_empty": n_empty})
