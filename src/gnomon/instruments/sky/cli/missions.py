"""`gnomon sky missions`: what a mission of MAST has of a place."""

from __future__ import annotations

from typing import Annotated

import typer

from gnomon.cli.app import HERE, AsJson, DryRun, Folder, project
from gnomon.cli.part import execute
from gnomon.core.pipeline import Pipeline, SourceSpec, validated
from gnomon.errors import ConfigError
from gnomon.instruments.sky.cli.cutouts import Dec, Names, Ra, Words, place
from gnomon.instruments.sky.mast.mission_source import SOURCE

Mission = Annotated[str, typer.Argument(metavar="MISSION", help="hst, jwst, roman, ...")]
Where = Annotated[
    Words, typer.Option("--where", help="A condition: 'sci_instrume=STIS,ACS'; repeatable.")
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
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Ask the search of a mission for its data sets around a place; the answer is a Parquet file.

    The same question on another day is asked anew.
    """
    with project(folder, as_json=as_json) as (opened, screen):
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
        execute(opened, screen, pipeline, dry_run=dry_run)


def _condition(text: str) -> tuple[str, str]:
    column, equals, value = text.partition("=")
    if not (column and equals):
        raise ConfigError(f"--where {text!r}: write COLUMN=VALUE")
    return column.strip(), value.strip()
