"""`gnomon imap fetch binary`: packets of housekeeping from WebPODA."""

from __future__ import annotations

from typing import Annotated

import typer

from gnomon.cli.app import HERE, AsJson, DryRun, Folder, project
from gnomon.cli.part import execute, part
from gnomon.instruments.imap.cli.days import EndDate, FetchMode, Mode, StartDate, day_of

Apids = Annotated[list[int] | None, typer.Option("--apid", help="Of a packet; repeatable.")]
Packets = Annotated[
    list[str] | None,
    typer.Option(
        "--packet",
        help="SID3_PW, MAG_HSK_PW, hsk-pw, ...; repeatable; all. Default: the pipeline's.",
    ),
]


def binary(
    start_date: StartDate = None,
    end_date: EndDate = None,
    ert: Annotated[
        bool, typer.Option("--ert", help="The dates are those of reception on Earth.")
    ] = False,
    apid: Apids = None,
    packet: Packets = None,
    fetch_mode: FetchMode = Mode.DOWNLOAD_ONLY,
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring in packets: of some days, or, without dates, all that came since the last time."""
    with project(folder, as_json=as_json) as (opened, screen):
        names = (*(packet or ()), *map(str, apid or ()))
        options = {
            "start": day_of(start_date),
            "end": day_of(end_date),
            "by_ert": ert or None,
            "packets": names or None,
            "advance": fetch_mode is Mode.UPDATE_PROGRESS or None,
        }
        pipeline = part(opened, "imap-hk", source="imap.webpoda", options=options)
        execute(opened, screen, pipeline, dry_run=dry_run)
