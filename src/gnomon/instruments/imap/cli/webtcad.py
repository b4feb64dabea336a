"""`gnomon imap fetch lo-pivot-platform`, `hi45-step`, `hi90-step`: telemetry items of WebTCAD."""

from __future__ import annotations

from datetime import datetime

from gnomon.cli.app import HERE, AsJson, DryRun, Folder, project
from gnomon.instruments.imap.cli.days import EndDate, StartDate, UseDatabase, day_of
from gnomon.instruments.imap.cli.running import execute, part


def lo_pivot_platform(
    start_date: StartDate = None,
    end_date: EndDate = None,
    use_database: UseDatabase = True,  # noqa: ARG001  for command lines of before
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring in the angle of Lo's pivot platform; without dates, what came since the last time."""
    _fetch("lo", start_date, end_date, folder, dry_run=dry_run, as_json=as_json)


def hi45_step(
    start_date: StartDate = None,
    end_date: EndDate = None,
    use_database: UseDatabase = True,  # noqa: ARG001  for command lines of before
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring in the energy steps of Hi45; without dates, what came since the last time."""
    _fetch("hi45", start_date, end_date, folder, dry_run=dry_run, as_json=as_json)


def hi90_step(
    start_date: StartDate = None,
    end_date: EndDate = None,
    use_database: UseDatabase = True,  # noqa: ARG001  for command lines of before
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring in the energy steps of Hi90; without dates, what came since the last time."""
    _fetch("hi90", start_date, end_date, folder, dry_run=dry_run, as_json=as_json)


def _fetch(
    series: str,
    start: datetime | None,
    end: datetime | None,
    folder: Folder,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    with project(folder, as_json=as_json) as (opened, screen):
        options = {"series": (series,), "start": day_of(start), "end": day_of(end)}
        pipeline = part(opened, "imap-webtcad", source="imap.webtcad", options=options)
        execute(opened, screen, pipeline, dry_run=dry_run)
