"""`gnomon run` and `gnomon watch`: bring a pipeline's products up to date."""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack
from dataclasses import replace
from typing import Annotated

import typer
from rich.markup import escape

from gnomon.cli.app import (
    FAILURES,
    HERE,
    AsJson,
    DryRun,
    Executor,
    Folder,
    Scheduler,
    Screen,
    Workers,
    how,
    project,
)
from gnomon.cli.plan import show_preview
from gnomon.cli.progress import summary_json, summary_table, watching
from gnomon.core.pipeline import Pipeline
from gnomon.engine.events import Summary
from gnomon.engine.preview import preview
from gnomon.engine.project import How, Project

Name = Annotated[str, typer.Argument(metavar="PIPELINE", help="A name, or the path of a TOML.")]
Force = Annotated[bool, typer.Option("--force", help="Steps run though nothing has changed.")]
Every = Annotated[float | None, typer.Option(min=0.1, help="Seconds between two listings.")]


def run(
    pipeline: Name,
    folder: Folder = HERE,
    executor: Executor = None,
    workers: Workers = None,
    scheduler: Scheduler = "",
    force: Force = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Run a pipeline until nothing is left to do."""
    with project(folder, as_json=as_json) as (opened, screen):
        chosen = opened.pipeline(pipeline)
        if force:
            chosen = replace(chosen, run=chosen.run.model_copy(update={"force": True}))
        if dry_run:
            dry(opened, screen, chosen)
        else:
            finish(screen, work(opened, screen, chosen, how(executor, workers, scheduler)))


def watch(
    pipeline: Name,
    folder: Folder = HERE,
    every_s: Every = None,
    executor: Executor = None,
    workers: Workers = None,
    scheduler: Scheduler = "",
    as_json: AsJson = False,
) -> None:
    """Run a pipeline for ever: list its archives every so often, work on what comes."""
    with project(folder, as_json=as_json) as (opened, screen):
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        chosen = opened.pipeline(pipeline)
        pause_s = every_s or opened.settings.loop.every_s
        with (
            opened.catalog() as catalog,
            watching(screen, chosen.name) as listen,
            opened.loop(chosen, catalog, how(executor, workers, scheduler), listen) as loop,
        ):
            summary = loop.watch(stop, pause_s)
        finish(screen, summary)


def work(opened: Project, screen: Screen, pipeline: Pipeline, how_: How) -> Summary:
    """Run a pipeline and show it."""
    with (
        opened.catalog() as catalog,
        watching(screen, pipeline.name) as listen,
        opened.loop(pipeline, catalog, how_, listen) as loop,
    ):
        return loop.run()


def dry(opened: Project, screen: Screen, pipeline: Pipeline) -> None:
    """Show what a run would do."""
    with opened.catalog_or_empty() as catalog, ExitStack() as stack:
        found = preview(catalog, pipeline, opened.open_sources(pipeline, stack))
    show_preview(screen, found)


def finish(screen: Screen, summary: Summary) -> None:
    """Print what a run did, and leave with 1 if anything stands failed."""
    if screen.as_json:
        screen.document(summary_json(summary))
    else:
        screen.out.print(summary_table(summary))
        for reason, number in summary.reasons.items():
            screen.err.print(f"{number} waiting, {escape(reason)}", soft_wrap=True)
        if summary.standing:
            screen.err.print("`gnomon status` shows what stands failed or rejected")
    if not summary.ok:
        raise typer.Exit(FAILURES)
