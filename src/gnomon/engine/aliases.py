"""Second names: where a kind has an alias, the current version stands under it, too.

The names follow after the transaction that changed what is current; a loop that starts looks at
all of them, so a crash in between is mended by the next run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from gnomon.core.jobs import Changes
from gnomon.core.kinds import Kind
from gnomon.store.store import Store


def follow(store: Store, kinds: Mapping[str, Kind], changes: Changes) -> list[Callable[[], None]]:
    """Return what is to be done: names taken away first, then names given."""
    away: list[Callable[[], None]] = []
    given: list[Callable[[], None]] = []
    for dataset, stands in changes.datasets:
        kind = kinds[dataset.kind]
        if not kind.alias:
            continue
        alias = kind.alias_of(dataset.key, dataset.tags)
        if stands:
            given.append(partial(store.name_also, dataset.path, alias))
        else:
            away.append(partial(store.name_no_longer, dataset.path, alias))
    return away + given
