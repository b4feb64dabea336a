"""`comap.level2`: binned streams cleaned, their noise and calibrators fitted, facts beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, field_validator

from gnomon.core.dataset import Coverage, Provenance, Report
from gnomon.core.steps import In, Out, StepConfig, step
from gnomon.instruments.comap.kinds import BINNED, FLAGS, LEVEL1, LEVEL2
from gnomon.instruments.comap.level1.record import Level1Record
from gnomon.instruments.comap.level2.layout import LAYOUT
from gnomon.instruments.comap.stages.defaults import LEVEL2_STAGES
from gnomon.instruments.comap.stages.listed import Stages
from gnomon.instruments.comap.stages.registry import checked
from gnomon.instruments.comap.stages.stage import Phase, Stage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MJD_1970 = 40_587
_DAY_US = 86_400_000_000


class Level2Config(StepConfig):
    """What is done, in order."""

    stages: Stages = Field(LEVEL2_STAGES, description="in the order in which they act")

    @field_validator("stages")
    @classmethod
    def _stages_fit(cls, stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
        checked(stages, Phase.LEVEL2, tuple(LAYOUT))  # what the binned file has, it tells itself
        return stages


@step("comap.level2", version=1)
def level2(
    binned: Annotated[Path, In(BINNED)],
    level1: Annotated[Path, In(LEVEL1)],
    flags: Annotated[Path | None, In(FLAGS, optional=True)],
    out: Annotated[Path, Out(LEVEL2)],
    config: Level2Config,
    provenance: Provenance,
) -> Report:
    """Make the Level-2 file of one observation; the Level-1 file is not needed.

    Raises
    ------
    BadData
        The streams cannot be used.
    """
    # What these load takes long, and every command loads this module.
    from gnomon.instruments.comap.level1.flagged import read_flags  # noqa: PLC0415
    from gnomon.instruments.comap.level2.file import changing  # noqa: PLC0415
    from gnomon.instruments.comap.level2.provenance import embed  # noqa: PLC0415
    from gnomon.instruments.comap.reduction import refine  # noqa: PLC0415

    record = Level1Record.read(level1)
    flagged = read_flags(flags) if flags is not None else ()
    obs = refine(binned, record, config.stages, out, flags=flagged)
    with changing(out) as made:
        embed(made, provenance)
        coverage = _coverage(made.array("spectrometer/MJD"))
    return Report(obs.metrics, tags=record.tags, coverage=coverage, note="; ".join(obs.remarks))


def _coverage(mjd: NDArray[np.float64]) -> Coverage:
    """Return the time of samples, MJD in UTC."""
    first, last = ((float(day) - _MJD_1970) * _DAY_US for day in (mjd[0], mjd[-1]))
    return Coverage(round(first), round(last))
