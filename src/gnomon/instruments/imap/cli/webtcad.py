"""`gnomon imap fetch lo-pivot-platform`, `hi45-step`, `hi90-step`: telemetry items of WebTCAD."""

from __future__ import annotations

from collections.abc import Callable

from gnomon.cli.app import HERE, AsJson, DryRun, Folder, project
from gnomon.cli.part import execute, part
from gnomon.instruments.imap.cli.days import EndDate, StartDate, UseDatabase, day_of


def _command(series: str, what: str) -> Callable[..., None]:
    """Return the command that brings one series in."""

    def fetch(
        start_date: StartDate = None,
        end_date: EndDate = None,
        use_database: UseDatabase = True,  # noqa: ARG001  for command lines of before
        folder: Folder = HERE,
        dry_run: DryRun = False,
        as_json: AsJson = False,
    ) -> None:
        with project(folder, as_json=as_json) as (opened, screen):
            dates = {"start": day_of(start_date), "end": day_of(end_date)}
            options = {"series": (series,), **dates}
            pipeline = part(opened, "imap-webtcad", source="imap.webtcad", options=options)
            execute(opened, screen, pipeline, dry_run=dry_run)

    fetch.__doc__ = f"Bring in {what}; without dates, what came since the last time."
    return fetch


lo_pivot_platform = _command("lo", "the angle of Lo's pivot platform")
hi45_step = _command("hi45", "the energy steps of Hi45")
hi90_step = _command("hi90", "the energy steps of Hi90")
