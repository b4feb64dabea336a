"""`gnomon sky cutouts`: pixels of TESS around a place, from TESSCut."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from gnomon.cli.app import HERE, AsJson, DryRun, Folder, project
from gnomon.cli.part import execute, part
from gnomon.errors import ConfigError


class Body(StrEnum):
    """What moves."""

    SMALL_BODY = "small_body"
    PLANET = "planet"
    MOON = "moon"


Words = list[str] | None
Ra = Annotated[
    float | None, typer.Option("--ra", min=-360, max=360, help="Right ascension, degrees.")
]
Dec = Annotated[float | None, typer.Option("--dec", min=-90, max=90, help="Declination, degrees.")]
Names = Annotated[
    Words, typer.Option("--name", help="A place that MAST's resolver knows; repeatable.")
]
Moving = Annotated[
    Words, typer.Option("--moving", help="A body of the solar system: 'Eleonora'; repeatable.")
]
Sectors = Annotated[
    list[int] | None, typer.Option("--sector", min=1, help="Repeatable; all when absent.")
]


def cutouts(
    ra_deg: Ra = None,
    dec_deg: Dec = None,
    name: Names = None,
    moving: Moving = None,
    body: Annotated[Body, typer.Option(help="What moves.")] = Body.SMALL_BODY,
    size: Annotated[int, typer.Option(min=1, max=300, help="Pixels of a side, 21 arcsec.")] = 5,
    sector: Sectors = None,
    most: Annotated[int | None, typer.Option("--limit", min=1, help="Cutouts.")] = None,
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring in the pixels around places or moving bodies, and make light curves of them.

    The background is measured in the faintest pixels and taken off; flags are kept.
    """
    with project(folder, as_json=as_json) as (opened, screen):
        options = {
            "cones": place(ra_deg, dec_deg),
            "names": tuple(name) if name else None,
            "movers": tuple({"name": one, "sort": body.value} for one in moving or ()) or None,
            "size": size,
            "sectors": tuple(sector) if sector else None,
            "most": most,
        }
        if not any(options[one] for one in ("cones", "names", "movers")):
            raise ConfigError("say what of: --ra and --dec, --name, or --moving")
        pipeline = part(
            opened,
            "sky-tesscut",
            source="sky.tesscut",
            steps=("sky.cutout_parts", "sky.merge"),
            options=options,
        )
        execute(opened, screen, pipeline, dry_run=dry_run)


def place(ra_deg: float | None, dec_deg: float | None) -> tuple[dict[str, float], ...] | None:
    """Return the place that two options name, if they do.

    Raises
    ------
    ConfigError
        One is there without the other.
    """
    if ra_deg is None and dec_deg is None:
        return None
    if ra_deg is None or dec_deg is None:
        raise ConfigError("a place has both --ra and --dec")
    return ({"ra_deg": ra_deg, "dec_deg": dec_deg},)
