"""Indexing: files that were put into the store by hand become datasets, by their names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gnomon.catalog import queries
from gnomon.catalog.catalog import Catalog
from gnomon.core.dataset import Dataset
from gnomon.core.kinds import Kind, ParsedPath
from gnomon.engine.adopt import Adopted, Brought, adopt
from gnomon.engine.aliases import aliases
from gnomon.engine.commit import REPLACED
from gnomon.errors import ConfigError
from gnomon.store.store import WORK, Store

RECEIPTS = "receipts"


@dataclass
class Indexed:
    """What an index run found.

    Attributes
    ----------
    adopted : list of (str, Adopted or None)
        Paths below the store's root; None in a dry run.
    unknown : list of str
        Files whose names fit no kind; they are left alone.
    refused : list of (str, str)
        Files that cannot be taken in, and why.
    """

    adopted: list[tuple[str, Adopted | None]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def index(
    catalog: Catalog,
    store: Store,
    kinds: Iterable[Kind],
    *,
    dry_run: bool = False,
    seen: Callable[[str], None] = lambda _: None,
) -> Indexed:
    """Adopt every file of the store that the catalogue does not know.

    Parameters
    ----------
    kinds : iterable of Kind
        Tried in this order; names of older times are read, too.
    """
    found = Indexed()
    ordered = tuple(kinds)
    for relative, kind, parsed in sorted(
        _named(catalog, store, ordered, found), key=lambda one: (one[0], one[2].version)
    ):
        seen(relative)
        if dry_run:
            found.adopted.append((relative, None))
            continue
        version = None if parsed.is_alias else parsed.version
        brought = Brought(store.root / relative, kind, parsed.key, parsed.tags, version=version)
        try:
            found.adopted.append((relative, adopt(catalog, store, brought)))
        except ConfigError as error:
            found.refused.append((relative, str(error)))
    return found


def _named(
    catalog: Catalog, store: Store, kinds: tuple[Kind, ...], found: Indexed
) -> Iterator[tuple[str, Kind, ParsedPath]]:
    """Return the unknown files whose names say what they are."""
    known = queries.paths(catalog)
    second = aliases(catalog)
    for relative in _files(store.root):
        if relative in known or _stands_for(store, relative, second):
            continue
        named = _what(relative, kinds)
        if named is None:
            found.unknown.append(relative)
        else:
            yield relative, *named


def _what(relative: str, kinds: tuple[Kind, ...]) -> tuple[Kind, ParsedPath] | None:
    for kind in kinds:
        if (parsed := kind.parse_any(relative)) is not None:
            return kind, parsed
    return None


def _files(root: Path) -> Iterator[str]:
    ours = {root / name for name in (WORK, RECEIPTS, REPLACED)}
    for parent, folders, names in os.walk(root):
        here = Path(parent)
        folders[:] = sorted(name for name in folders if here / name not in ours)
        for name in sorted(names):
            if not name.startswith("."):
                yield (here / name).relative_to(root).as_posix()


def _stands_for(store: Store, relative: str, named: Mapping[str, Dataset]) -> bool:
    """Tell whether a file is the second name of what is current, and not what somebody wrote."""
    if relative not in named:
        return False
    own, path = store.path(named[relative]), store.root / relative
    return own.exists() and (path.samefile(own) or path.read_bytes() == own.read_bytes())
