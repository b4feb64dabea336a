"""`gnomon sky missions`: what a mission of MAST has of a place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from gnomon.catalog.queries import datasets
from gnomon.cli.app import HERE, AsJson, DryRun, Folder, Screen, project
from gnomon.cli.part import run_listed
from gnomon.cli.run import dry, finish
from gnomon.core.pipeline import Pipeline, SourceSpec, validated
from gnomon.engine.events import Summary
from gnomon.engine.project import Project
from gnomon.errors import ConfigError
from gnomon.instruments.sky.cli.cutouts import Dec, Names, Ra, Words, place
from gnomon.instruments.sky.cli.tabling import check_suffix, provenance_of, write
from gnomon.instruments.sky.kinds import MISSION_RESULTS
from gnomon.instruments.sky.mast.mission_source import SOURCE

Mission = Annotated[str, typer.Argument(metavar="MISSION", help="hst, jwst, roman, ...")]
Where = Annotated[
    Words, typer.Option("--where", help="A condition: 'sci_instrume=STIS,ACS'; repeatable.")
]
Output = Annotated[
    Path | None, typer.Option(help="Write the rows to this file too: .csv or .parquet.")
]
Columns = Annotated[
    Words, typer.Option("--column", help="Repeatable; the mission's choice when absent.")
]


def missions(
    mission: Mission,
    ra_deg: Ra = None,
    dec_deg: Dec = None,
    name: Names = None,
    radius_deg: Annotated[
        float, typer.Option("--radius", min=0, max=0.5, help="Degrees; half a degree at most.")
    ] = 0.05,
    where: Where = None,
    column: Columns = None,
    files: Annotated[bool, typer.Option("--files", help="List files, not data sets.")] = False,
    most: Annotated[int | None, typer.Option("--limit", min=1, help="Data sets.")] = None,
    output: Output = None,
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Ask the search of a mission for its data sets around a place; the answer is kept as Parquet.

    The same question on another day is asked anew.
    """
    with project(folder, as_json=as_json) as (opened, screen):
        if output is not None:
            check_suffix(output)
        cones = [{**one, "radius_deg": radius_deg} for one in place(ra_deg, dec_deg) or ()]
        if not (cones or name):
            raise ConfigError("say where: --ra and --dec, or --name")
        options = {
            "mission": mission.lower(),
            "cones": cones,
            "names": name or (),
            "radius_deg": radius_deg,
            "conditions": dict(_condition(one) for one in where or ()),
            "columns": column or (),
            "what": "files" if files else "datasets",
            "most": most,
        }
        config = validated(SOURCE.config, options, SOURCE.name)
        pipeline = Pipeline("sky-missions", (SourceSpec(SOURCE.name, SOURCE, config),))
        if dry_run:
            dry(opened, screen, pipeline)
            return
        summary, answers = _work(opened, screen, pipeline)
        if output is not None and answers:
            _write(output, answers, options)
        elif output is not None:
            screen.err.print(
                f"nothing was found: {escape(str(output))} is not written", soft_wrap=True
            )
        finish(screen, summary)


def _work(opened: Project, screen: Screen, pipeline: Pipeline) -> tuple[Summary, list[Path]]:
    """Run it, and return the answers to what was asked, old ones too."""
    with opened.catalog() as catalog:
        items, summary = run_listed(opened, screen, pipeline, catalog)
        keys = [{name: str(value) for name, value in item.key.items()} for item in items]
        stored = [one for key in keys for one in datasets(catalog, MISSION_RESULTS.name, key)]
        return summary, [opened.store.path(one.dataset) for one in stored]


def _write(output: Path, answers: list[Path], options: Mapping[str, object]) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415 - heavy

    from gnomon.instruments.sky.mast.pages import joined  # noqa: PLC0415 - heavy

    table = joined([pq.read_table(path, partitioning=None) for path in answers])
    write(output, table, provenance_of("sky.missions", 1, options, answers))


def _condition(text: str) -> tuple[str, str]:
    column, equals, value = text.partition("=")
    if not (column and equals):
        raise ConfigError(f"--where {text!r}: write COLUMN=VALUE")
    return column.strip(), value.strip()
