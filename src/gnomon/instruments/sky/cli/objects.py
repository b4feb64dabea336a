"""`gnomon sky objects`: ZTF's tables of objects."""

from __future__ import annotations

from typing import Annotated

import typer

from gnomon.cli.app import HERE, AsJson, DryRun, Folder, project
from gnomon.cli.part import execute, part

Degrees = Annotated[float, typer.Option(help="Degrees, ICRS.")]
Radius = Annotated[float, typer.Option(help="Degrees.")]
Filters = Annotated[
    list[str] | None, typer.Option("--filter", help="g, r, i; repeatable. Default: all.")
]
Epochs = Annotated[int | None, typer.Option("--nobs-min", min=0, help="Epochs, at least.")]
Magnitudes = Annotated[
    tuple[float, float] | None, typer.Option("--mag-range", help="Bounds of the median magnitude.")
]
Columns = Annotated[
    list[str] | None, typer.Option("--column", help="Repeatable. Default: all that there are.")
]
Most = Annotated[int | None, typer.Option("--limit", min=1, help="Objects, at most.")]
Release = Annotated[str | None, typer.Option("--collection", help="ztf_dr24. Default: the newest.")]


def objects(
    ra: Degrees,
    dec: Degrees,
    radius: Radius = 0.05,
    filters: Filters = None,
    nobs_min: Epochs = None,
    mag_range: Magnitudes = None,
    columns: Columns = None,
    most: Most = None,
    collection: Release = None,
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring in what ZTF has of a place: its objects, with what is known of each, as Parquet."""
    with project(folder, as_json=as_json) as (opened, screen):
        options = {
            "cones": ((ra, dec, radius),),
            "filters": tuple(filters) if filters else None,
            "nobs_min": nobs_min,
            "mag_range": mag_range,
            "columns": tuple(columns) if columns else None,
            "most": most,
            "collection": collection,
        }
        pipeline = part(opened, "sky-objects", source="sky.ztf.objects", options=options)
        execute(opened, screen, pipeline, dry_run=dry_run)
