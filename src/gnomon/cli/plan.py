"""`gnomon plan`: what would run, and why."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from gnomon.cli.app import HERE, AsJson, Folder, Screen, project
from gnomon.core.jobs import Decision
from gnomon.engine.preview import Preview, preview

_MOST = 40


def plan(
    pipeline: Annotated[str, typer.Argument(metavar="PIPELINE", help="A name or a TOML file.")],
    folder: Folder = HERE,
    list_archives: Annotated[
        bool, typer.Option("--list/--no-list", help="Ask the archives what they have.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Show what a run would do and why, without doing it."""
    with project(folder, as_json=as_json) as (opened, screen):
        chosen = opened.pipeline(pipeline)
        with opened.catalog_or_empty() as catalog, ExitStack() as stack:
            sources = opened.open_sources(chosen, stack) if list_archives else {}
            found = preview(catalog, chosen, sources)
        show_preview(screen, found)


def show_preview(screen: Screen, found: Preview) -> None:
    """Print decisions: counted, and the first of them one by one."""
    if screen.as_json:
        screen.document([_values(decision) for decision in found.decisions])
        return
    if not found.decisions:
        screen.out.print("nothing to do")
        return
    counts = Counter((d.cell.name, d.verdict, d.reason) for d in found.decisions)
    summary = Table("what", "verdict", "why", "cells", box=None, pad_edge=False)
    for (name, verdict, reason), number in counts.items():
        summary.add_row(escape(name), verdict, escape(reason), str(number))
    screen.out.print(summary)
    detail = Table("verdict", "cell", "from", box=None, pad_edge=False)
    for decision in found.decisions[:_MOST]:
        detail.add_row(decision.verdict, escape(_cell(decision)), escape(_origin(decision)))
    screen.out.print()
    screen.out.print(detail)
    if len(found.decisions) > _MOST:
        screen.out.print(f"… and {len(found.decisions) - _MOST} more; --json shows all")


def _cell(decision: Decision) -> str:
    cell = decision.cell
    return " ".join(part for part in (cell.name, cell.kind, cell.key_text) if part)


def _origin(decision: Decision) -> str:
    job = decision.job
    if job is None:
        return ""
    if job.item is not None:
        return f"{job.item.ref} of {job.item.stamp}"
    return f"{len(job.inputs)} inputs"


def _values(decision: Decision) -> dict[str, object]:
    cell, job = decision.cell, decision.job
    return {
        "name": cell.name,
        "act": cell.act,
        "kind": cell.kind,
        "key": cell.key_text,
        "verdict": decision.verdict,
        "reason": decision.reason,
        "ref": job.item.ref if job and job.item else None,
        "inputs": len(job.inputs) if job else 0,
    }
