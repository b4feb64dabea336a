"""`gnomon argo`: sync a GDAC mirror, and export the tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from gnomon.cli.app import HERE, AsJson, DryRun, Executor, Folder, Scheduler, Workers, how, project
from gnomon.cli.run import dry, finish, work
from gnomon.core.pipeline import Pipeline, PublisherSpec, SourceSpec, validated
from gnomon.engine.project import How, Project
from gnomon.errors import ConfigError
from gnomon.instruments.argo.simulate import simulate_gdac

app = typer.Typer(help="Argo floats.", no_args_is_help=True)
PIPELINE = "argo"

Floats = Annotated[list[int] | None, typer.Option("--float", help="WMO number; repeatable.")]
Dacs = Annotated[list[str] | None, typer.Option("--dac", help="Data centre; repeatable.")]


@app.command()
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


@app.command()
def export(
    output: Annotated[Path | None, typer.Option(help="The folder to write to.")] = None,
    folder: Folder = HERE,
    executor: Executor = None,
    workers: Workers = None,
    scheduler: Scheduler = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Write the tables: OUTPUT/profiles/**.parquet and OUTPUT/levels/**.parquet."""
    with project(folder, as_json=as_json) as (opened, screen):
        pipeline = export_pipeline(opened, output)
        if dry_run:
            dry(opened, screen, pipeline)
        else:
            finish(screen, work(opened, screen, pipeline, how(executor, workers, scheduler)))


@app.command()
def simulate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where; must be empty.")],
    floats: Annotated[int, typer.Option(min=1, help="How many floats.")] = 10,
    cycles: Annotated[int, typer.Option(min=1, help="How many cycles each.")] = 30,
    levels: Annotated[int, typer.Option(min=2, help="How many levels a profile.")] = 100,
    seed: Annotated[int, typer.Option(help="The same seed makes the same files.")] = 0,
) -> None:
    """Write a GDAC of simulated floats, in the real layout and format."""
    if folder.exists() and any(folder.iterdir()):
        raise typer.BadParameter(f"{folder} is not empty")
    made = simulate_gdac(folder, floats=floats, cycles=cycles, seed=seed, levels=levels)
    typer.echo(f"{len(made.floats)} floats, {len(made.records)} profile files in {folder}")


def sync_pipeline(project_: Project, changed: Mapping[str, Any]) -> Pipeline:
    """Return the sources of the project's Argo pipeline, with some options changed."""
    whole = project_.pipeline(PIPELINE)
    if not whole.sources:
        raise ConfigError(f"the pipeline {PIPELINE!r} has no [[source]]")
    spec = whole.sources[0]
    values = spec.config.model_dump(exclude_unset=True) | dict(changed)
    config = validated(spec.type.config, values, spec.name)
    return Pipeline(PIPELINE, (SourceSpec(spec.name, spec.type, config),))


def export_pipeline(project_: Project, output: Path | None) -> Pipeline:
    """Return the steps and publishers of the project's Argo pipeline, for another folder."""
    whole = project_.pipeline(PIPELINE)
    publishers = whole.publishers
    if output is not None:
        # A path on the command line is relative to where the user is, not to the project.
        here = output if project_.folder == HERE else output.resolve()
        publishers = tuple(_redirected(publisher, here) for publisher in publishers)
    return Pipeline(PIPELINE, (), whole.steps, publishers)


def _redirected(publisher: PublisherSpec, output: Path) -> PublisherSpec:
    if "output" not in publisher.type.config.model_fields:
        return publisher
    values = publisher.config.model_dump(exclude_unset=True) | {"output": output}
    config = validated(publisher.type.config, values, publisher.label)
    return PublisherSpec(publisher.label, publisher.type, config, publisher.kinds)
