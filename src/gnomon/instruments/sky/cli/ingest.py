"""`gnomon sky ingest`: light curves and observations, from the archives."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gnomon.cli.app import HERE, AsJson, DryRun, Folder, project
from gnomon.errors import ConfigError
from gnomon.instruments.sky.cli.ingesting import Destination, ingest_all
from gnomon.instruments.sky.exports.texts import Source
from gnomon.instruments.sky.ingestion.wishes import SURVEYS, Wish
from gnomon.instruments.sky.targets import Target

CONFIG = Path("configs/base.yaml")


class Survey(StrEnum):
    """Which archive."""

    ZTF = "ztf"
    TESS = "tess"
    MAST = "mast"
    ALL = "all"

    @property
    def sources(self) -> tuple[Source, ...]:
        """Those that are meant, in the order in which they are asked."""
        return tuple(one for one in SURVEYS if self.value in (one, "all"))


Config = Annotated[
    Path | None,
    typer.Option(help=f"YAML with data_sources. Default: {CONFIG}, where there is one."),
]
Limit = Annotated[
    int,
    typer.Option(min=0, help="Records of each source at most; 0: all. Of ZTF, only of --output."),
]
Output = Annotated[Path, typer.Option(help="Each source has a folder in it.")]
Records = Annotated[
    bool, typer.Option(help="Write a JSON file for each record, beside the Parquet.")
]
Filters = Annotated[list[str] | None, typer.Option("--irsa-filter", help="g, r or i; repeatable.")]
MjdRange = Annotated[
    tuple[float, float] | None,
    typer.Option("--irsa-mjd-range", metavar="START END", help="Of the epochs, UTC."),
]
Collection = Annotated[
    str, typer.Option(help="ZTF's release, such as ztf_dr24. Default: the newest.")
]
Radius = Annotated[
    float | None, typer.Option("--irsa-radius", help="Degrees; large cones are tiled.")
]
Sectors = Annotated[
    list[int] | None, typer.Option("--sector", min=1, help="Of TESS; all when absent. Repeatable.")
]


def ingest(
    source: Annotated[Survey, typer.Option(help="Which archive.")],
    config: Config = None,
    limit: Limit = 10,
    output: Output = Path("data/raw"),
    irsa_ra: Annotated[float | None, typer.Option(help="Right ascension, degrees.")] = None,
    irsa_dec: Annotated[float | None, typer.Option(help="Declination, degrees.")] = None,
    irsa_radius: Radius = None,
    irsa_filter: Filters = None,
    irsa_mjd_range: MjdRange = None,
    irsa_id: Annotated[list[int] | None, typer.Option(help="A ZTF object; repeatable.")] = None,
    collection: Collection = "",
    tic: Annotated[list[int] | None, typer.Option(min=1, help="A TIC number; repeatable.")] = None,
    name: Annotated[
        list[str] | None, typer.Option(help="A name that MAST resolves; repeatable.")
    ] = None,
    sector: Sectors = None,
    records: Records = True,
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring in what the archives have of a place or a target; a second time, only what is new.

    Options of IRSA are for ZTF only. With --dry-run the archives are asked, and a summary in JSON
    is all that is left.
    """
    with project(folder, as_json=as_json) as (opened, screen):
        if (irsa_ra is None) != (irsa_dec is None):
            raise ConfigError("a place has both --irsa-ra and --irsa-dec")
        named = [Target(name=one) for one in name or ()]
        wish = Wish(
            place=None if irsa_ra is None or irsa_dec is None else (irsa_ra, irsa_dec),
            radius_deg=irsa_radius,
            filters=tuple(irsa_filter or ()),
            mjd_range=irsa_mjd_range,
            ids=tuple(irsa_id or ()),
            collection=collection,
            targets=(*(Target(tic=one) for one in tic or ()), *named),
            sectors=tuple(sector or ()),
            limit=limit or None,
        )
        where = Destination(output, records, limit or None)
        ingest_all(
            opened, screen, source.sources, wish, config_file(config), where, dry_run=dry_run
        )


def config_file(given: Path | None) -> Path | None:
    """Return the guide's file: the given one, or the usual one where it is."""
    return given if given is not None or not CONFIG.is_file() else CONFIG
