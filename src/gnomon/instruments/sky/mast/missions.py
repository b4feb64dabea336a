"""The search of MAST's missions: data sets of one mission around a place, and their files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pyarrow as pa

from gnomon.acquire.api import JSON, Api
from gnomon.errors import ServerFault
from gnomon.instruments.sky.mast.pages import Page, joined, read_page
from gnomon.instruments.sky.mast.search import Cone

_MOST_ROWS = 5000
"""Of one answer."""
_ARCMIN = 60
_DATA_SETS_AT_ONCE = 500


def search(
    api: Api,
    mission: str,
    cone: Cone,
    *,
    conditions: Mapping[str, str] | None = None,
    columns: Sequence[str] = (),
    most: int | None = None,
) -> pa.Table:
    """Return the data sets of a mission in a cone, with ``ang_sep``, arc minutes.

    Parameters
    ----------
    mission : str
        ``hst``, ``jwst``, ...
    conditions : mapping of str to str
        By the mission's own columns: ``{"sci_instrume": "STIS,ACS"}``.
    columns : sequence of str
        The mission's defaults when empty.
    most : int, optional
        Rows.

    Raises
    ------
    ServerFault
        Fewer rows arrive than are announced.
    SourceError
        As for `Api.ask`.
    """
    asked = _question(cone, conditions or {})
    if columns:
        asked["select_cols"] = list(columns)
    pages: list[Page] = []
    n_rows, wanted = 0, most
    while wanted is None or n_rows < wanted or not pages:
        limit = _MOST_ROWS if wanted is None else min(_MOST_ROWS, max(1, wanted - n_rows))
        page = _asked(api, mission, "search", {**asked, "limit": limit, "offset": n_rows})
        pages.append(page)
        n_rows += len(page.table)
        total = _total(page, n_rows)
        wanted = total if most is None else min(most, total)
        if not len(page.table) and n_rows < wanted:
            raise ServerFault(f"{api.url}: {mission}: {n_rows} data sets of {wanted} arrived")
    return joined([page.table for page in pages])


def count(api: Api, mission: str, cone: Cone, conditions: Mapping[str, str]) -> int:
    """Return how many data sets there are; see `search`."""
    asked = _question(cone, conditions) | {"limit": 1, "offset": 0}
    page = _asked(api, mission, "search", asked)
    return _total(page, len(page.table))


def files(api: Api, mission: str, datasets: Sequence[str]) -> pa.Table:
    """Return the files of data sets: name, URI, size, access, ..."""
    tables = []
    for first in range(0, len(datasets), _DATA_SETS_AT_ONCE):
        batch = list(datasets[first : first + _DATA_SETS_AT_ONCE])
        tables.append(_asked(api, mission, "list_products", {"dataset_ids": batch}).table)
    return joined(tables)


def _question(cone: Cone, conditions: Mapping[str, str]) -> dict[str, object]:
    return {
        "target": [f"{cone.ra!r} {cone.dec_deg!r}"],
        "radius": cone.radius_deg * _ARCMIN,
        "radius_units": "arcminutes",
        "conditions": [{name: value} for name, value in conditions.items()],
    }


def _asked(api: Api, mission: str, verb: str, question: Mapping[str, object]) -> Page:
    rows = "results" if verb == "search" else "products"

    def read(body: bytes) -> Page:
        page = read_page(body, rows=rows, fields="info")
        if not page.has_rows:
            raise ValueError("no rows")
        return page

    path = f"search/{mission}/api/v0.1/{verb}"
    return api.ask(path, json.dumps(question).encode(), read, JSON)


def _total(page: Page, at_least: int) -> int:
    said = page.head.get("totalResults")
    try:
        return at_least if said is None else int(said)
    except (TypeError, ValueError):
        raise ServerFault(f"MAST says that there are {said!r:.60} data sets") from None
