"""`gnomon argo sync`: bring in what is new on a GDAC mirror."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from gnomon.cli.app import FAILURES, HERE, AsJson, DryRun, Folder, Screen, project
from gnomon.cli.progress import summary_json, watching
from gnomon.cli.run import dry, finish
from gnomon.core.pipeline import Pipeline, SourceSpec, validated
from gnomon.engine.events import Event, Listener, Summary, nobody
from gnomon.engine.project import How, Project
from gnomon.errors import ConfigError
from gnomon.instruments.argo.gdac.aliases import Aliases, aliased
from gnomon.instruments.argo.gdac.selection import read_floats
from gnomon.instruments.argo.gdac.statistics import Counting, SyncStatistics

PIPELINE = "argo"

Floats = Annotated[list[int] | None, typer.Option("--float", help="WMO number; repeatable.")]
Listed = Annotated[
    Path | None,
    typer.Option("--list", help="A file of WMO numbers, one a line.", dir_okay=False, exists=True),
]
Dacs = Annotated[list[str] | None, typer.Option("--dac", help="Data centre; repeatable.")]
Data = Annotated[
    list[str] | None,
    typer.Option(
        help="core, bgc, synthetic, metadata, technical, trajectory, greylist, or all; repeatable."
    ),
]
Parameters = Annotated[
    list[str] | None, typer.Option("--parameter", help="Profiles with DOXY, say; repeatable.")
]
When = datetime | None


def sync(
    every: Annotated[bool, typer.Option("--all", help="Every float of the mirror.")] = False,
    floats: Floats = None,
    listed: Listed = None,
    dacs: Dacs = None,
    box: Annotated[
        tuple[float, float, float, float] | None,
        typer.Option(help="A region: west east south north, in degrees."),
    ] = None,
    after: Annotated[When, typer.Option(help="Profiles taken then or later, UTC.")] = None,
    before: Annotated[When, typer.Option(help="Profiles taken earlier, UTC.")] = None,
    since: Annotated[When, typer.Option(help="Files updated then or later, UTC.")] = None,
    data: Data = None,
    parameters: Parameters = None,
    mirror: Annotated[str, typer.Option(help="http(s)://, ftp://, or a path.")] = "",
    fallback: Annotated[str, typer.Option(help="Taken when the mirror is unavailable.")] = "",
    aggregates: Annotated[
        bool | None, typer.Option("--aggregates/--no-aggregates", help="Fetch <wmo>_prof.nc too.")
    ] = None,
    stats: Annotated[
        Path | None, typer.Option(help="Write statistics as JSON.", dir_okay=False)
    ] = None,
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring in the files that are new or were changed on a GDAC mirror."""
    with project(folder, as_json=as_json) as (opened, screen):
        chosen = {
            "floats": (*(floats or ()), *(read_floats(listed) if listed else ())) or None,
            "dacs": dacs or None,
            "box": box,
            "since": _utc(since),
            "after": _utc(after),
            "before": _utc(before),
            "parameters": parameters or None,
        }
        also = {
            "mirror": mirror or None,
            "fallback": fallback or None,
            "data": data or None,
            "aggregates": aggregates,
        }
        aliases = aliased(folder)
        options = _options(chosen, also, aliases, every=every)
        adopted = adopt(opened, aliases, screen)
        pipeline = sync_pipeline(adopted, options)
        if dry_run:
            dry(adopted, screen, pipeline)
        else:
            _run(adopted, screen, pipeline, stats)


def adopt(opened: Project, aliases: Aliases, screen: Screen) -> Project:
    """Return the project under the settings that other names give, and tell of them."""
    for note in aliases.notes:
        screen.err.print(note, markup=False, soft_wrap=True)
    if aliases.log_level:
        logging.getLogger().setLevel(aliases.log_level)
    return replace(opened, settings=aliases.applied(opened.settings))


def sync_pipeline(project_: Project, changed: Mapping[str, Any]) -> Pipeline:
    """Return the sources of the project's Argo pipeline, with some options changed."""
    whole = project_.pipeline(PIPELINE)
    if not whole.sources:
        raise ConfigError(f"the pipeline {PIPELINE!r} has no [[source]]")
    spec = whole.sources[0]
    values = spec.config.model_dump(exclude_unset=True) | dict(changed)
    config = validated(spec.type.config, values, spec.name)
    return Pipeline(PIPELINE, (SourceSpec(spec.name, spec.type, config),))


def counted(
    opened: Project, pipeline: Pipeline, listen: Listener = nobody
) -> tuple[Summary, SyncStatistics]:
    """Run a sync, and return what it did and its statistics."""
    counting = Counting()

    def take(event: Event) -> None:
        counting.take(event.what, event.act, event.count, event.error, event.items)
        listen(event)

    with opened.catalog() as catalog, opened.loop(pipeline, catalog, How(), take) as loop:
        summary = loop.run()
    return summary, counting.result(summary.standing)


def _run(opened: Project, screen: Screen, pipeline: Pipeline, stats: Path | None) -> None:
    with watching(screen, pipeline.name) as listen:
        summary, statistics = counted(opened, pipeline, listen)
    if stats is not None:
        statistics.write(stats)
    if not screen.as_json:
        finish(screen, summary)
        return
    screen.document(summary_json(summary) | {"statistics": statistics.as_dict()})
    if not summary.ok:
        raise typer.Exit(FAILURES)


def _options(
    chosen: Mapping[str, Any], also: Mapping[str, Any], aliases: Aliases, *, every: bool
) -> dict[str, Any]:
    """Return the options of the source: those of the command, then those of other names.

    A mirror on the command line has no fallback but one that stands there, too.
    """
    said = {name: value for name, value in chosen.items() if value is not None}
    implied = {name: aliases.source[name] for name in ("floats", "dacs") if name in aliases.source}
    if said.keys() & implied.keys() or "floats" in said:
        implied = {}
    if (every and said) or not (every or said or implied):
        raise typer.BadParameter(
            "say either --all, or --float, --list, --dac, --box, --after, --before, --since,"
            " --parameter"
        )
    if every:
        # Every float of the archive as far as this installation sees it: of its own DAC.
        implied.pop("floats", None)
        said = dict.fromkeys(("floats", "dacs", "parameters"), ()) | dict.fromkeys(
            ("box", "since", "after", "before")
        )
        said |= implied
    else:
        said = implied | said
    archive = {n: aliases.source[n] for n in ("mirror", "fallback") if n in aliases.source}
    if also["mirror"] is not None:
        archive = {}
    return archive | said | {n: value for n, value in also.items() if value is not None}


def _utc(when: When) -> When:
    return None if when is None else when.replace(tzinfo=when.tzinfo or UTC)
