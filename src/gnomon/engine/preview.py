"""What a run would do, without doing any of it: archives are listed, nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gnomon.acquire.source import Source
from gnomon.catalog import queries
from gnomon.catalog.catalog import Catalog
from gnomon.core.items import Item, Listing
from gnomon.core.jobs import Changes, Decision
from gnomon.core.kinds import key_text
from gnomon.core.pipeline import Pipeline
from gnomon.core.plan import Now, Planner
from gnomon.core.view import View
from gnomon.engine.execute import now_us


@dataclass(frozen=True, slots=True)
class Preview:
    """Decisions on every cell that does not simply keep what it has, in the order of the data."""

    decisions: list[Decision]
    view: View


def preview(catalog: Catalog, pipeline: Pipeline, sources: Mapping[str, Source]) -> Preview:
    """Plan on the catalogue as it is and the archives as they are.

    Parameters
    ----------
    sources : mapping of str to Source
        Those to list; the others are taken as the last run left them.
    """
    view = View()
    view.apply(catalog.changes(0))
    listed: dict[str, set[tuple[str, str]]] = {}
    cursors = queries.cursors(catalog)
    for name, source in sources.items():
        listing = source.list(cursors.get(name, ("", 0))[0])
        if not listing.unchanged:
            listed[name] = {(item.kind, key_text(item.key)) for item in listing.items}
        view.apply(_as_changes(name, listing, view))

    def wanted(source: str, item: Item) -> bool:
        return source not in listed or (item.kind, key_text(item.key)) in listed[source]

    now = Now(now_us())
    planner = Planner(pipeline, view, wanted=wanted, begun_us=now.wall_us)
    planner.full(now)
    found = sorted(planner.decisions.values(), key=lambda d: (d.cell.rank, d.cell.slot))
    return Preview(found, view)


def _as_changes(source: str, listing: Listing, view: View) -> Changes:
    """Return a listing as the changes that it would make."""
    here = {(item.kind, key_text(item.key)) for item in listing.items}
    items = [(source, item, True) for item in listing.items]
    if not listing.unchanged:
        for place, item in view.items.get(source, {}).items():
            if place not in here and listing.covers(item):
                items.append((source, item, False))
    return Changes(view.seq, items=items)
