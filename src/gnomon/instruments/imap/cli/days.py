"""Options that commands by day have in common."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer

from gnomon.errors import ConfigError
from gnomon.instruments.imap.telemetry.dates import days_from

StartDate = Annotated[datetime | None, typer.Option("--start-date", help="The first day, UTC.")]
EndDate = Annotated[datetime | None, typer.Option("--end-date", help="The last day, UTC.")]


class Mode(StrEnum):
    """What a fetch by dates does to later polls."""

    DOWNLOAD_ONLY = "DownloadOnly"
    UPDATE_PROGRESS = "DownloadAndUpdateProgress"


class SaveMode(StrEnum):
    """Where files go."""

    LOCAL_ONLY = "LocalOnly"
    LOCAL_AND_DATABASE = "LocalAndDatabase"


FetchMode = Annotated[
    Mode,
    typer.Option(
        "--fetch-mode", help="DownloadAndUpdateProgress: later polls begin after what was seen."
    ),
]
AnyMode = Annotated[
    Mode,
    typer.Option("--fetch-mode", hidden=True, help="What is fetched is always kept account of."),
]
UseDatabase = Annotated[
    bool,
    typer.Option("--use-database/--no-use-database", hidden=True, help="It is always used."),
]


def day_of(when: datetime | None) -> date | None:
    """Return the UTC day of a date on the command line."""
    return None if when is None else when.date()


def days_or_recent(start: datetime | None, end: datetime | None, recent: int) -> list[date]:
    """Return the days from one to another, both in; by default the last few, today included."""
    last = day_of(end) or day_of(start) or datetime.now(UTC).date()
    first = day_of(start) or (last if end else last - timedelta(days=recent - 1))
    if last < first:
        raise ConfigError(f"the last day, {last}, is before the first, {first}")
    return days_from(first, last)
