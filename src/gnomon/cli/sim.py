"""`gnomon sim`: archives to practise on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gnomon.cli.app import ending, screen
from gnomon.sim.archive import serve
from gnomon.sim.faults import parse_fault

app = typer.Typer(help="Local archives with faults on demand.", no_args_is_help=True)


@app.callback()
def sim() -> None:
    """Local archives with faults on demand."""


@app.command()
def archive(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What to serve.")],
    http_port: Annotated[
        int | None, typer.Option(min=0, help="0 takes a free one; no HTTP when absent.")
    ] = None,
    ftp_port: Annotated[
        int | None, typer.Option(min=0, help="0 takes a free one; no FTP when absent.")
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="NAME:PATTERN:option=value, such as 429:*/profiles/*:times=2."),
    ] = None,
) -> None:
    """Serve a folder read-only over real HTTP and FTP on loopback, until interrupted."""
    view = screen()
    with ending(view):
        if http_port is None and ftp_port is None:
            http_port = ftp_port = 0
        faults = [parse_fault(text) for text in fault or []]
        serve(folder, http_port, ftp_port, faults, announce=_announce)


def _announce(url: str) -> None:
    typer.echo(f"serving {url}")
