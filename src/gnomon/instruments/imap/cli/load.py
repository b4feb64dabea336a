"""`gnomon imap load`: housekeeping, I-ALiRT and NOAA of the store into tables that others query."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from gnomon.cli.app import HERE, AsJson, DryRun, Folder, project
from gnomon.cli.run import dry, finish, work
from gnomon.core.kinds import KeyValue, Kind
from gnomon.core.pipeline import Pipeline, PublisherSpec, validated
from gnomon.engine.project import How, Project
from gnomon.errors import ConfigError, UnknownName
from gnomon.instruments.imap.kinds import HK_L1, IALIRT, IALIRT_HK, NOAA, WEBTCAD
from gnomon.publish.tables.publisher import TABLES, VARIABLE

PIPELINE = "imap-tables"
_GROUPS: dict[str, tuple[Kind, ...]] = {
    "hk": (HK_L1,),
    "webtcad": (WEBTCAD,),
    "ialirt": (IALIRT, IALIRT_HK),
    "noaa": (NOAA,),
}


def load(
    to: Annotated[
        str,
        typer.Option(
            "--to",
            "--db-url",
            help=f"postgresql://user@host/name or sqlite:///file.db; {VARIABLE} when absent."
            " Leave passwords to ~/.pgpass, PGPASSWORD or .env: a command line is no secret.",
        ),
    ] = "",
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="hk, webtcad, ialirt or noaa; repeatable; all when absent."),
    ] = None,
    packet: Annotated[
        list[str] | None, typer.Option(help="Such as hsk-pw; repeatable; all when absent.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="A job file in place of our own tables.")
    ] = None,
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Load what is new or changed in the store: one table a packet, one transaction a file.

    What failed before is tried again; rows that a newer version of a day lacks are deleted.
    """
    with project(folder, as_json=as_json) as (opened, screen):
        pipeline = tables_pipeline(opened, to, only or (), config, packet or ())
        if dry_run:
            dry(opened, screen, pipeline)
            return
        for spec in pipeline.publishers:
            # A database that cannot be reached is told once, not for every file.
            spec.type.open(spec.config, opened.folder).check()
        finish(screen, work(opened, screen, pipeline, How()))


def tables_pipeline(
    opened: Project,
    to: str = "",
    only: Collection[str] = (),
    jobs: Path | None = None,
    packets: Collection[str] = (),
) -> Pipeline:
    """Return the part of the project's pipeline that publishes tables.

    Parameters
    ----------
    to : str
        The database, in place of the pipeline's own; the path of a SQLite file is relative to
        where the user is.
    only : collection of str
        Of hk, webtcad, ialirt, noaa; all when empty.
    jobs : Path, optional
        A job file, in place of the pipeline's own tables.
    packets : collection of str
        Of housekeeping; all when empty.

    Raises
    ------
    ConfigError
        The pipeline publishes no tables of these.
    """
    for name in only:
        if name not in _GROUPS:
            raise UnknownName("group of tables", name, _GROUPS)
    kinds = {kind for name in only or _GROUPS for kind in _GROUPS[name]}
    if packets:  # what has none is not asked for
        kinds = {kind for kind in kinds if "packet" in kind.keys}
    whole = opened.pipeline(PIPELINE)
    publishers = tuple(
        _changed(spec, kinds, to, jobs) for spec in whole.publishers if spec.type is TABLES
    )
    publishers = tuple(spec for spec in publishers if spec.kinds)
    if not publishers:
        raise ConfigError(f"pipelines/{PIPELINE}.toml publishes none of these into tables")
    wanted: frozenset[KeyValue] = frozenset(packets)
    return Pipeline(PIPELINE, (), (), publishers, {"packet": wanted} if wanted else {})


def _changed(
    spec: PublisherSpec, kinds: Collection[Kind], to: str, jobs: Path | None
) -> PublisherSpec:
    options = spec.config.model_dump(exclude_unset=True)
    if to:
        options["url"] = _absolute(to)
    if jobs is not None:
        if not jobs.is_file():
            raise ConfigError(f"{jobs} is no job file")
        options |= {"jobs": jobs.resolve(), "tables": {}}
    config = validated(TABLES.config, options, f"publisher {spec.label}")
    return replace(spec, config=config, kinds=tuple(k for k in spec.kinds if k in kinds))


def _absolute(url: str) -> str:
    scheme, mark, path = url.partition(":///")
    if mark and scheme == "sqlite" and path and not path.startswith(":"):
        return f"{scheme}{mark}{Path(path).resolve()}"
    return url
