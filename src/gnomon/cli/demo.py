"""`gnomon demo`: an instrument's whole flow, on data that it makes itself."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

from gnomon.cli.app import AsJson, ending, screen
from gnomon.errors import UnknownName

DEMOS = "gnomon.demos"
"""Entry points of instruments that bring a demo: (folder, source folder or None, screen)."""


def demo(
    name: Annotated[str, typer.Argument(help="Which instrument.")] = "argo",
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Real files, in the archive's layout.", exists=True),
    ] = None,
    folder: Annotated[
        Path, typer.Option("--folder", help="Where to work; made when it is absent.")
    ] = Path("demo"),
    as_json: AsJson = False,
) -> None:
    """Run an instrument's whole flow: serve, sync, process, export, re-issue, run again."""
    view = screen(as_json=as_json)
    with ending(view):
        found = {point.name: point for point in entry_points(group=DEMOS)}
        if name not in found:
            raise UnknownName("demo", name, found)
        found[name].load()(folder, source, view)
