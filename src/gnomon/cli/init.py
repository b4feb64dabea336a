"""`gnomon init`: start a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from gnomon.cli.app import AsJson, DryRun, project
from gnomon.engine.project import create


def init(
    folder: Annotated[Path, typer.Argument(help="Where; made when it is absent.")] = Path(),
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Write `gnomon.toml` and the pipelines, and make the catalogue; what exists is kept."""
    with project(folder, as_json=as_json) as (opened, screen):
        made = create(opened, dry_run=dry_run)
        if screen.as_json:
            screen.document({"made": [str(path) for path in made]})
            return
        for path in made:
            screen.out.print(f"{'would make' if dry_run else 'made'} {escape(str(path))}")
        if not made:
            screen.out.print("everything is there already")
