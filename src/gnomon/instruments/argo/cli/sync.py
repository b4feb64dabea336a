"""`gnomon argo sync`: bring in what is new on a GDAC mirror."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from gnomon.cli.app import HERE, AsJson, DryRun, Folder, project
from gnomon.cli.run import dry, finish, work
from gnomon.core.pipeline import Pipeline, SourceSpec, validated
from gnomon.engine.project import How, Project
from gnomon.errors import ConfigError

PIPELINE = "argo"

Floats = Annotated[list[int] | None, typer.Option("--float", help="WMO number; repeatable.")]
Dacs = Annotated[list[str] | None, typer.Option("--dac", help="Data centre; repeatable.")]


def sync(
    every: Annotated[bool, typer.Option("--all", help="Every float of the mirror.")] = False,
    floats: Floats = None,
    dacs: Dacs = None,
    box: Annotated[
        tuple[float, float, float, float] | None,
        typer.Option(help="A region: west east south north [degrees]."),
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(help="Files updated then or later, UTC.")
    ] = None,
    mirror: Annotated[str, typer.Option(help="http(s)://, ftp://, or a path.")] = "",
    fallback: Annotated[str, typer.Option(help="Taken when the mirror is unavailable.")] = "",
    aggregates: Annotated[
        bool, typer.Option("--aggregates/--no-aggregates", help="Fetch <wmo>_prof.nc too.")
    ] = True,
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring in the core profile files that are new or were changed on a GDAC mirror."""
    chosen = {
        "floats": floats or None,
        "dacs": dacs or None,
        "box": box,
        "since": since.replace(tzinfo=UTC) if since else None,
    }
    if every == any(value is not None for value in chosen.values()):
        raise typer.BadParameter("say either --all, or --float, --dac, --box, --since")
    options = {"mirror": mirror or None, "fallback": fallback or None, **chosen}
    changed: dict[str, Any] = {n: value for n, value in options.items() if value is not None}
    if every:
        changed |= {"floats": (), "dacs": (), "box": None, "since": None}
    with project(folder, as_json=as_json) as (opened, screen):
        pipeline = sync_pipeline(opened, {**changed, "aggregates": aggregates})
        if dry_run:
            dry(opened, screen, pipeline)
        else:
            finish(screen, work(opened, screen, pipeline, How()))


def sync_pipeline(project_: Project, changed: Mapping[str, Any]) -> Pipeline:
    """Return the sources of the project's Argo pipeline, with some options changed."""
    whole = project_.pipeline(PIPELINE)
    if not whole.sources:
        raise ConfigError(f"the pipeline {PIPELINE!r} has no [[source]]")
    spec = whole.sources[0]
    values = spec.config.model_dump(exclude_unset=True) | dict(changed)
    config = validated(spec.type.config, values, spec.name)
    return Pipeline(PIPELINE, (SourceSpec(spec.name, spec.type, config),))
