"""`gnomon argo load`: bring a project's floats into a database, and into Redis."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from gnomon.cli.app import (
    HERE,
    AsJson,
    DryRun,
    Executor,
    Folder,
    Scheduler,
    Screen,
    Workers,
    how,
    project,
)
from gnomon.cli.run import dry, finish, work
from gnomon.core.instrument import PublisherType
from gnomon.core.pipeline import Pipeline, PublisherSpec, validated
from gnomon.engine.project import Project
from gnomon.errors import ConfigError
from gnomon.instruments.argo.cli.sync import PIPELINE, Floats
from gnomon.instruments.argo.kinds import ANALYSIS, FLOAT, PARAMETERS, PROFILES
from gnomon.instruments.argo.load.publisher import DATABASE, REDIS, open_database
from gnomon.instruments.argo.load.redis import Hot, RedisConfig
from gnomon.publish.databases.address import Address

_LOADED = {
    DATABASE.name: (FLOAT, PROFILES, PARAMETERS, ANALYSIS),
    REDIS.name: (FLOAT, ANALYSIS),
}


def load(
    to: Annotated[
        str,
        typer.Option(help="postgresql://user@host/name, sqlite:///file.db, duckdb:///file.duckdb."),
    ] = "",
    redis: Annotated[str, typer.Option(help="Redis, redis://host:6379/0.")] = "",
    floats: Floats = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Rebuild Redis from a database; see --from.")
    ] = False,
    source: Annotated[
        str, typer.Option("--from", help="The database that --rebuild reads; written as for --to.")
    ] = "",
    folder: Folder = HERE,
    executor: Executor = None,
    workers: Workers = None,
    scheduler: Scheduler = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Load what is new or changed: floats, profiles, parameters and levels.

    Without --to and --redis, into the databases that the pipeline itself publishes to. Leave
    passwords to ~/.pgpass or PGPASSWORD: a command line is no secret.
    """
    if rebuild != bool(source) or (rebuild and (to or floats or not redis)):
        raise typer.BadParameter("a rebuild is: --redis URL --rebuild --from URL")
    with project(folder, as_json=as_json) as (opened, screen):
        if rebuild:
            _rebuild(screen, redis, source, dry_run=dry_run)
            return
        pipeline = load_pipeline(opened, to, redis, floats or ())
        _tell_what_lacks(screen, pipeline)
        if dry_run:
            dry(opened, screen, pipeline)
            return
        for spec in pipeline.publishers:
            # A target that cannot be reached is told before hours of work, not after them.
            spec.type.open(spec.config, opened.folder).check()
        finish(screen, work(opened, screen, pipeline, how(executor, workers, scheduler)))


def load_pipeline(
    project_: Project, to: str = "", redis: str = "", floats: Sequence[int] = ()
) -> Pipeline:
    """Return the steps of the project's Argo pipeline, with databases to publish to.

    Parameters
    ----------
    to, redis : str
        URLs; where both are empty, the pipeline's own databases are taken. Paths are relative to
        where the user is.
    floats : sequence of int, optional
        The only floats to load; all when empty.

    Raises
    ------
    ConfigError
        There is no database.
    """
    whole = project_.pipeline(PIPELINE)
    given = [(DATABASE, to), (REDIS, redis)]
    publishers = tuple(_publisher(kind, url) for kind, url in given if url)
    if not publishers:
        publishers = tuple(spec for spec in whole.publishers if spec.type.name in _LOADED)
    if not publishers:
        raise ConfigError("say --to URL or --redis URL, or add a [[publish]] to the pipeline")
    only = {"wmo": frozenset(floats)} if floats else {}
    return Pipeline(PIPELINE, (), whole.steps, publishers, only)


def _publisher(kind: PublisherType, url: str) -> PublisherSpec:
    config = validated(kind.config, {"url": _absolute(url)}, f"publisher {kind.name}")
    return PublisherSpec(kind.name, kind, config, _LOADED[kind.name])


def _tell_what_lacks(screen: Screen, pipeline: Pipeline) -> None:
    made = {out.kind.name for spec in pipeline.steps for out in spec.step.outputs.values()}
    wanted = {kind.name for spec in pipeline.publishers for kind in spec.kinds}
    for name in sorted(wanted - made):
        screen.err.print(f"no step of the pipeline {pipeline.name!r} makes {name}", markup=False)


def _absolute(url: str) -> str:
    """Make the path of a file absolute: on the command line it is relative to where the user is."""
    scheme, mark, path = url.partition(":///")
    if mark and scheme in {"sqlite", "duckdb"} and path and not path.startswith(":"):
        return f"{scheme}{mark}{Path(path).resolve()}"
    return url


def _rebuild(screen: Screen, redis: str, source: str, *, dry_run: bool) -> None:
    database = open_database(Address(_absolute(source)), HERE)
    hot = Hot(validated(RedisConfig, {"url": redis}, "publisher argo.redis"))
    loaded = database.loaded()
    if not loaded:
        raise ConfigError(f"{database.address} holds no floats")
    hot.reach()
    number = len({wmo for wmo, _ in loaded}) if dry_run else hot.rebuild(database)
    if screen.as_json:
        screen.document({"floats": number, "rebuilt": not dry_run})
    else:
        verb = "would be rebuilt" if dry_run else "rebuilt"
        screen.out.print(f"{number} floats {verb} from {database.address}", markup=False)
