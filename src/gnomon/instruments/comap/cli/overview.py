"""`gnomon comap overview`: observations with their state, out of SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from gnomon.cli.app import HERE, AsJson, Folder, Screen, project
from gnomon.engine.project import Project
from gnomon.errors import ConfigError
from gnomon.instruments.comap.cli.configured import publisher_options
from gnomon.instruments.comap.database.observations import Observations
from gnomon.instruments.comap.database.opening import SCHEMES, address_of, open_observations
from gnomon.instruments.comap.database.overview import Choice, Overview, overviews
from gnomon.instruments.comap.database.publisher import SQL, SqlConfig
from gnomon.instruments.comap.level1.verdict import Status
from gnomon.publish.databases.address import Address

_COLOURS = {Status.COMPLETE: "green", Status.FAILED: "red", Status.PENDING: "yellow"}


def overview(
    obsids: Annotated[
        list[int] | None, typer.Argument(min=1, max=2**63 - 1, help="Default: all.")
    ] = None,
    sources: Annotated[
        list[str] | None, typer.Option("--source", help="A name or pattern, fg*; repeatable.")
    ] = None,
    groups: Annotated[
        list[str] | None, typer.Option("--group", help="Calibrator, Galactic, …; repeatable.")
    ] = None,
    status: Annotated[Status | None, typer.Option(help="Only those in this state.")] = None,
    paths: Annotated[bool, typer.Option("--paths", help="Show where the files are.")] = False,
    database: Annotated[
        str, typer.Option(help=f"{SCHEMES}. Default: where the project's pipelines publish to.")
    ] = "",
    pipeline: Annotated[str, typer.Option(help="The pipeline that says where to.")] = "",
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show observations: state and reason, system temperature, opacity, scans, flags.

    Tsys is the median in K; tau is the atmosphere's temperature times its opacity at the zenith,
    also in K; bad counts, of 152, the feeds and frequency bands that are flagged.
    """
    with project(folder, as_json=as_json) as (opened, screen):
        choice = Choice(sources or (), groups or (), status, obsids or ())
        found = overviews(_database(opened, database, pipeline), choice)
        if screen.as_json:
            screen.document([asdict(one) for one in found])
        else:
            _show(screen, found, paths=paths)


def _database(opened: Project, url: str, pipeline: str) -> Observations:
    if url:
        return open_observations(Address(url), Path())
    said = publisher_options(opened, SQL.name, pipeline)
    urls = [config.url for config in said if isinstance(config, SqlConfig)] or [Address("")]
    addresses = {address_of(one, opened.folder): None for one in urls}
    if len(addresses) > 1:
        raise ConfigError(
            f"pipelines publish to {' and '.join(map(str, addresses))}: choose by --database"
        )
    return open_observations(next(iter(addresses)), opened.folder)


def _show(screen: Screen, found: Sequence[Overview], *, paths: bool) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("obsid", "start, UTC", "source", "group", "status"):
        table.add_column(title, no_wrap=True)
    for title in ("Tsys", "tau", "scans", "bad"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("reason")
    for one in found:
        table.add_row(*_cells(one))
    screen.out.print(table)
    for one in found if paths else ():
        for level, path in (("Level 1", one.level1_path), ("Level 2", one.level2_path)):
            if path:
                screen.out.print(f"{one.obsid}  {level}  {escape(path)}", soft_wrap=True)
    counts = Counter(one.status for one in found)
    each = ", ".join(f"{counts[status]} {status}" for status in Status if counts[status])
    noun = "observation" if len(found) == 1 else "observations"
    screen.out.print(f"{len(found)} {noun}{': ' if each else ''}{each}", soft_wrap=True)


def _cells(one: Overview) -> tuple[str, ...]:
    colour = _COLOURS.get(Status(one.status), "") if one.status in list(Status) else "dim"
    return (
        str(one.obsid),
        escape(one.utc_start or "-"),
        escape(one.source or "-"),
        escape(one.source_group or "-"),
        f"[{colour}]{escape(one.status)}[/]",
        _number(one.median_tsys_k),
        _number(one.mean_tau_k),
        "-" if one.n_scans is None else str(one.n_scans),
        str(one.n_bad) if one.n_bad else "-",
        escape((one.reason or "").removeprefix(f"obsid {one.obsid}: ")),
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
