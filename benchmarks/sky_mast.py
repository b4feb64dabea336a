"""Pages of MAST: from JSON to a table, as `astroquery` makes it.

A page of observations, the columns and values of a real answer made longer: declared types that
lie, whole numbers among fractions, nulls, long texts. Measured on one page in memory:

- *gnomon*: JSON to Arrow, typed by the ``fields`` that the page declares.
- *json*: Python's own parser alone, rows as dictionaries.
- *astroquery*: the same JSON by that parser, then its `_json_to_table`, an `astropy` table.
- *gnomon, slowly*: the way of pages that Arrow's parser does not understand.

Every number and every text of the two tables must be equal.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.report import NONE, Table, best, main, peer, times
from gnomon.instruments.sky.mast import pages
from gnomon.instruments.sky.simulate.mast_holdings import (
    OBSERVATION_COLUMNS,
    Holdings,
    Row,
    TessFiles,
)
from gnomon.instruments.sky.simulate.stars import make_sky

_TRIES = 3
_REGION = "POLYGON ICRS " + " ".join(f"{23.17474785 + n} {60.66012593 - n}" for n in range(5))
_PREVIEW = "https://archive.stsci.edu/hst/previews/U27X/U27XCS01T.jpg"


def page(n_rows: int) -> bytes:
    """Return a page of so many observations."""
    seen = Holdings(make_sky(), TessFiles(sectors=tuple(range(1, 27)))).observations
    rows = [_row(seen[n % len(seen)], n) for n in range(n_rows)]
    fields = [{"name": name, "type": kind} for name, kind in OBSERVATION_COLUMNS.items()]
    paging = {"page": 1, "pageSize": n_rows, "pagesFiltered": 1, "rowsFiltered": n_rows}
    answer = {"status": "COMPLETE", "msg": "", "data": rows, "fields": fields, "paging": paging}
    return json.dumps(answer).encode()


def _row(row: Row, number: int) -> dict[str, Any]:
    texts = {"s_region": _REGION, "jpegURL": _PREVIEW, "obs_title": "MEDIUM-DEEP SURVEY"}
    return {**row, **texts, "obsid": 2_003_585_980 + number, "s_ra": number * 360 / 7919 % 360}


def _same(ours: pa.Table, theirs: Any) -> None:
    """Check that the two tables tell the same."""
    assert ours.column_names == theirs.colnames
    for name in ours.column_names:
        column, other = ours[name], theirs[name]
        is_null = column.is_null().to_numpy(zero_copy_only=False)
        if pa.types.is_string(column.type):
            there = np.asarray(column.fill_null("").to_pylist(), np.str_)
            assert np.array_equal(there[~is_null], np.asarray(other)[~is_null]), name
        else:
            there = column.fill_null(0).to_numpy()
            assert np.array_equal(there[~is_null], np.asarray(other)[~is_null]), name


def run(quick: bool) -> list[Table]:  # noqa: FBT001  all benchmarks have it
    """Measure, check, and return the table."""
    n_rows = 5_000 if quick else 50_000
    body = page(n_rows)
    table = Table(
        f"A page of MAST: {n_rows:,} observations, {len(body) / 1e6:.1f} MB",
        ("way", "CPU ms", "rows/s", "ratio"),
    )
    ours = best(_TRIES, lambda: pages.read_page(body)).cpu_s

    def add(name: str, took_s: float | None) -> None:
        if took_s is None:
            table.add(name, NONE, NONE, NONE)
        else:
            table.add(name, f"{took_s * 1e3:.0f}", f"{n_rows / took_s:,.0f}", times(took_s, ours))

    add("gnomon, JSON to Arrow", ours)
    add("json, to dictionaries", best(_TRIES, lambda: json.loads(body)).cpu_s)
    portal = peer("astroquery.mast.discovery_portal")
    if portal is None:
        add("astroquery, to a table", None)
    else:
        made = best(_TRIES, lambda: portal._json_to_table(json.loads(body))).cpu_s  # noqa: SLF001
        add("astroquery, to a table", made)
        _same(pages.read_page(body).table, portal._json_to_table(json.loads(body)))  # noqa: SLF001
    add("gnomon, slowly", best(1, lambda: pages._slow(body, "data", "fields")).cpu_s)  # noqa: SLF001
    return [table]


if __name__ == "__main__":
    main(__doc__, run)
