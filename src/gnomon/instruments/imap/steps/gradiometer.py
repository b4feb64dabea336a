"""`imap.gradiometer`: what both sensors disagree on becomes a layer for MAGo."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from gnomon.core.dataset import Input, Report
from gnomon.core.steps import In, Out, StepConfig, step
from gnomon.errors import NoData
from gnomon.instruments.imap.kinds import (
    CALIBRATION,
    GRADIOMETER,
    GRADIOMETER_DATA,
    L1B,
    L1C,
    METAKERNEL,
)
from gnomon.instruments.imap.steps.science import GROUP, mode_and_day, science_of

if TYPE_CHECKING:
    from gnomon.instruments.imap.calibration.gradiometry import Gradient, Settings

Finite = Annotated[float, Field(allow_inf_nan=False)]
Row = tuple[Finite, Finite, Finite]


class GradiometerConfig(StepConfig):
    """How the sensors are compared, and what is made of their difference."""

    kappa: Finite | tuple[Row, Row, Row] | None = Field(
        None,
        description="MAGo + kappa (MAGi - MAGo) is the field: a number, or 3 x 3 in the despun"
        " frame; without it no layer is made",
    )
    sc_interference_threshold: float = Field(
        10.0, ge=0, description="flag vectors where the sensors differ by more, nT"
    )
    interpolation: Literal["linear", "quadratic", "cubic"] = Field(
        "linear", description="of MAGi at the epochs of MAGo"
    )
    cic: bool = Field(False, description="filter MAGi first where it is sampled faster than MAGo")
    max_gap_s: Finite = Field(
        4.0, gt=0, description="correct no vector of MAGo farther than this from MAGi's, seconds"
    )


@step("imap.gradiometer", version=1)
def gradiometer(
    l1c: Annotated[list[Input], In(L1C, by=GROUP, at_least=0, optional=True)],
    l1b: Annotated[list[Input], In(L1B, by=GROUP, at_least=0, optional=True)],
    calibration: Annotated[Path | None, In(CALIBRATION, covers=True, optional=True)],
    metakernel: Annotated[Path | None, In(METAKERNEL, covers=True, optional=True)],
    layer: Annotated[Path, Out(GRADIOMETER)],
    data: Annotated[Path, Out(GRADIOMETER_DATA)],
    config: GradiometerConfig,
) -> Report:
    """Make the gradiometer layer of a day; see `calibration.gradiometry`.

    Raises
    ------
    BadData
        A file is damaged.
    NoData
        The factor is not set, or one of the sensors has no science.
    """
    if config.kappa is None:
        raise NoData("kappa is not set, so no gradiometer layer is made")
    # NumPy and cdflib take long to load, and every command loads this module.
    from gnomon.instruments.imap.calibration import layer_files, layer_making  # noqa: PLC0415
    from gnomon.timescales.tt2000 import day_bounds  # noqa: PLC0415

    outboard, inboard = science_of(l1b, l1c, "mago"), science_of(l1b, l1c, "magi")
    mode, day = mode_and_day(outboard)
    pair = layer_making.Pair(outboard.path, inboard.path, calibration, metakernel)
    settings = _settings(config, config.kappa)
    made, why = layer_making.gradiometer(pair, settings, f"gradiometer {mode} {day}")
    says = layer_files.Description(
        "gradiometer",
        mode,
        "mago",
        day,
        (int(made.layer.tt2000[0]), int(made.layer.tt2000[-1])),
        (outboard.path.name, inboard.path.name),
        tuple(path.name for path in (calibration, metakernel) if path),
        f"Gradiometer layer with kappa value: {config.kappa}",
    )
    layer_files.write_layer(layer, data, made.layer, says)
    # A file reaches beyond its day, where nothing is made of it, and attitude may not.
    return Report(_metrics(made), flaw=_flaw(made.n_spinning_between(*day_bounds(day)), why))


def _settings(config: GradiometerConfig, kappa: float | tuple[Row, Row, Row]) -> Settings:
    from gnomon.instruments.imap.calibration.gradiometry import Settings  # noqa: PLC0415  as above

    return Settings(
        _factor(kappa),
        config.sc_interference_threshold,
        config.interpolation,
        config.cic,
        round(config.max_gap_s * 1e9),
    )


def _metrics(made: Gradient) -> dict[str, float]:
    figures = {
        "n_vectors": len(made.layer.tt2000),
        "n_flagged": made.n_flagged,
        "n_alone": made.n_alone,
        "n_spinning": made.n_spinning,
        "median_difference_nt": made.median_nt,
        "largest_difference_nt": made.largest_nt,
    }
    return {name: value for name, value in figures.items() if math.isfinite(value)}


def _factor(kappa: float | tuple[Row, Row, Row]) -> tuple[Row, Row, Row]:
    if isinstance(kappa, tuple):
        return kappa
    return ((kappa, 0.0, 0.0), (0.0, kappa, 0.0), (0.0, 0.0, kappa))


def _flaw(n_spinning: int, why: str) -> str:
    if not n_spinning:
        return ""
    because = why or "the attitude has gaps"
    return f"{n_spinning} vectors were compared in the spinning frame: {because}"
