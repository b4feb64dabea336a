"""Quicklooks of the store: a page a day, and `latest.png`, the last three days on one."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from gnomon.catalog.catalog import Catalog
from gnomon.cli.app import Screen
from gnomon.cli.part import execute, part
from gnomon.core.dataset import Dataset
from gnomon.engine.adopt import Brought, adopt
from gnomon.engine.project import Project
from gnomon.instruments.imap.cli.stored import Holdings
from gnomon.instruments.imap.kinds import IALIRT, IALIRT_HK, LATEST

DAYS = 3
"""On the latest page."""


def keep_quicklooks(
    opened: Project, screen: Screen, days: Sequence[date], *, dry_run: bool
) -> None:
    """Make the quicklooks of some days, as the pipeline would; leave with 1 where one failed."""
    only = {"day": frozenset(days)}
    pipeline = part(opened, "imap-ialirt", steps=("imap.quicklook",), only=only)
    execute(opened, screen, pipeline, dry_run=dry_run)


def keep_latest(opened: Project, days: Sequence[date], *, force: bool) -> None:
    """Make the latest page anew, if the newest day is among those, or by `force`."""
    with opened.catalog() as catalog:
        held = Holdings(opened, catalog)
        known = [dataset.key["day"] for dataset in _of_the_magnetometer(held)]
        newest = max((day for day in known if isinstance(day, date)), default=None)
        if newest is not None and (force or newest in days):
            _adopt_latest(opened, catalog, held, newest)


def _of_the_magnetometer(held: Holdings) -> list[Dataset]:
    return [*held.current(IALIRT, {"instrument": "mag"}), *held.current(IALIRT_HK)]


def _adopt_latest(opened: Project, catalog: Catalog, held: Holdings, newest: date) -> None:
    # Loaded where a picture is made.
    from gnomon.instruments.imap.plots.quicklook import draw_quicklook, page_of_days  # noqa: PLC0415
    from gnomon.instruments.imap.plots.style import save  # noqa: PLC0415

    days = [newest - timedelta(days=number) for number in reversed(range(DAYS))]
    paths = ialirt_paths(held, days)
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "latest.png"
        save(draw_quicklook(page_of_days(paths, days)), picture)
        adopt(catalog, opened.store, Brought(picture, LATEST, {}, {}))


def ialirt_paths(held: Holdings, days: Sequence[date]) -> list[Path]:
    """Return the files of the magnetometer of some days."""
    science = held.by_day(IALIRT, days, {"instrument": "mag"})
    return [*science, *held.by_day(IALIRT_HK, days)]
