"""The periods of clean light curves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from gnomon.core.dataset import Input, Provenance, Report
from gnomon.core.steps import In, Out, StepConfig, step
from gnomon.errors import BadData
from gnomon.instruments.sky.kinds import CLEAN, PERIODS
from gnomon.instruments.sky.science.periods.period import DURATIONS_D, Search

_BOXES = frozenset(("tess", "tesscut"))


class PeriodsConfig(StepConfig):
    """How periods are searched for.

    Attributes
    ----------
    method : {"auto", "ls", "bls"}
        Lomb-Scargle or box least squares; ``auto``: boxes for TESS, Lomb-Scargle for the others.
    use : {"auto", "value", "flat"}
        As measured, or without its trend, as `sky.clean` left it; ``auto``: without, for boxes.
    terms : int
        Harmonics of Lomb-Scargle; with two or more, aliases are told apart by sharper fits.
    min_period_d, max_period_d : float
        A maximum of 0: half the time that a curve spans.
    fap : float
        The largest false-alarm probability of a significant period.
    error_floor_mag : float
        Added in quadrature to the errors of magnitudes.
    durations_d : tuple of float
        Of boxes.
    """

    method: Literal["auto", "ls", "bls"] = "auto"
    use: Literal["auto", "value", "flat"] = "auto"
    terms: int = Field(2, ge=1, le=8)
    min_period_d: float = Field(0.2, gt=0)
    max_period_d: float = Field(0.0, ge=0)
    oversampling: float = Field(10.0, ge=1)
    fap: float = Field(0.01, gt=0, lt=1)
    error_floor_mag: float = Field(0.02, ge=0)
    durations_d: tuple[float, ...] = DURATIONS_D
    min_points: int = Field(10, ge=5)

    def search(self, survey: str) -> Search:
        """Return the search in the curves of a survey.

        Raises
        ------
        ConfigError
            The options contradict each other.
        """
        options = self.model_dump(exclude={"method", "use"})
        boxes = self.method == "bls" or (self.method == "auto" and survey in _BOXES)
        return Search(method="bls" if boxes else "ls", **options)


@step("sky.periods", version=1)
def periods(
    curves: Annotated[Input, In(CLEAN)],
    out: Annotated[Path, Out(PERIODS)],
    config: PeriodsConfig,
    provenance: Provenance,
) -> Report:
    """Search the curves of a group; a curve without a significant period has a row that says why.

    Raises
    ------
    BadData
        A file is no light curve, or one object and band has times of different systems.
    """
    # NumPy, Numba and Arrow take long to load, and every command loads this module.
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    from gnomon.formats.parquet import write_table  # noqa: PLC0415
    from gnomon.instruments.sky.curves.batches import curves_of  # noqa: PLC0415
    from gnomon.instruments.sky.science.periods.search import find_periods  # noqa: PLC0415
    from gnomon.instruments.sky.science.periods.table import period_table  # noqa: PLC0415

    search = config.search(str(curves.key["survey"]))
    use = config.use
    if use == "auto":
        use = "flat" if search.method == "bls" else "value"
    try:
        table = pq.ParquetFile(curves.path).read()
    except (pa.ArrowInvalid, OSError) as error:
        raise BadData(f"{curves.path.name}: no Parquet: {error}") from None
    found = find_periods(curves_of(table, use=use), search)
    write_table(out, period_table(found), provenance)
    n_significant = sum(one.significant for one in found)
    return Report(metrics={"n_curves": len(found), "n_significant": n_significant})
