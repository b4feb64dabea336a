"""`gnomon sky targets`: what the archives have of each target of a list."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gnomon.cli.app import HERE, AsJson, DryRun, Folder, project
from gnomon.instruments.sky.cli.ingest import (
    Collection,
    Filters,
    MjdRange,
    Output,
    Radius,
    Records,
    Sectors,
    Survey,
)
from gnomon.instruments.sky.cli.ingesting import Destination, ingest_all
from gnomon.instruments.sky.ingestion.wishes import Wish
from gnomon.instruments.sky.targets import read_targets


def targets(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV: name, tic, ra, dec, radius (degrees).")
    ],
    source: Annotated[Survey, typer.Option(help="Which archive.")] = Survey.ALL,
    limit: Annotated[int, typer.Option(min=0, help="Records of each source; 0: all.")] = 0,
    output: Output = Path("data/raw"),
    irsa_radius: Radius = None,
    irsa_filter: Filters = None,
    irsa_mjd_range: MjdRange = None,
    collection: Collection = "",
    sector: Sectors = None,
    records: Records = False,
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring in what the archives have of each target of a list; a second time, only what is new."""
    with project(folder, as_json=as_json) as (opened, screen):
        wish = Wish(
            radius_deg=irsa_radius,
            filters=tuple(irsa_filter or ()),
            mjd_range=irsa_mjd_range,
            collection=collection,
            targets=tuple(read_targets(file)),
            sectors=tuple(sector or ()),
            limit=limit or None,
        )
        where = Destination(output, records, limit or None)
        ingest_all(opened, screen, source.sources, wish, None, where, dry_run=dry_run)
