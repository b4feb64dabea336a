"""`gnomon ls`, `show`, `why` and `lineage`: what there is, and where it comes from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from gnomon.catalog import queries
from gnomon.catalog.catalog import Catalog
from gnomon.catalog.queries import JobRow, Stored
from gnomon.cli.app import HERE, AsJson, Folder, Screen, project
from gnomon.core.kinds import Kind
from gnomon.core.pipeline import Registry
from gnomon.engine.why import why as reason_for
from gnomon.errors import ConfigError, UnknownName

KindName = Annotated[str, typer.Argument(metavar="KIND", help="Such as argo.levels.")]
KeyText = Annotated[str, typer.Argument(metavar="KEY", help="Such as wmo=6901929.")]


def ls(
    kind: Annotated[str | None, typer.Argument(metavar="[KIND]")] = None,
    where: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="Keys or tags.")
    ] = None,
    folder: Folder = HERE,
    every_version: Annotated[bool, typer.Option("--all", help="Older versions too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List datasets; without a kind, the kinds."""
    with project(folder, as_json=as_json) as (opened, screen), opened.catalog_or_empty() as catalog:
        if kind is None:
            _list_kinds(screen, catalog)
        else:
            chosen = opened.registry.kind(kind)
            filters = _filters(chosen, where)
            found = queries.datasets(catalog, chosen.name, filters, every_version=every_version)
            _list_datasets(screen, found, chosen)


def _filters(kind: Kind, where: list[str] | None) -> dict[str, str]:
    found = pairs(where or [])
    known = [*kind.keys, *kind.tags, "quality"]
    for name in found:
        if name not in known:
            raise UnknownName(f"key or tag of {kind.name}", name, known)
    return found


def pairs(texts: list[str]) -> dict[str, str]:
    """Return what ``NAME=VALUE`` words say."""
    parts = [text.partition("=") for text in texts]
    for name, equals, _ in parts:
        if not equals:
            raise ConfigError(f"{name!r} is no NAME=VALUE")
    return {name: value for name, _, value in parts}


def _list_kinds(screen: Screen, catalog: Catalog) -> None:
    counts = queries.kind_counts(catalog)
    if screen.as_json:
        screen.document([{"kind": c.kind, "current": c.current, "versions": c.versions,
                          "size": c.size} for c in counts])  # fmt: skip
        return
    table = Table("kind", box=None, pad_edge=False)
    for title in ("current", "versions", "MB"):
        table.add_column(title, justify="right")
    for count in counts:
        table.add_row(
            count.kind, str(count.current), str(count.versions), f"{count.size / 1e6:.1f}"
        )
    screen.out.print(table)


def _list_datasets(screen: Screen, found: list[Stored], kind: Kind) -> None:
    if screen.as_json:
        screen.document([stored_values(stored) for stored in found])
        return
    table = Table("key", "version", "bytes", "quality", "path", box=None, pad_edge=False)
    for stored in found:
        d = stored.dataset
        shown = _version(kind, d.version)
        version = shown if stored.current else f"({shown})"
        table.add_row(escape(d.key_text), version, str(d.size), stored.quality, escape(d.path))
    screen.out.print(table)


def _version(kind: Kind, version: int) -> str:
    """Return a version as people write it in the names of this kind."""
    if version < 0:
        return "replaced"  # another body took its place under the archive's number
    return kind.version_text(version) if kind.in_two_parts else str(version)


def stored_values(stored: Stored) -> dict[str, object]:
    """Return a dataset as values for JSON."""
    d, span = stored.dataset, stored.dataset.coverage
    return {
        "kind": d.kind,
        "key": d.key_text,
        "version": d.version,
        "current": stored.current,
        "quality": stored.quality,
        "path": d.path,
        "size": d.size,
        "sha256": d.sha256,
        "tags": dict(d.tags),
        "start": utc(span.start_us) if span else None,
        "stop": utc(span.stop_us) if span else None,
        "arrived": utc(d.arrived_us),
    }


def utc(instant_us: int) -> str:
    """Return an instant as ISO 8601 in UTC."""
    return datetime.fromtimestamp(instant_us / 1e6, UTC).isoformat(timespec="seconds")


