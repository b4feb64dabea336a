"""The stages of cleaning, as a pipeline's TOML names them: each a model of its options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from gnomon.core.steps import StepConfig
from gnomon.errors import ConfigError, UnknownName


class QualityStage(StepConfig):
    """Mask what the survey's own flags tell against."""

    use: Literal["quality"] = "quality"
    mask: Literal["none", "default", "hard", "hardest"] | int = Field(
        "default", description="a name, whose bits depend on the survey, or the bits themselves"
    )


class ErrorStage(StepConfig):
    """Mask points whose error is unknown, not above zero, or too large."""

    use: Literal["error"] = "error"
    most: float | None = Field(None, gt=0, description="the largest error, in the unit")


class WindowStage(StepConfig):
    """Mask spans of time."""

    use: Literal["window"] = "window"
    times: tuple[tuple[float, float], ...] = Field(
        description="first and last time of each span, both in, as the curves count time"
    )


class SigmaStage(StepConfig):
    """Mask what is too far from the middle of its curve; see `science.cleaning.outliers`."""

    use: Literal["sigma"] = "sigma"
    lower: float | None = Field(5.0, gt=0, description="scales below the middle; inf: none")
    upper: float | None = Field(5.0, gt=0, description="scales above the middle; inf: none")
    scale: Literal["mad", "std"] = Field("mad", description="what a scale is")
    rounds: int = Field(10, ge=1, description="at most")


class DetrendStage(StepConfig):
    """Take the slow change away; see `science.detrending`."""

    use: Literal["detrend"] = "detrend"
    method: Literal["biweight", "median", "spline"] = "biweight"
    window_d: float = Field(gt=0, allow_inf_nan=False, description="days")
    gap_d: float | None = Field(
        None, gt=0, description="days without a point that make another piece; default: window_d"
    )
    edge_d: float = Field(0.0, ge=0, description="days at the ends of pieces without a trend")
    least: int = Field(3, ge=1, description="points that tell a trend")
    reach: float = Field(5.0, gt=0, description="of the biweight, in median absolute deviations")


class NormaliseStage(StepConfig):
    """Bring the middle of each curve to 1, or of what is subtracted to 0."""

    use: Literal["normalise"] = "normalise"
    method: Literal["median", "mean"] = "median"
    by: Literal["curve", "answer"] = Field(
        "curve", description="answer: each sector, or each query, on its own"
    )


Stage = Annotated[
    QualityStage | ErrorStage | WindowStage | SigmaStage | DetrendStage | NormaliseStage,
    Field(discriminator="use"),
]
NAMES = ("quality", "error", "window", "sigma", "detrend", "normalise")


def check_names(stages: Any) -> None:
    """Refuse stages that nothing is called.

    Raises
    ------
    UnknownName
        Names the nearest.
    ConfigError
        A stage does not say which it is.
    """
    for stage in stages if isinstance(stages, Sequence) else ():
        if isinstance(stage, Mapping):
            if "use" not in stage:
                raise ConfigError(f"a stage says by `use` which it is: {', '.join(NAMES)}")
            if stage["use"] not in NAMES:
                raise UnknownName("stage of cleaning", str(stage["use"]), NAMES)
