"""`gnomon imap fetch ialirt` and `fetch ialirt-hk`: data in near real time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import typer

from gnomon.cli.app import HERE, AsJson, DryRun, Folder, project
from gnomon.cli.part import execute, part
from gnomon.instruments.imap.cli.days import AnyMode, EndDate, Mode, StartDate, day_of
from gnomon.instruments.imap.telemetry.ialirt import HK

_SCIENCE, _HOUSEKEEPING = "imap.ialirt", "imap.ialirt_hk"
Instruments = Annotated[
    list[str] | None,
    typer.Option("--instrument", help="mag, hit, swe, swapi, mag_hk; repeatable. Default: mag."),
]
HkInstrument = Annotated[str, typer.Option("--instrument", help="mag_hk is the only one.")]


def ialirt(
    start_date: StartDate = None,
    end_date: EndDate = None,
    instrument: Instruments = None,
    fetch_mode: AnyMode = Mode.DOWNLOAD_ONLY,  # noqa: ARG001  for command lines of before
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring in records by day: of some days, or what came since the last time."""
    _fetch(instrument or ["mag"], start_date, end_date, folder, dry_run=dry_run, as_json=as_json)


def ialirt_hk(
    start_date: StartDate = None,
    end_date: EndDate = None,
    instrument: HkInstrument = HK,
    fetch_mode: AnyMode = Mode.DOWNLOAD_ONLY,  # noqa: ARG001  for command lines of before
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring in housekeeping by day: of some days, or what came since the last time."""
    if instrument != HK:
        raise typer.BadParameter(f"the only housekeeping is {HK}", param_hint="--instrument")
    _fetch([HK], start_date, end_date, folder, dry_run=dry_run, as_json=as_json)


def _fetch(
    instruments: list[str],
    start: datetime | None,
    end: datetime | None,
    folder: Folder,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    with project(folder, as_json=as_json) as (opened, screen):
        dates: dict[str, Any] = {"start": day_of(start), "end": day_of(end)}
        science = [name for name in instruments if name != HK]
        wanted = {_SCIENCE: dates | {"instruments": science}} if science else {}
        if HK in instruments:
            wanted[_HOUSEKEEPING] = dates
        parts = [
            part(opened, "imap-ialirt", source=source, options=options)
            for source, options in wanted.items()
        ]
        sources = tuple(spec for one in parts for spec in one.sources)
        execute(opened, screen, replace(parts[0], sources=sources), dry_run=dry_run)