def show(kind: KindName, key: KeyText, folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show every version of a dataset, what made the current one, and what was said of it."""
    with project(folder, as_json=as_json) as (opened, screen), opened.catalog_or_empty() as catalog:
        chosen, text = named(opened.registry, kind, key)
        found = queries.versions(catalog, chosen.name, text)
        if not found:
            raise UnknownName(f"dataset of {chosen.name}", text, _known(catalog, chosen))
        if screen.as_json:
            screen.document([_detail(catalog, stored) for stored in found])
            return
        for stored in found:
            _show_one(screen, catalog, stored)


def named(registry: Registry, kind: str, key: str) -> tuple[Kind, str]:
    """Return the kind, and the canonical text of a key that a user typed in any order."""
    chosen = registry.kind(kind)
    return chosen, chosen.text(chosen.key(key))


def _known(catalog: Catalog, kind: Kind) -> list[str]:
    return [stored.dataset.key_text for stored in queries.datasets(catalog, kind.name)]


def _detail(catalog: Catalog, stored: Stored) -> dict[str, object]:
    jobs = queries.makers(catalog, stored.dataset.seq)
    return stored_values(stored) | {
        "jobs": [job_values(job) for job in jobs],
        "metrics": queries.metrics(catalog, jobs[0].fingerprint) if jobs else {},
        "flags": [{"status": f.status, "comment": f.comment, "at": utc(f.at_us)}
                  for f in queries.flags(catalog, stored.dataset.seq)],
    }  # fmt: skip


def job_values(job: JobRow) -> dict[str, object]:
    """Return a job as values for JSON."""
    return {
        "fingerprint": job.fingerprint,
        "act": job.act,
        "name": job.name,
        "key": job.key,
        "version": job.version,
        "config": job.config,
        "state": job.state,
        "attempts": job.attempts,
        "error": job.error,
        "message": job.message,
        "note": job.note,
        "code": job.code,
        "started": utc(job.started_us),
        "finished": utc(job.finished_us),
    }


def _show_one(screen: Screen, catalog: Catalog, stored: Stored) -> None:
    d = stored.dataset
    state = "current" if stored.current else "older"
    version = _version(catalog.kinds[d.kind], d.version)
    screen.out.print(f"[bold]{escape(d.kind)} {escape(d.key_text)}[/] version {version}, {state}")
    for label, value in stored_values(stored).items():
        if label in {"quality", "path", "size", "sha256", "tags", "start", "stop", "arrived"}:
            screen.out.print(f"  {label:<8} {escape(str(value))}", soft_wrap=True)
    for job in queries.makers(catalog, d.seq)[:1]:
        screen.out.print(f"  made by  {escape(job.name)} version {job.version}, gnomon {job.code}")
        for name, value in queries.metrics(catalog, job.fingerprint).items():
            screen.out.print(f"  metric   {escape(name)} = {value:g}")
    for flag in queries.flags(catalog, d.seq):
        screen.out.print(f"  {flag.status:<8} {utc(flag.at_us)} {escape(flag.comment)}")


def why(kind: KindName, key: KeyText, folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Say why a dataset is there, or why it is not there yet."""
    with project(folder, as_json=as_json) as (opened, screen), opened.catalog_or_empty() as catalog:
        chosen, text = named(opened.registry, kind, key)
        pipelines = (opened.pipeline(name) for name in opened.pipeline_names())
        reason = reason_for(catalog, pipelines, chosen, text)
        if screen.as_json:
            screen.document(
                {
                    "kind": reason.kind,
                    "key": reason.key,
                    "verdict": reason.verdict,
                    "reason": reason.words,
                    "current": stored_values(reason.current) if reason.current else None,
                    "job": job_values(reason.job) if reason.job else None,
                    "inputs": [stored_values(link.stored) for link in reason.inputs],
                }
            )
            return
        there = "is there" if reason.current else "is not there"
        screen.out.print(f"[bold]{escape(kind)} {escape(text)}[/] {there}: {escape(reason.words)}")
        if reason.job:
            _tell_job(screen, reason.job)
        for link in reason.inputs:
            d = link.stored.dataset
            screen.out.print(
                f"  from {escape(link.role)}: {escape(d.kind)} {escape(d.key_text)} "
                f"version {_version(catalog.kinds[d.kind], d.version)}"
            )


def _tell_job(screen: Screen, job: JobRow) -> None:
    line = f"  {job.act} {job.name} version {job.version} {job.state} {utc(job.finished_us)}"
    screen.out.print(escape(line), soft_wrap=True)
    if job.message:
        screen.out.print(f"  [red]{escape(job.error)}[/]: {escape(job.message)}", soft_wrap=True)
    if job.item:
        item = json.loads(job.item)
        line = f"  in the archive: {item['ref']}, stamp {item['stamp']}"
        screen.out.print(escape(line), soft_wrap=True)


def lineage(
    kind: KindName,
    key: KeyText,
    folder: Folder = HERE,
    down: Annotated[bool, typer.Option("--down", help="What was made of it instead.")] = False,
    depth: Annotated[int, typer.Option(min=1)] = 10,
    as_json: AsJson = False,
) -> None:
    """Show what a dataset was made from, or what was made of it."""
    with project(folder, as_json=as_json) as (opened, screen), opened.catalog_or_empty() as catalog:
        chosen, text = named(opened.registry, kind, key)
        current = [s for s in queries.versions(catalog, chosen.name, text) if s.current]
        if not current:
            raise UnknownName(f"dataset of {chosen.name}", text, _known(catalog, chosen))
        found = _follow(catalog, current[0], down=down, depth=depth)
        if screen.as_json:
            screen.document(found)
        else:
            screen.out.print(_tree(catalog.kinds, found))


def _follow(catalog: Catalog, stored: Stored, *, down: bool, depth: int) -> dict[str, object]:
    seq = stored.dataset.seq
    jobs = queries.users(catalog, seq) if down else queries.makers(catalog, seq)[:1]
    way = "out" if down else "in"
    links = [(job, link) for job in jobs for link in queries.links(catalog, job.fingerprint, way)]
    deeper = depth > 1
    below = [
        _follow(catalog, link.stored, down=down, depth=depth - 1)
        if deeper
        else stored_values(link.stored)
        for job, link in links
        if not down or link.stored.current
    ]
    by = [] if down else [f"{job.name} version {job.version}" for job in jobs]
    return stored_values(stored) | {"by": by, "of" if down else "from": below}


def _tree(kinds: Mapping[str, Kind], found: dict[str, object], parent: Tree | None = None) -> Tree:
    by = found.get("by") or []
    note = f" [dim]by {escape(', '.join(map(str, by)))}[/]" if isinstance(by, list) and by else ""
    kind, number = str(found["kind"]), int(str(found["version"]))
    version = _version(kinds[kind], number).removeprefix("v")
    label = f"{escape(kind)} {escape(str(found['key']))} v{version}{note}"
    tree = Tree(label) if parent is None else parent.add(label)
    below = found.get("from") or found.get("of") or []
    for entry in below if isinstance(below, list) else []:
        _tree(kinds, entry, tree)
    return tree
