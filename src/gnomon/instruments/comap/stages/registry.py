"""Which stage a name means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from gnomon.core.pipeline import validated
from gnomon.errors import ConfigError, UnknownName
from gnomon.instruments.comap.stages.defaults import LEVEL1_STAGES, LEVEL2_STAGES
from gnomon.instruments.comap.stages.stage import Phase, Stage


def names() -> dict[str, type[Stage]]:
    """Return the stages that come with gnomon, by name."""
    stages = (type(stage) for stage in (*LEVEL1_STAGES, *LEVEL2_STAGES))
    return {str(stage.model_fields["use"].default): stage for stage in stages}


def stage_of(said: Mapping[str, Any]) -> Stage:
    """Return the stage that an entry of a pipeline means, with its options.

    Parameters
    ----------
    said : mapping
        ``use``, which is a name or where a class is (``my_package.my_module.MyStage``), and the
        stage's options.

    Raises
    ------
    UnknownName
        Nothing is called so, or the stage has no such option.
    ConfigError
        An option is wrong, or what is named is no stage.
    """
    use = said.get("use")
    if not isinstance(use, str):
        raise ConfigError(f"a stage says by `use` which it is: {', '.join(sorted(names()))}")
    found = names().get(use) or _imported(use)
    options = {name: value for name, value in said.items() if name not in ("use", "version")}
    return validated(found, options, f"stage {use}")


def _imported(use: str) -> type[Stage]:
    module, _, name = use.rpartition(".")
    if not module or module.startswith("."):
        raise UnknownName("stage", use, names())
    try:
        found = getattr(import_module(module), name, None)
    except ModuleNotFoundError as error:
        if not module.startswith(error.name or "?"):
            raise
        found = None
    if found is None:
        raise UnknownName("stage", use, names())
    if not (isinstance(found, type) and issubclass(found, Stage) and found is not Stage):
        raise ConfigError(f"{use} is no stage: it must be a class that inherits from Stage")
    return found


def checked(stages: Sequence[Stage], phase: Phase, given: Sequence[str]) -> None:
    """Refuse stages of another phase, or that need what none before them gives.

    Raises
    ------
    ConfigError
        Says which.
    """
    there = set(given)
    for stage in stages:
        label = type(stage).__name__
        if stage.phase is not phase:
            raise ConfigError(f"{label} is a stage of the phase {stage.phase}, not {phase}")
        if absent := sorted(set(stage.needs) - there):
            raise ConfigError(f"{label} needs {', '.join(absent)}, which no stage before it gives")
        there |= set(stage.gives)
