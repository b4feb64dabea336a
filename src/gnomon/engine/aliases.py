"""Second names: where a kind has an alias, the current version stands under it, too.

The names follow after the transaction that changed what is current; a loop that starts looks at
all of them, so a crash in between is mended by the next run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from gnomon.catalog import queries
from gnomon.catalog.catalog import Catalog
from gnomon.core.dataset import Dataset
from gnomon.core.jobs import Changes
from gnomon.core.kinds import Kind
from gnomon.store.store import Store


def alias_of(kinds: Mapping[str, Kind], dataset: Dataset) -> str:
    """Return the second name of a dataset, relative to the store's root; nothing if it has none."""
    kind = kinds[dataset.kind]
    return kind.alias_of(dataset.key, dataset.tags) if kind.alias else ""


def aliases(catalog: Catalog) -> dict[str, Dataset]:
    """Return what is current by its second name."""
    named = [kind.name for kind in catalog.kinds.values() if kind.alias]
    current = [stored.dataset for name in named for stored in queries.datasets(catalog, name)]
    return {alias_of(catalog.kinds, dataset): dataset for dataset in current}


def follow(store: Store, kinds: Mapping[str, Kind], changes: Changes) -> list[Callable[[], None]]:
    """Return what is to be done: names taken away first, then names given."""
    away: list[Callable[[], None]] = []
    given: list[Callable[[], None]] = []
    for dataset, stands in changes.datasets:
        if not (alias := alias_of(kinds, dataset)):
            continue
        if stands:
            given.append(partial(store.name_also, dataset.path, alias))
        else:
            away.append(partial(store.name_no_longer, dataset.path, alias))
    return away + given
