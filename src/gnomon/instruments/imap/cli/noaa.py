"""`gnomon imap fetch noaa`: minute means of the solar wind."""

from __future__ import annotations

from typing import Annotated

import typer

from gnomon.cli.app import HERE, AsJson, DryRun, Folder, project
from gnomon.cli.part import execute, part
from gnomon.instruments.imap.cli.days import AnyMode, Mode


def noaa(
    spacecraft: Annotated[
        list[str] | None, typer.Option(help="SOLAR1, ACE or IMAP; repeatable; all when absent.")
    ] = None,
    instrument: Annotated[
        list[str] | None, typer.Option(help="mag or wind; repeatable; both when absent.")
    ] = None,
    fetch_mode: AnyMode = Mode.DOWNLOAD_ONLY,  # noqa: ARG001  for command lines of before
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring in the last 24 hours of the spacecraft at L1, by day."""
    with project(folder, as_json=as_json) as (opened, screen):
        options = {"spacecraft": spacecraft or None, "instruments": instrument or None}
        pipeline = part(opened, "imap-noaa", source="imap.noaa", options=options)
        execute(opened, screen, pipeline, dry_run=dry_run)
