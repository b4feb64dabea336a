"""Adoption: files that people bring become datasets, with the name of the file as their origin.

A later job that makes the same key takes its place, as a newer version; until then what a person
brought stands, whoever made the versions before it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from gnomon.catalog.catalog import Catalog
from gnomon.catalog.writing import ADOPTED, Writing
from gnomon.core.dataset import Coverage, Dataset, coverage_of
from gnomon.core.fingerprint import digest
from gnomon.core.jobs import Act, Cell, Job, Product
from gnomon.core.kinds import Key, Kind, Tags
from gnomon.engine.aliases import alias_of
from gnomon.engine.execute import now_us
from gnomon.engine.inscription import inscribed
from gnomon.errors import ConfigError, Conflict
from gnomon.store.hashing import sha256_of, size_of
from gnomon.store.store import WORK, Store, sync
from gnomon.version import VERSION


@dataclass(frozen=True)
class Brought:
    """A file that a person brings.

    Attributes
    ----------
    file : Path
        Where it is. Outside the store it is copied; inside, it stays where it is.
    tags : mapping of str to str
        Only those that the kind declares are kept.
    coverage : Coverage, optional
        The days that its key names when absent.
    version : int, optional
        What its name says; the next one when absent.
    """

    file: Path
    kind: Kind
    key: Key
    tags: Tags
    coverage: Coverage | None = None
    version: int | None = None


@dataclass(frozen=True)
class Adopted:
    """What became of a file that was brought.

    Attributes
    ----------
    is_new : bool
        Whether its bytes were new to the catalogue.
    is_current : bool
        Whether it is what further work sees; not so where a higher version is there.
    """

    dataset: Dataset
    is_new: bool
    is_current: bool


def adopt(catalog: Catalog, store: Store, brought: Brought) -> Adopted:
    """Make a dataset of a file.

    The same bytes are the same version again.

    Raises
    ------
    ConfigError
        The key does not fit the kind, or there is no such file.
    Conflict
        Another body has that version already.
    """
    key = brought.kind.check(brought.key)
    if not brought.file.is_file():
        raise ConfigError(f"{brought.file} is no file")
    with _own_copy(store, brought.file) as file:
        product = _product(replace(brought, key=key), file)
        with catalog.writing() as writing:
            adopted = _Adoption(writing, store, brought.kind).take(product, file)
    alias = alias_of(catalog.kinds, adopted.dataset)
    if adopted.is_current and alias:
        store.name_also(adopted.dataset.path, alias)
    return adopted


@contextmanager
def _own_copy(store: Store, file: Path) -> Iterator[Path]:
    """Give a synced copy below the store, or the file itself where it is there."""
    if file.resolve().is_relative_to(store.root.resolve()):
        yield file
        return
    workspace = store.workspace(ADOPTED)
    try:
        copy = workspace / file.name
        shutil.copyfile(file, copy)
        sync(copy)
        yield copy
    finally:
        store.discard(workspace)


def _product(brought: Brought, file: Path) -> Product:
    kind = brought.kind
    kept = {name: text for name, text in brought.tags.items() if name in kind.tags}
    coverage = brought.coverage or coverage_of(kind, brought.key)
    sha256, size = sha256_of(file), size_of(file)
    product = Product("file", kind.name, brought.key, str(file), sha256, size, kept, coverage)
    return replace(product, version=brought.version)


class _Adoption:
    """One adoption, under the catalogue's lock."""

    def __init__(self, writing: Writing, store: Store, kind: Kind) -> None:
        self._writing, self._store, self._kind = writing, store, kind

    def take(self, product: Product, file: Path) -> Adopted:
        """Write the row, unless the bytes are known."""
        text = self._kind.text(product.key)
        versions = self._writing.versions(self._kind.name, text)
        same = next((d for d in versions if product.sha256 in {d.sha256, d.content}), None)
        if same is not None and not self._store.path(same).exists():
            self._bring_back(product, same)
        seq = self._add(product, file, versions) if same is None else same.seq
        numbers = [dataset.version for dataset in versions]
        version = product.version if same is None else same.version
        is_current = version is None or version >= max(numbers, default=0)
        if is_current:
            self._settle(product, text, seq)
        added = self._writing.versions(self._kind.name, text)
        return Adopted(next(d for d in added if d.seq == seq), same is None, is_current)

    def _add(self, product: Product, file: Path, versions: Sequence[Dataset]) -> int:
        kind = self._kind
        highest = max((dataset.version for dataset in versions), default=None)
        version = product.version
        if version is None:
            version = kind.version_after(highest)
        if any(dataset.version == version for dataset in versions):
            where = kind.version_text(version)
            raise Conflict(f"{file}: {kind.name} {kind.text(product.key)} has another {where}")
        inside = self._inside(file)
        product = product if inside else inscribed(product, kind, version)
        path = inside or kind.format(product.key, version, product.tags)
        if self._writing.is_taken(path):
            raise Conflict(f"{file}: {path} is another dataset's")
        signature = self._store.signature(file) if inside else self._store.place(file, path)
        self._store.sync_folders({(self._store.root / path).parent})
        first, mtime_ns = not versions, signature.mtime_ns
        return self._writing.add(product, version, path, mtime_ns, now_us(), first=first)

    def _bring_back(self, product: Product, known: Dataset) -> None:
        """Fill the place of a file that was removed, or lost."""
        made = inscribed(product, self._kind, known.version)
        signature = self._store.place(Path(made.path), known.path)
        self._store.sync_folders({(self._store.root / known.path).parent})
        self._writing.restored(known.seq, signature.mtime_ns)

    def _inside(self, file: Path) -> str:
        """Return the path of a file that was put into the store by hand, else nothing.

        One under a second name moves to its own, since the next version takes that name over.
        """
        root = self._store.root.resolve()
        if not file.resolve().is_relative_to(root):
            return ""
        relative = file.resolve().relative_to(root).as_posix()
        parsed = self._kind.parse_any(relative)
        own = parsed is not None and not parsed.is_alias
        return relative if own and not relative.startswith(f"{WORK}/") else ""

    def _settle(self, product: Product, text: str, seq: int) -> None:
        cell = Cell(0, Act.ADOPT, ADOPTED, self._kind.name, product.key, text)
        fingerprint = digest(ADOPTED, self._kind.name, text, product.sha256)
        self._writing.adopt(Job(fingerprint, cell, 1, ""), VERSION, now_us())
        self._writing.settle(cell.slot, fingerprint, [("file", seq)])
