"""`gnomon argo export`: write the products into a folder, in the formats that are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from gnomon.cli.app import HERE, AsJson, DryRun, Executor, Folder, Scheduler, Workers, how, project
from gnomon.cli.run import dry, finish, work
from gnomon.core.kinds import Kind
from gnomon.core.pipeline import Pipeline, PublisherSpec, Registry, StepSpec, validated
from gnomon.core.steps import Step
from gnomon.engine.project import Project
from gnomon.errors import ConfigError
from gnomon.instruments.argo.cli.sync import PIPELINE, Floats
from gnomon.instruments.argo.kinds import (
    ANALYSIS,
    ARROW,
    BGC_LEVELS,
    CSV,
    JSON,
    LEVELS,
    OVERVIEW,
    PARAMETERS,
    POSITIONS,
    PROFILES,
    SYNTHETIC,
    SYNTHETIC_PARAMETERS,
)

_FOLDER, _OUTPUT = "folder", "out"
TABLES = (LEVELS, PROFILES, BGC_LEVELS, ANALYSIS, PARAMETERS, SYNTHETIC, SYNTHETIC_PARAMETERS)


class Format(StrEnum):
    """What the products can be written as."""

    PARQUET = "parquet"
    ARROW = "arrow"
    CSV = "csv"
    JSON = "json"
    GEOPARQUET = "geoparquet"
    OVERVIEW = "overview"


_KINDS: dict[Format, tuple[Kind, ...]] = {
    Format.PARQUET: TABLES,
    Format.ARROW: (ARROW,),
    Format.CSV: (CSV,),
    Format.JSON: (JSON,),
    Format.GEOPARQUET: (POSITIONS,),
    Format.OVERVIEW: (OVERVIEW,),
}
_NAMES = {
    **{kind.name: f"{kind.name.removeprefix('argo.')}/{{dac}}/{{wmo}}.parquet" for kind in TABLES},
    ARROW.name: "arrow/{dac}/{wmo}.arrow",
    CSV.name: "csv/{dac}/{wmo}.csv",
    JSON.name: "json/{dac}/{wmo}.json",
    OVERVIEW.name: "overview/{dac}/{wmo}.png",
    POSITIONS.name: "positions.parquet",
}
"""Where a product goes that no [[publish]] of the pipeline names."""


def export(
    formats: Annotated[
        list[Format] | None,
        typer.Option("--format", "-f", help="Repeatable; what the pipeline publishes when absent."),
    ] = None,
    floats: Floats = None,
    output: Annotated[Path | None, typer.Option(help="The folder to write to.")] = None,
    folder: Folder = HERE,
    executor: Executor = None,
    workers: Workers = None,
    scheduler: Scheduler = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Write what was synced as tables and documents: OUTPUT/levels/**.parquet and others.

    A format beyond the pipeline's own brings the steps that it needs along.
    """
    with project(folder, as_json=as_json) as (opened, screen):
        pipeline = export_pipeline(opened, output, formats or ())
        if floats:
            pipeline = replace(pipeline, only={"wmo": frozenset(floats)})
        if dry_run:
            dry(opened, screen, pipeline)
        else:
            finish(screen, work(opened, screen, pipeline, how(executor, workers, scheduler)))


def export_pipeline(
    project_: Project, output: Path | None, formats: Sequence[Format] = ()
) -> Pipeline:
    """Return the steps and publishers of the project's Argo pipeline that an export runs.

    Parameters
    ----------
    output : Path, optional
        Publish there; else where the pipeline says.
    formats : sequence of Format
        Publish these alone; all that the pipeline publishes when empty.
    """
    whole = project_.pipeline(PIPELINE)
    steps, publishers = whole.steps, whole.publishers
    if formats:
        wanted = [kind for name in dict.fromkeys(formats) for kind in _KINDS[name]]
        wanted = [kind for kind in wanted if kind not in TABLES or kind in _made(steps)]
        steps = _with_makers(whole, wanted, project_.registry)
        publishers = _publishing(publishers, wanted, project_.registry)
    if output is not None:
        # A path on the command line is relative to where the user is, not to the project.
        here = output if project_.folder == HERE else output.resolve()
        publishers = tuple(_redirected(publisher, here) for publisher in publishers)
    return Pipeline(PIPELINE, (), steps, publishers)


def _made(steps: Iterable[StepSpec]) -> set[Kind]:
    return {out.kind for spec in steps for out in spec.step.outputs.values()}


def _with_makers(
    whole: Pipeline, wanted: Iterable[Kind], registry: Registry
) -> tuple[StepSpec, ...]:
    """Add the steps that make what is wanted and that the pipeline lacks, with their defaults.

    What a step can do without is not added: whether the pipeline has it is the user's choice.
    """
    steps = list(whole.steps)
    there = _made(steps) | {kind for spec in whole.sources for kind in spec.type.kinds}
    left = [kind for kind in wanted if kind not in there]
    while left:
        kind = left.pop()
        if kind in there:
            continue
        made = _maker(kind, registry)
        steps.append(StepSpec(made, validated(made.config, {}, f"step {made.name}")))
        there |= {out.kind for out in made.outputs.values()}
        left += [mark.kind for mark in made.inputs.values() if not mark.optional]
    return tuple(steps)


def _maker(kind: Kind, registry: Registry) -> Step:
    for made in registry.steps.values():
        if kind in {out.kind for out in made.outputs.values()}:
            return made
    raise ConfigError(f"no step makes {kind.name}, and no [[source]] of {PIPELINE!r} brings it")


def _publishing(
    publishers: Iterable[PublisherSpec], wanted: Sequence[Kind], registry: Registry
) -> tuple[PublisherSpec, ...]:
    """Return publishers of what is wanted: the pipeline's own, and folders for the rest."""
    own = [
        PublisherSpec(spec.label, spec.type, spec.config, kinds)
        for spec in publishers
        if (kinds := tuple(kind for kind in spec.kinds if kind in wanted))
    ]
    published = {kind for spec in own for kind in spec.kinds}
    output = next(
        (spec.config.model_dump()["output"] for spec in publishers if spec.type.name == _FOLDER),
        Path(_OUTPUT),
    )
    # One publisher per kind: whatever else is asked for with it, its target has the same name.
    added = [_folder(kind, output, registry) for kind in wanted if kind not in published]
    return (*own, *added)


def _folder(kind: Kind, output: Path, registry: Registry) -> PublisherSpec:
    found = registry.publishers[_FOLDER]
    values = {"output": output, "names": {kind.name: _NAMES[kind.name]}}
    label = kind.name.removeprefix("argo.")
    return PublisherSpec(label, found, validated(found.config, values, label), (kind,))


def _redirected(publisher: PublisherSpec, output: Path) -> PublisherSpec:
    if "output" not in publisher.type.config.model_fields:
        return publisher
    values: dict[str, Any] = publisher.config.model_dump(exclude_unset=True) | {"output": output}
    config = validated(publisher.type.config, values, publisher.label)
    return PublisherSpec(publisher.label, publisher.type, config, publisher.kinds)
