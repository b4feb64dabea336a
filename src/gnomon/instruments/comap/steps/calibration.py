"""`comap.calibration`: the gain of every stream over time, from all calibrators."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import ConfigDict, Field

from gnomon.core.dataset import Input, Report
from gnomon.core.steps import In, Out, StepConfig, step
from gnomon.errors import BadData, NoData
from gnomon.instruments.comap.kinds import CALIBRATION, LEVEL2

if TYPE_CHECKING:
    from gnomon.instruments.comap.science.calibration_model import Floats, Measurements

_DATASETS = ("mjd", "flux", "flux_errors", "model_flux", "chi2")


class CalibrationConfig(StepConfig):
    """Which observations count, and what is made of them."""

    model_config = ConfigDict(allow_inf_nan=False)  # the model is JSON, and says them

    model: Literal["polynomial", "nearest", "mean"] = Field(
        "polynomial", description="of the gain over time"
    )
    degree: int = Field(2, ge=0, le=9, description="of the polynomial")
    sources: tuple[Literal["TauA", "CasA", "CygA", "Jupiter"], ...] = Field(
        ("TauA", "CasA", "CygA", "Jupiter"), min_length=1, description="calibrators to use"
    )
    chi2_below: float = Field(10.0, gt=0.0, description="of fits, reduced")
    gain_above: float = Field(0.3, ge=0.0)
    gain_below: float = Field(3.0, gt=0.0)
    least_observations: int = Field(10, ge=1, description="a stream with fewer has no model")
    scatter: float = Field(
        0.02, ge=0.0, description="of gains beyond the errors of their fits, relative"
    )
    clip_sigma: float = Field(5.0, ge=1.0, description="gains farther from the model are left out")


@step("comap.calibration", version=1)
def calibration(
    level2: Annotated[list[Input], In(LEVEL2, by=(), where={"source_group": "Calibrator"})],
    out: Annotated[Path, Out(CALIBRATION)],
    config: CalibrationConfig,
) -> Report:
    """Fit the gain of every feed, band and half over time.

    Raises
    ------
    NoData
        No observation of these calibrators has a fit.
    """
    # What these load takes long, and every command loads this module.
    from gnomon.instruments.comap.science.calibration_model import (  # noqa: PLC0415
        BINS,
        Rules,
        models_of,
        written,
    )

    seen, unread = _measurements(level2, config.sources)
    if not len(seen.source):
        raise NoData(f"no fit of {', '.join(config.sources)} in {len(level2)} observations")
    rules = Rules(**config.model_dump(exclude={"sources"}))
    models = models_of(seen, rules)
    out.write_text(written(models, rules), encoding="utf-8")
    n_streams = BINS[0] * BINS[1] * BINS[2]
    metrics = {"n_observations": float(len(seen.source)), "n_streams": float(len(models))}
    note = f"{len(models)} of {n_streams} streams have a model"
    return Report(metrics, note=note, flaw="; ".join(unread))


def _measurements(
    inputs: Sequence[Input], sources: Sequence[str]
) -> tuple[Measurements, list[str]]:
    """Return what observations measured, and what is wrong with others."""
    import numpy as np  # noqa: PLC0415 - takes long to load

    from gnomon.instruments.comap.science.calibration_model import (  # noqa: PLC0415
        BINS,
        Measurements,
    )

    found: list[tuple[str, tuple[Floats, ...]]] = []
    unread = []
    for one in sorted(inputs, key=lambda given: int(str(given.key["obsid"]))):
        if one.tags.get("source") not in sources:
            continue
        try:
            fits = _fits(one.path)
        except BadData as error:
            unread.append(str(error))
            continue
        if fits is not None and np.isfinite(fits[0]).any():
            found.append((one.tags["source"], fits))
    shapes = ((len(found), BINS[0]), *[(len(found), *BINS)] * 4)
    columns = zip(*(fits for _, fits in found), strict=True) if found else map(np.empty, shapes)
    mjd, flux, flux_error, expected, chi2 = (np.array(column) for column in columns)
    names = np.array([name for name, _ in found], np.str_)
    return Measurements(names, mjd, flux / expected, flux_error / expected, chi2), unread


def _fits(path: Path) -> tuple[Floats, ...] | None:
    """Return what the fit of a calibrator wrote; None where there was none."""
    from gnomon.instruments.comap.level2 import layout  # noqa: PLC0415 - as above
    from gnomon.instruments.comap.level2.file import reading  # noqa: PLC0415

    with reading(path) as held:
        names = [f"{layout.CALIBRATOR}/{name}" for name in _DATASETS]
        if not all(name in held for name in names):
            return None
        return tuple(held.array(name) for name in names)
