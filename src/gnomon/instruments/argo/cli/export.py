"""`gnomon argo export`: write the tables into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gnomon.cli.app import HERE, AsJson, DryRun, Executor, Folder, Scheduler, Workers, how, project
from gnomon.cli.run import dry, finish, work
from gnomon.core.pipeline import Pipeline, PublisherSpec, validated
from gnomon.engine.project import Project
from gnomon.instruments.argo.cli.sync import PIPELINE


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
