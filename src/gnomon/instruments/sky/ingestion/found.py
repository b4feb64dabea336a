"""What an ingestion brought: of each item that was listed, what is in the catalogue of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.catalog.catalog import Catalog
from gnomon.catalog.queries import datasets
from gnomon.core.items import Item
from gnomon.core.kinds import Key
from gnomon.instruments.sky.exports.texts import Source
from gnomon.instruments.sky.kinds import CURVES, MAST_OBSERVATIONS, PART
from gnomon.store.store import Store

if TYPE_CHECKING:
    from gnomon.instruments.sky.exports.batches import Rows as ExportRows


@dataclass(frozen=True)
class Found:
    """The files that hold what was asked for, in the schema of parts or as MAST's rows.

    Attributes
    ----------
    paths : tuple of Path
        Parts of light curves, or tables of observations.
    groups : frozenset of str
        The groups of light curves that they belong to.
    """

    paths: tuple[Path, ...]
    groups: frozenset[str]


def found_of(catalog: Catalog, store: Store, survey: Source, items: Iterable[Item]) -> Found:
    """Return what the catalogue has of the items that a source listed."""
    kind = MAST_OBSERVATIONS if survey == "mast" else PART
    paths: dict[Path, str] = {}
    for item in items:
        for stored in datasets(catalog, kind.name, _place(survey, item.key)):
            group = str(stored.dataset.key.get("group", ""))
            paths[store.path(stored.dataset)] = group
    return Found(tuple(sorted(paths)), frozenset(paths.values()))


def _place(survey: Source, key: Key) -> Mapping[str, str]:
    """Return the key, or a part of it, of what is made of one item."""
    if survey == "mast":
        return {"query": str(key["query"])}
    if survey == "ztf":
        return {"survey": survey, "piece": str(key["query"])}
    piece = f"s{key['sector']:04d}-{key['product']}"
    return {"survey": survey, "group": f"tic{key['tic']:016d}", "piece": piece}


def rows_of(found: Found, survey: Source) -> Sequence[ExportRows]:
    """Return what was found, each measurement of a group once, to be read when it is written."""
    if survey == "mast":
        return found.paths
    from gnomon.instruments.sky.exports.handing_on import merged  # noqa: PLC0415 - heavy

    return merged(found.paths)


class Rows:
    """How many rows the store has of a survey, before and after."""

    def __init__(self, catalog: Catalog, store: Store, survey: Source) -> None:
        self._catalog, self._store, self._survey = catalog, store, survey
        self._before = dict(self._paths())

    def n_new(self) -> int:
        """Return how many came since this was made; both versions are in the store."""
        after = dict(self._paths())
        changed = {key for key, path in after.items() if path != self._before.get(key)}
        before = sum(_n_rows(self._before[key]) for key in changed & self._before.keys())
        return sum(_n_rows(after[key]) for key in changed) - before

    def _paths(self) -> Iterator[tuple[str, Path]]:
        is_mast = self._survey == "mast"
        kind = MAST_OBSERVATIONS if is_mast else CURVES
        where = {} if is_mast else {"survey": self._survey}
        for stored in datasets(self._catalog, kind.name, where):
            yield stored.dataset.key_text, self._store.path(stored.dataset)


def _n_rows(path: Path) -> int:
    import pyarrow.parquet as pq  # noqa: PLC0415 - heavy

    return int(pq.read_metadata(path).num_rows) if path.exists() else 0
