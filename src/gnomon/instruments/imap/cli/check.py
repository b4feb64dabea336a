"""`gnomon imap check ialirt`: what is not normal in the magnetometer's housekeeping."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gnomon.cli.app import FAILURES, HERE, AsJson, Folder, Screen, project
from gnomon.errors import NoData
from gnomon.instruments.imap.cli.days import EndDate, StartDate, days_or_recent
from gnomon.instruments.imap.cli.stored import Holdings
from gnomon.instruments.imap.kinds import IALIRT_HK
from gnomon.instruments.imap.telemetry.anomalies import Findings, find_anomalies
from gnomon.instruments.imap.telemetry.day_table import DayTable
from gnomon.instruments.imap.telemetry.ialirt_rows import TIME
from gnomon.instruments.imap.telemetry.rules import built_in, read_rules

_RECENT = 2


def ialirt(
    start_date: StartDate = None,
    end_date: EndDate = None,
    files: Annotated[
        list[Path] | None, typer.Option(help="Paths, or names of the store; repeatable.")
    ] = None,
    error_on_anomaly: Annotated[
        bool,
        typer.Option("--error-on-anomaly/--no-error-on-anomaly", help="Leave with 1 where any is."),
    ] = True,
    rules: Annotated[
        Path | None, typer.Option(help="Other limits, as TOML.", dir_okay=False, exists=True)
    ] = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Look for values beyond limits, flags and forbidden modes; yesterday and today by default."""
    with project(folder, as_json=as_json) as (opened, screen):
        with opened.catalog_or_empty() as catalog:
            stored = Holdings(opened, catalog)
            if files:
                paths = [stored.path_of(file, IALIRT_HK) for file in files]
            else:
                days = days_or_recent(start_date, end_date, _RECENT)
                paths = stored.by_day(IALIRT_HK, days)
                if not paths:
                    raise NoData(f"no housekeeping of {days[0]} to {days[-1]} is in the store")
        table = DayTable(TIME)
        for path in paths:
            table.take(DayTable.read(path, TIME).rows.items())
        findings = find_anomalies(table.rows, read_rules(rules) if rules else built_in())
        _show(screen, findings, paths)
        if findings.anomalies and error_on_anomaly:
            raise typer.Exit(FAILURES)


def _show(screen: Screen, findings: Findings, paths: list[Path]) -> None:
    if screen.as_json:
        screen.document(
            {
                "anomalies": [anomaly.as_dict() for anomaly in findings.anomalies],
                "rows": findings.rows,
                "values": findings.values,
                "files": [str(path) for path in paths],
            }
        )
        return
    for anomaly in findings.anomalies:
        screen.out.print(anomaly.sentence, markup=False, soft_wrap=True)
    if not findings.anomalies:
        screen.out.print(f"no anomalies in {findings.rows} rows, {findings.values} values")
