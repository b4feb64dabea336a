"""Stages as options of a step: an ordered list of tables in a pipeline."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

from gnomon.errors import ConfigError
from gnomon.instruments.comap.stages.registry import stage_of
from gnomon.instruments.comap.stages.stage import Stage


def _read(said: Any) -> Any:
    if not isinstance(said, list | tuple):
        raise ConfigError("stages are a list of tables: stages = [{ use = … }, …]")
    return tuple(one if isinstance(one, Stage) else stage_of(one) for one in said)


def told(stage: Stage) -> dict[str, Any]:
    """Return a stage as a pipeline says it, and its version."""
    module = type(stage).__module__
    own = module.startswith("gnomon.")
    use = type(stage).model_fields["use"].default if own else f"{module}.{type(stage).__name__}"
    return {"use": use, "version": stage.version, **stage.model_dump(mode="json", exclude={"use"})}


Stages = Annotated[
    tuple[Stage, ...],
    BeforeValidator(_read),
    PlainSerializer(lambda stages: [told(stage) for stage in stages]),
]
"""An ordered list of stages; its text has their versions, so it tells what a product is made by."""
