"""`gnomon imap index`: files that were put into the store by hand, and parts of days among them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import typer
from rich.markup import escape

from gnomon.catalog import queries
from gnomon.catalog.catalog import Catalog
from gnomon.cli.app import FAILURES, HERE, AsJson, DryRun, Folder, Screen, project
from gnomon.cli.housekeeping import show_index
from gnomon.engine.index import Indexed
from gnomon.engine.index import index as adopt_all
from gnomon.engine.project import Project
from gnomon.instruments.imap.cli.process import Shelf, merge_days, split_files
from gnomon.instruments.imap.kinds import HK_L0


def index(folder: Folder = HERE, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Adopt the files that were put into the store by hand, by what their names say.

    Files of packets may be parts of a day (``_001``, ``_002``): they are merged, so that the newest
    version holds all of them.
    """
    with project(folder, as_json=as_json) as (opened, screen):
        kinds = tuple(opened.registry.kinds.values())
        with opened.catalog(dry_run=dry_run) as catalog:
            found = adopt_all(catalog, opened.store, kinds, dry_run=dry_run)
            lost = [] if dry_run else _merge_parts(opened, catalog, screen, found)
        show_index(screen, found, dry_run=dry_run)
        if lost:
            raise typer.Exit(FAILURES)


def _merge_parts(opened: Project, catalog: Catalog, screen: Screen, found: Indexed) -> list[str]:
    """Lay all versions of the days of packets that were adopted over each other."""
    keys = {
        adopted.dataset.key_text
        for _, adopted in found.adopted
        if adopted is not None and adopted.dataset.kind == HK_L0.name
    }
    parts = [
        str(opened.store.path(stored.dataset))
        for key in sorted(keys)
        for stored in queries.versions(catalog, HK_L0.name, key)
        if stored.dataset.removed_us is None
    ]
    if not parts:
        return []
    shelf = Shelf(opened, catalog)
    with tempfile.TemporaryDirectory() as name:
        given = split_files(shelf, parts, None, None, Path(name))
        done, _ = merge_days(shelf, given, dry_run=False)
    for flaw in done.flaws:
        screen.err.print(f"[red]lost:[/] {escape(flaw)}", soft_wrap=True)
    return done.flaws
