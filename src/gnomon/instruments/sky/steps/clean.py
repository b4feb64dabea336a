"""`sky.clean`: light curves with a mask that says what not to use, and without their trends."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from gnomon.core.dataset import Input, Provenance, Report
from gnomon.core.steps import In, Out, StepConfig, step
from gnomon.instruments.sky.curves.stages import QualityStage, Stage, check_names
from gnomon.instruments.sky.kinds import CLEAN, CURVES


class CleanConfig(StepConfig):
    """What is done, in order."""

    stages: tuple[Stage, ...] = Field(
        (QualityStage(),), description="in the order in which they act"
    )
    surveys: Mapping[str, tuple[Stage, ...]] = Field(
        default_factory=dict, description="stages of one survey, instead of `stages`"
    )
    relative: Literal["auto", "divide", "subtract"] = Field(
        "auto",
        description="how a trend is taken away: e-/s divided, differences of flux subtracted;"
        " magnitudes are subtracted whatever this says",
    )
    use_conflicts: bool = Field(
        False, description="use times for which the archive gave different values"
    )

    @field_validator("stages", mode="before")
    @classmethod
    def _stages_are_known(cls, stages: Any) -> Any:
        check_names(stages)
        return stages

    @field_validator("surveys", mode="before")
    @classmethod
    def _surveys_are_known(cls, surveys: Any) -> Any:
        for stages in surveys.values() if isinstance(surveys, Mapping) else ():
            check_names(stages)
        return surveys


@step("sky.clean", version=1)
def clean(
    curves: Annotated[Input, In(CURVES)],
    out: Annotated[Path, Out(CLEAN)],
    config: CleanConfig,
    provenance: Provenance,
) -> Report:
    """Clean the curves of a group: all rows stay, in their order; see `curves.cleaned`.

    Raises
    ------
    BadData
        The file holds no light curves, or mixed ones.
    """
    # What these load takes long, and every command loads this module.
    from gnomon.formats.parquet import write_row_groups  # noqa: PLC0415
    from gnomon.instruments.sky.curves.cleaned import cleaned, read  # noqa: PLC0415

    stages = config.surveys.get(str(curves.key["survey"]), config.stages)
    file = read(curves.path)
    made = cleaned(file.table, stages, relative=config.relative, use_conflicts=config.use_conflicts)
    write_row_groups(out, made.table.schema, file.groups(made.table), provenance)
    return Report(made.metrics, note=made.note)
