"""`gnomon status`, `retry`, `veto`, `verify` and `sweep`: looking after a project."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from gnomon.catalog import queries
from gnomon.catalog.queries import JobRow
from gnomon.cli.app import FAILURES, HERE, AsJson, DryRun, Folder, Screen, project
from gnomon.cli.data import KeyText, KindName, job_values, named, stored_values, utc
from gnomon.engine import upkeep


def status(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show what there is, what runs, and what stands failed or rejected."""
    with project(folder, as_json=as_json) as (opened, screen), opened.catalog_or_empty() as catalog:
        kinds, jobs = queries.kind_counts(catalog), queries.job_counts(catalog)
        bad, busy = queries.problems(catalog), queries.running(catalog)
        sources = queries.cursors(catalog)
        if screen.as_json:
            screen.document(
                {
                    "kinds": {c.kind: c.current for c in kinds},
                    "jobs": jobs,
                    "running": [job_values(job) for job in busy],
                    "problems": [job_values(job) for job in bad],
                    "listed": {name: utc(at_us) for name, (_, at_us) in sources.items()},
                }
            )
            return
        for name, (_, at_us) in sources.items():
            screen.out.print(f"{escape(name)} was last listed {utc(at_us)}")
        if jobs:
            screen.out.print(_states(jobs))
        for count in kinds:
            screen.out.print(f"{escape(count.kind)}: {count.current} current")
        for job in busy:
            screen.out.print(f"running {escape(job.slot)} since {utc(job.started_us)}")
        _show_problems(screen, bad)


def _states(jobs: dict[str, dict[str, int]]) -> Table:
    states = sorted({state for counts in jobs.values() for state in counts})
    table = Table("jobs", *states, box=None, pad_edge=False)
    for name, counts in jobs.items():
        table.add_row(escape(name), *(str(counts.get(state, 0)) for state in states))
    return table


def _show_problems(screen: Screen, bad: list[JobRow]) -> None:
    for job in bad:
        about = escape(f"{job.name} {job.key}")
        line = f"[red]{job.state}[/] {about}: {escape(job.error)}: {escape(job.message)}"
        screen.out.print(line, soft_wrap=True)
    if not bad:
        screen.out.print("nothing stands failed or rejected")


def retry(
    kind: Annotated[str | None, typer.Argument(metavar="[KIND]")] = None,
    key: Annotated[str | None, typer.Argument(metavar="[KEY]")] = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="Those whose products are gone from the store.")
    ] = False,
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Let jobs run again: all that stand failed or rejected, or those of one dataset."""
    if kind is not None and (key is None or missing):
        raise typer.BadParameter("a KIND needs a KEY, and goes without --missing")
    with (
        project(folder, as_json=as_json) as (opened, screen),
        opened.catalog(dry_run=dry_run) as catalog,
    ):
        if kind is not None and key is not None:
            chosen, text = named(opened.registry, kind, key)
            jobs = upkeep.retry(catalog, chosen, text, dry_run=dry_run)
        elif missing:
            jobs = upkeep.restore(catalog, opened.store, dry_run=dry_run)
        else:
            jobs = upkeep.retry(catalog, dry_run=dry_run)
        if screen.as_json:
            screen.document([job_values(job) for job in jobs])
            return
        for job in jobs:
            screen.out.print(f"ready again: {escape(job.slot)}")
        screen.out.print(f"{len(jobs)} jobs; the next run takes them")


def veto(
    kind: KindName,
    key: KeyText,
    comment: Annotated[str, typer.Option("--comment", "-m", help="Why.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Take the veto back.")] = False,
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take a dataset out of all further work; the next run remakes what was made of it."""
    with (
        project(folder, as_json=as_json) as (opened, screen),
        opened.catalog(dry_run=dry_run) as catalog,
    ):
        chosen, text = named(opened.registry, kind, key)
        stored = upkeep.veto(catalog, chosen, text, comment, undo=undo, dry_run=dry_run)
        if screen.as_json:
            screen.document(stored_values(stored))
        else:
            done = "taken back" if undo else "vetoed"
            screen.out.print(f"{escape(kind)} {escape(text)} {done}; the next run does the rest")


def verify(folder: Folder = HERE, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Read every file of the store and compare it with the catalogue."""
    with (
        project(folder, as_json=as_json) as (opened, screen),
        opened.catalog(dry_run=dry_run) as catalog,
    ):
        total = sum(count.versions for count in queries.kind_counts(catalog))
        with Progress(console=screen.err, disable=not screen.is_live) as progress:
            task = progress.add_task("verify", total=total)
            found = upkeep.verify(
                catalog,
                opened.store,
                dry_run=dry_run,
                seen=lambda _: progress.advance(task),
            )
        if screen.as_json:
            corrupt = [stored_values(s) | {"trouble": why} for s, why in found.corrupt]
            screen.document({"checked": found.checked, "bytes": found.size, "corrupt": corrupt})
        else:
            for _, why in found.corrupt:
                screen.out.print(f"[red]corrupt[/] {escape(why)}", soft_wrap=True)
            screen.out.print(f"{found.checked} files, {found.size / 1e6:.1f} MB, "
                             f"{len(found.corrupt)} corrupt")  # fmt: skip
        if found.corrupt:
            raise typer.Exit(FAILURES)


def sweep(folder: Folder = HERE, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Remove files of the store that no row of the catalogue names."""
    with (
        project(folder, as_json=as_json) as (opened, screen),
        opened.catalog(dry_run=dry_run) as catalog,
    ):
        gone = upkeep.sweep(catalog, opened.store, dry_run=dry_run)
        names = [path.relative_to(opened.store.root).as_posix() for path in gone]
        if screen.as_json:
            screen.document(names)
            return
        for name in names:
            screen.out.print(f"{'would remove' if dry_run else 'removed'} {escape(name)}")
        screen.out.print(f"{len(names)} stray files")
