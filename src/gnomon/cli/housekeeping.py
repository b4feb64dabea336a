"""`gnomon adopt`, `index` and `cleanup`: files that come and go by hand."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.markup import escape

from gnomon.cli.app import FAILURES, HERE, AsJson, DryRun, Folder, Screen, project
from gnomon.cli.data import pairs, stored_values
from gnomon.core.kinds import Kind
from gnomon.core.pipeline import validated
from gnomon.engine import adopt as adoption
from gnomon.engine import cleanup as cleaning
from gnomon.engine import index as indexing
from gnomon.engine.cleanup import CleanupTask
from gnomon.errors import ConfigError


def adopt(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)],
    kind: Annotated[str, typer.Option("--kind", help="Such as imap.xtce.")],
    values: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="Keys and tags.")
    ] = None,
    version: Annotated[str, typer.Option(help="Such as 3, or 1.4; the next one when absent.")] = "",
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Make a dataset of a file that you bring; the file itself stays where it is."""
    with project(folder, as_json=as_json) as (opened, screen):
        chosen = opened.registry.kind(kind)
        said = pairs(values or [])
        given = {name: quote(said[name]) for name in chosen.keys if name in said}
        key = chosen.key(",".join(f"{name}={text}" for name, text in given.items()))
        tags = {name: text for name, text in said.items() if name in chosen.tags}
        if stray := set(said) - set(key) - set(tags):
            raise ConfigError(f"{kind} has neither key nor tag {', '.join(sorted(stray))}")
        number = chosen.version_of(version) if version else None
        brought = adoption.Brought(file, chosen, key, tags, version=number)
        if dry_run:
            screen.out.print(f"would adopt {escape(str(file))} as {kind} {chosen.text(key)}")
            return
        with opened.catalog() as catalog:
            made = adoption.adopt(catalog, opened.store, brought)
        _tell_adopted(screen, str(file), chosen, made)


def _tell_adopted(screen: Screen, name: str, kind: Kind, made: adoption.Adopted) -> None:
    dataset = made.dataset
    if screen.as_json:
        screen.document(
            {
                "kind": dataset.kind,
                "key": dataset.key_text,
                "version": kind.version_text(dataset.version),
                "path": dataset.path,
                "new": made.is_new,
                "current": made.is_current,
            }
        )
        return
    verb = "adopted" if made.is_new else "known already:"
    screen.out.print(f"{verb} {escape(name)} -> {escape(dataset.path)}", soft_wrap=True)
    if not made.is_current:
        screen.out.print("a higher version is current, and stays so")


def index(folder: Folder = HERE, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Adopt the files that were put into the store by hand, by what their names say."""
    with project(folder, as_json=as_json) as (opened, screen):
        kinds = tuple(opened.registry.kinds.values())
        with opened.catalog(dry_run=dry_run) as catalog:
            found = indexing.index(catalog, opened.store, kinds, dry_run=dry_run)
        show_index(screen, found, dry_run=dry_run)


def show_index(screen: Screen, found: indexing.Indexed, *, dry_run: bool) -> None:
    """Print what an index run found; leave with 1 where a file could not be taken in."""
    if screen.as_json:
        screen.document(
            {
                "adopted": [path for path, _ in found.adopted],
                "unknown": found.unknown,
                "refused": [{"path": path, "why": why} for path, why in found.refused],
            }
        )
    else:
        for path, _ in found.adopted:
            screen.out.print(f"{'would adopt' if dry_run else 'adopted'} {escape(path)}")
        for path in found.unknown:
            screen.out.print(f"left alone, since no kind has such a name: {escape(path)}")
        for path, why in found.refused:
            screen.out.print(f"[red]refused[/] {escape(path)}: {escape(why)}", soft_wrap=True)
        if not (found.adopted or found.unknown or found.refused):
            screen.out.print("every file of the store is known")
    if found.refused:
        raise typer.Exit(FAILURES)


def cleanup(
    patterns: Annotated[
        list[str] | None, typer.Argument(metavar="[PATTERN]...", help="Globs of paths.")
    ] = None,
    older_than: Annotated[str, typer.Option(help="30d, 12h, 1d12h.")] = "0s",
    current_too: Annotated[
        bool, typer.Option("--current-too", help="Not only superseded versions.")
    ] = False,
    archive: Annotated[
        Path | None, typer.Option(help="Keep a copy below this folder.", file_okay=False)
    ] = None,
    tasks: Annotated[
        Path | None, typer.Option(help="A TOML file of [[task]] tables.", exists=True)
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="Files that one run may touch.")] = 250,
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Remove or archive files of the store by pattern and age; the catalogue keeps their rows."""
    with project(folder, as_json=as_json) as (opened, screen):
        wanted = _tasks(tasks) if tasks else []
        if patterns:
            mode = "archive" if archive else "delete"
            own: dict[str, Any] = {"paths_to_match": patterns, "files_older_than": older_than}
            own |= {"keep_latest_version_only": not current_too, "cleanup_mode": mode}
            wanted.append(validated(CleanupTask, own | {"archive_folder": archive}, "cleanup"))
        if not wanted:
            raise ConfigError("say which files: PATTERN, such as 'ialirt/*', or --tasks FILE")
        with opened.catalog(dry_run=dry_run) as catalog:
            done = cleaning.cleanup(catalog, opened.store, wanted, most=most, dry_run=dry_run)
        _show_cleaned(screen, done, dry_run=dry_run)


def _tasks(path: Path) -> list[CleanupTask]:
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    tables: Any = data.get("task", [])
    if set(data) - {"task"} or not isinstance(tables, list):
        raise ConfigError(f"{path}: write [[task]] tables and nothing else")
    return [validated(CleanupTask, table, f"{path} [[task]]") for table in tables]


def _show_cleaned(screen: Screen, done: list[cleaning.Cleaned], *, dry_run: bool) -> None:
    if screen.as_json:
        screen.document([stored_values(one.stored) | {"task": one.task} for one in done])
        return
    verb = "would remove" if dry_run else "removed"
    for one in done:
        kept = f", kept as {one.archived}" if one.archived else ""
        screen.out.print(f"{verb} {escape(one.stored.dataset.path)}{escape(kept)}")
    megabytes = sum(one.stored.dataset.size for one in done) / 1e6
    screen.out.print(f"{verb} {len(done)} files, {megabytes:.1f} MB")
