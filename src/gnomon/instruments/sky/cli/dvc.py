"""`gnomon sky dvc`: a DVC pipeline of the commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from gnomon.cli.app import DryRun, ending, screen
from gnomon.instruments.sky.exports.dvc import write_pipeline


def dvc(
    folder: Annotated[Path, typer.Argument(help="Where to.", file_okay=False)] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace files that differ.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Write dvc.yaml, params.yaml and .gitignore; then `dvc init --no-scm` and `dvc repro`.

    params.yaml says what the archives are asked for: edit it. Every stage is a command that runs
    without DVC too.
    """
    view = screen()
    with ending(view):
        written = write_pipeline(folder, overwrite=force, dry_run=dry_run)
        said = "would write" if dry_run else "wrote"
        for path in written:
            view.out.print(f"{said} {escape(str(path))}", soft_wrap=True)
        if not written:
            view.out.print("all is there")
