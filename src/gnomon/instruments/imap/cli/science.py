"""`gnomon imap fetch science`: CDFs of the science data centre."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from gnomon.cli.app import HERE, AsJson, DryRun, Folder, project
from gnomon.cli.part import execute, part
from gnomon.instruments.imap.cli.days import EndDate, FetchMode, Mode, StartDate, day_of


class Level(StrEnum):
    """Levels of science."""

    L1A = "l1a"
    L1B = "l1b"
    L1C = "l1c"
    L1D = "l1d"
    L2 = "l2"


class Overwrites(StrEnum):
    """What to do with another body at a version that is stored already."""

    BLOCKED = "FILE_OVERWRITES_BLOCKED"
    ALLOWED = "FILE_OVERWRITES_ALLOWED"


Words = list[str] | None
ByIngestion = Annotated[
    bool, typer.Option("--ingestion-date", help="The dates are those of ingestion.")
]
ALevel = Annotated[Level | None, typer.Option(help="Default: the pipeline's, l2.")]
Frames = Annotated[
    Words, typer.Option("--frame", "--frames", help="dsrf, srf, rtn, gse, gsm; of l1d and l2.")
]
Modes = Annotated[Words, typer.Option("--modes", "--mode", help="norm, burst.")]
Sensors = Annotated[
    Words, typer.Option("--sensors", "--sensor", help="magi, mago; of l1a, l1b and l1c.")
]
Most = Annotated[
    int | None,
    typer.Option("--max-downloads", min=1, help="Files to take at most, oldest first."),
]
Skip = Annotated[
    int, typer.Option("--skip-items-count", min=0, help="Files to leave out, oldest first.")
]
Version = Annotated[
    str | None,
    typer.Option(
        "--version-str-or-latest",
        help="v001.0004, v004, or latest, which is the highest. Default: latest.",
    ),
]
Overwriting = Annotated[
    Overwrites,
    typer.Option(
        "--overwrite-option",
        help="Whether another body may take the place of one with the same version.",
    ),
]


def science(
    start_date: StartDate = None,
    end_date: EndDate = None,
    by_ingestion: ByIngestion = False,
    level: ALevel = None,
    frame: Frames = None,
    modes: Modes = None,
    sensors: Sensors = None,
    fetch_mode: FetchMode = Mode.DOWNLOAD_ONLY,
    most: Most = None,
    skip: Skip = 0,
    version: Version = None,
    overwrites: Overwriting = Overwrites.BLOCKED,
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring in science files: of some days, or, without dates, all that came since the last time.

    Options are repeatable: --modes norm --modes burst.
    """
    with project(folder, as_json=as_json) as (opened, screen):
        options = {
            "start": day_of(start_date),
            "end": day_of(end_date),
            "by_ingestion": by_ingestion or None,
            "level": None if level is None else level.value,
            "frames": _lower(frame),
            "modes": _lower(modes),
            "sensors": _lower(sensors),
            # The pipeline's own choice holds only where the command makes none.
            "descriptors": () if level or modes or sensors or frame else None,
            "most": most,
            "skip": skip or None,
            "version": version,
            "replace": overwrites is Overwrites.ALLOWED or None,
            "advance": fetch_mode is Mode.UPDATE_PROGRESS or None,
        }
        pipeline = part(opened, "imap-science", source="imap.science", options=options)
        execute(opened, screen, pipeline, dry_run=dry_run)


def _lower(words: list[str] | None) -> tuple[str, ...] | None:
    return tuple(word.lower() for word in words) if words else None
