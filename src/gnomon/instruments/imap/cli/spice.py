"""`gnomon imap fetch spice|spin-tables|small-forces`: kernels and tables by date of ingestion."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from gnomon.cli.app import HERE, AsJson, DryRun, Folder, project
from gnomon.cli.part import execute, part
from gnomon.instruments.imap.cli.days import AnyMode, EndDate, Mode, StartDate, UseDatabase, day_of

PIPELINE = "imap-kernels"
Seconds = float | None


def spice(
    start: Annotated[
        datetime | None,
        typer.Option(
            "--ingest-start-day", "--ingest-start-date", help="The first day of ingestion, UTC."
        ),
    ] = None,
    end: Annotated[
        datetime | None, typer.Option("--ingest-end-date", help="The last day of ingestion, UTC.")
    ] = None,
    file_name: Annotated[str | None, typer.Option(help="One file.")] = None,
    start_time: Annotated[
        Seconds, typer.Option(help="Covering this or later, TDB seconds since J2000.")
    ] = None,
    end_time: Annotated[
        Seconds, typer.Option(help="Covering this or earlier, TDB seconds since J2000.")
    ] = None,
    kernel_type: Annotated[
        str | None, typer.Option(help="attitude_history, leapseconds, ...; all by default.")
    ] = None,
    latest: Annotated[
        bool, typer.Option("--latest", help="The highest version of each kernel only.")
    ] = False,
    use_database: UseDatabase = True,
    fetch_mode: AnyMode = Mode.DOWNLOAD_ONLY,
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring in SPICE kernels; without options, all that came since the last time."""
    del use_database
    with project(folder, as_json=as_json) as (opened, screen):
        options = {
            "start": day_of(start),
            "end": day_of(end),
            "file_name": file_name,
            "start_time": start_time,
            "end_time": end_time,
            "kernel_type": kernel_type,
            "latest": latest or None,
            "advance": fetch_mode is Mode.UPDATE_PROGRESS or None,
        }
        pipeline = part(opened, PIPELINE, source="imap.spice", options=options)
        execute(opened, screen, pipeline, dry_run=dry_run)


def spin_tables(
    start_date: StartDate = None,
    end_date: EndDate = None,
    use_database: UseDatabase = True,
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring in spin tables by day of ingestion; without dates, all since the last time."""
    del use_database
    _table("imap.spin", start_date, end_date, folder, dry_run=dry_run, as_json=as_json)


def small_forces(
    start_date: StartDate = None,
    end_date: EndDate = None,
    use_database: UseDatabase = True,
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring in files of small forces by day of ingestion; without dates, all since the last time.

    They tell when thrusters fired.
    """
    del use_database
    _table("imap.small_forces", start_date, end_date, folder, dry_run=dry_run, as_json=as_json)


def _table(
    source: str,
    start: datetime | None,
    end: datetime | None,
    folder: Folder,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    with project(folder, as_json=as_json) as (opened, screen):
        options = {"start": day_of(start), "end": day_of(end)}
        pipeline = part(opened, PIPELINE, source=source, options=options)
        execute(opened, screen, pipeline, dry_run=dry_run)
