"""`gnomon demo`: an instrument's whole flow, on data that it makes itself."""

from __future__ import annotations

import shutil
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

from gnomon.cli.app import AsJson, ending, screen
from gnomon.engine.project import Project, create
from gnomon.errors import ConfigError, UnknownName

DEMOS = "gnomon.demos"
"""Entry points of instruments that bring a demo: (folder, source folder or None, screen)."""


_MARK = ".gnomon-demo"


def fresh_project(folder: Path) -> Project:
    """Make an empty project; only a folder that an earlier demo made is cleared."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise ConfigError(f"{folder} is not empty and no earlier demo made it")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()
    project = Project.open(folder)
    create(project)
    return project


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
