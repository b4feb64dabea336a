"""`gnomon imap publish`: files of the store go to the science data centre, each version once.

A file is named by its path or by its name; it must be a dataset of the store, and the current
version of it, for the receipt tells which version of which dataset was sent. A file from elsewhere
is refused: `gnomon adopt` makes it a dataset first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from gnomon.catalog.catalog import Catalog
from gnomon.catalog.queries import Stored, datasets
from gnomon.cli.app import FAILURES, HERE, AsJson, DryRun, Folder, Screen, project
from gnomon.core.pipeline import RECEIPT, Pipeline, PublisherSpec, receipt_key
from gnomon.engine.events import Event, Happened
from gnomon.engine.project import How, Project
from gnomon.errors import ConfigError, GnomonError, UnknownName
from gnomon.publish.publisher import Receipt

PIPELINE, PUBLISHER = "imap-publish", "imap.sdc"


@dataclass(frozen=True)
class Sent:
    """What became of one file.

    Attributes
    ----------
    outcome : {"uploaded", "known", "would upload", "failed"}
    detail : str
        Where it went, or why not.
    """

    file: str
    outcome: str
    detail: str = ""


def publish(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Paths, or names of files of the store.")
    ],
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Upload files to the science data centre; what was uploaded before is not sent again.

    One that fails does not stop the rest; the command ends with 1 then.
    """
    with project(folder, as_json=as_json) as (opened, screen):
        spec = _publisher(opened)
        with opened.catalog(dry_run=dry_run) as catalog:
            shelf = _Shelf(opened, catalog)
            told = [_one(shelf, spec, name, dry_run=dry_run) for name in dict.fromkeys(files)]
        _show(screen, told)


def _publisher(opened: Project) -> PublisherSpec:
    for spec in opened.pipeline(PIPELINE).publishers:
        if spec.type.name == PUBLISHER:
            return spec
    raise ConfigError(f"pipelines/{PIPELINE}.toml lacks a [[publish]] that uses {PUBLISHER}")


class _Shelf:
    """The datasets of the store, by the names of their files."""

    def __init__(self, opened: Project, catalog: Catalog) -> None:
        self.opened, self.catalog = opened, catalog
        self._by_path = {one.dataset.path: one for one in datasets(catalog, every_version=True)}
        self._by_name = {Path(path).name: one for path, one in self._by_path.items()}

    def find(self, name: str) -> Stored:
        """Return a dataset by the path or the name of its file.

        Raises
        ------
        UnknownName, ConfigError
            There is none, or it is not the current version; says what to do.
        """
        root = self.opened.store.root.resolve()
        path = Path(name).resolve()
        found = self._by_path.get(name)
        if found is None and path.is_relative_to(root):
            found = self._by_path.get(path.relative_to(root).as_posix())
        if found is None and path.is_file() and not path.is_relative_to(root):
            raise ConfigError(
                f"{name} is no file of the store, so nothing would tell later that it was sent; "
                "make it a dataset first: gnomon adopt"
            )
        found = found or self._by_name.get(name)
        if found is None:
            raise UnknownName("file of the store", Path(name).name, self._by_name)
        if not found.current:
            now = self._current(found)
            raise ConfigError(f"{name} is superseded by {now}: publish that")
        return found

    def _current(self, old: Stored) -> str:
        same = (old.dataset.kind, old.dataset.key_text)
        for one in self._by_path.values():
            if one.current and (one.dataset.kind, one.dataset.key_text) == same:
                return Path(one.dataset.path).name
        return "nothing"

    def receipt(self, spec: PublisherSpec, stored: Stored) -> Receipt | None:
        """Return the receipt of this very version, if it was published."""
        key = receipt_key(spec.name, stored.dataset.kind, stored.dataset.key_text)
        for one in datasets(self.catalog, RECEIPT.name, {n: str(v) for n, v in key.items()}):
            receipt = Receipt.read(self.opened.store.path(one.dataset))
            if (
                receipt.sha256 == stored.dataset.sha256
                and receipt.version == stored.dataset.version
            ):
                return receipt
        return None


def _one(shelf: _Shelf, spec: PublisherSpec, name: str, *, dry_run: bool) -> Sent:
    try:
        stored = shelf.find(name)
        before = shelf.receipt(spec, stored)
        if dry_run:
            return Sent(name, "known" if before else "would upload", stored.dataset.path)
        problems = _run(shelf, spec, stored)
        receipt = shelf.receipt(spec, stored)
    except GnomonError as error:
        return Sent(name, "failed", str(error))
    if receipt is None:
        why = "; ".join(problems) or "it failed before and stands rejected: see `gnomon status`"
        return Sent(name, "failed", why)
    return Sent(name, "known" if before else "uploaded", receipt.detail)


def _run(shelf: _Shelf, spec: PublisherSpec, stored: Stored) -> list[str]:
    """Publish one dataset by the engine; return what went wrong."""
    dataset = stored.dataset
    kind = shelf.opened.registry.kind(dataset.kind)
    only = {name: frozenset({value}) for name, value in dataset.key.items()}
    pipeline = Pipeline(PIPELINE, publishers=(replace(spec, kinds=(kind,)),), only=only)
    problems: list[str] = []

    def listen(event: Event) -> None:
        if event.what in {Happened.FAILED, Happened.REJECTED, Happened.CORRUPT}:
            problems.append(event.message)

    with shelf.opened.loop(pipeline, shelf.catalog, How("inline"), listen) as loop:
        loop.run()
    return problems


def _show(screen: Screen, told: Iterable[Sent]) -> None:
    found = list(told)
    failed = [one for one in found if one.outcome == "failed"]
    if screen.as_json:
        files = [{"file": o.file, "outcome": o.outcome, "detail": o.detail} for o in found]
        screen.document({"files": files, "ok": not failed})
    else:
        for one in found:
            if one.outcome == "failed":
                line = f"[red]error:[/] {escape(one.file)}: {escape(one.detail)}"
                screen.err.print(line, soft_wrap=True)
            else:
                line = f"{one.outcome} {escape(one.file)} -> {escape(one.detail)}"
                screen.out.print(line, soft_wrap=True)
    if failed:
        raise typer.Exit(FAILURES)
