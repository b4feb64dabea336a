"""The index of a GDAC: 1 million lines read, listed, and compared with what is known.

The lines are made here, as those of the real index: 11 DACs, 125 cycles a float, a hundredth
without date or position. Every reader gets the same bytes from memory and keeps the same columns
(path, date, latitude, longitude, date of update); gnomon also checks the file, splits the float
and the DAC off every path, and drops positions that are none. pandas, the csv module and DuckDB
are made to do no more than read.

A whole listing is what `gnomon argo sync` does with an index: items of all rows, the catalogue's
transaction that takes them in (first new, then all known), and the planner's decision on each.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.report import Cost, Table, best, cost, main, peer, scratch, times
from gnomon.catalog.catalog import Catalog
from gnomon.core.items import Listing
from gnomon.core.pipeline import Pipeline, Registry
from gnomon.core.plan import Now, Planner
from gnomon.core.view import View
from gnomon.instruments.argo import INSTRUMENT
from gnomon.instruments.argo.gdac.config import GdacConfig
from gnomon.instruments.argo.gdac.index import PROFILE_INDEX, items, read_index

_DACS = (
    *("aoml", "bodc", "coriolis", "csio", "csiro", "incois", "jma", "kma", "kordi", "meds"),
    "nmdis",
)
_CYCLES = 125
_HEAD = (
    "# Title : Profile directory file of the Argo Global Data Assembly Center\n"
    "# Date of update : 20230427112425\n"
    "file,date,latitude,longitude,ocean,profiler_type,institution,date_update\n"
)
_TARGET = "target: 0.6 CPU s for reading 1 M lines"


def index_text(lines: int) -> bytes:
    """Return an index of so many lines."""
    random = np.random.default_rng(1)
    latitude = random.uniform(-78, 78, lines).round(3)
    longitude = random.uniform(-180, 180, lines).round(3)
    bad = random.random(lines) < 0.01
    floats = lines // _CYCLES + 1
    rows = []
    for n in range(lines):
        number, cycle = divmod(n, _CYCLES)
        wmo, mode = 1_900_000 + number, "D" if cycle < 90 else "R"
        dac = _DACS[number * len(_DACS) // floats]
        path = f"{dac}/{wmo}/profiles/{mode}{wmo}_{cycle + 1:03d}.nc"
        when = f"20{10 + cycle % 12}{1 + cycle % 12:02d}{1 + number % 28:02d}1203{cycle % 60:02d}"
        where = f"{latitude[n]},{longitude[n]},A"
        where, taken = (",,", "") if bad[n] else (where, when)
        rows.append(f"{path},{taken},{where},846,AO,2022{when[4:]}\n")
    return (_HEAD + "".join(rows)).encode()


# -- reading


def _gnomon(text: bytes, _: Path) -> object:
    return read_index(text, PROFILE_INDEX)


_KEPT = ["file", "date", "latitude", "longitude", "date_update"]


def _pandas(text: bytes, _: Path) -> object:
    pandas = peer("pandas")
    assert pandas is not None  # the caller looked
    return pandas.read_csv(io.BytesIO(text), comment="#", usecols=_KEPT)


def _csv(text: bytes, _: Path) -> object:
    lines = io.StringIO(text.decode())
    rows = csv.reader(line for line in lines if not line.startswith("#"))
    next(rows)
    return [
        (
            *(row[0], int(row[1]) if row[1] else None),
            *(float(row[2]) if row[2] else None, float(row[3]) if row[3] else None, int(row[7])),
        )
        for row in rows
    ]


def _duckdb(_: bytes, path: Path) -> object:
    duckdb = peer("duckdb")
    assert duckdb is not None  # the caller looked
    columns = (
        "{'file':'VARCHAR','date':'BIGINT','latitude':'DOUBLE','longitude':'DOUBLE',"
        "'ocean':'VARCHAR','profiler_type':'VARCHAR','institution':'VARCHAR',"
        "'date_update':'BIGINT'}"
    )
    query = (
        f"SELECT {', '.join(_KEPT)} FROM read_csv('{path}', skip=3, header=false, "
        f"delim=',', columns={columns})"
    )
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        table: object = connection.sql(query).to_arrow_table()
        return table


_READERS: tuple[tuple[str, str, Callable[[bytes, Path], object]], ...] = (
    ("gnomon, checked and split", "", _gnomon),
    ("duckdb", "duckdb", _duckdb),
    ("pandas", "pandas", _pandas),
    ("csv module, a loop", "", _csv),
)


def reading(lines: int, folder: Path) -> tuple[Table, bytes]:
    """Measure every reader."""
    text = index_text(lines)
    path = folder / PROFILE_INDEX
    path.write_bytes(text)
    table = Table(
        f"argo index: {lines:,} lines, {len(text) / 1e6:.0f} MB",
        ("reader", "CPU s", "CPU s / 1 M lines", "CPU / gnomon"),
        (_TARGET,),
    )
    first: Cost | None = None
    for name, module, read in _READERS:
        if module and peer(module) is None:
            table.add(name, "not installed", "", "")
            continue
        spent = best(3, lambda read=read: read(text, path))  # type: ignore[misc]
        first = first or spent
        per_million = spent.cpu_s / lines * 1e6
        ratio = times(spent.cpu_s, first.cpu_s)
        table.add(name, f"{spent.cpu_s:.2f}", f"{per_million:.2f}", ratio)
    return table, text


# -- a whole listing


def listing(lines: int, text: bytes, folder: Path) -> Table:
    """Measure what follows the reading."""
    table = Table(
        f"argo index: a whole listing of {lines:,} files",
        ("what", "CPU s", "us a row"),
    )

    def add(what: str, spent: Cost) -> None:
        table.add(what, f"{spent.cpu_s:.2f}", f"{spent.cpu_s / lines * 1e6:.1f}")

    index = read_index(text, PROFILE_INDEX)
    found = items(index)
    add("items of all rows", cost(lambda: items(index)))
    registry = Registry([INSTRUMENT])
    source = registry.sources["argo.gdac"].name
    catalog = Catalog(f"sqlite:///{folder / 'gnomon.db'}", registry.kinds)
    catalog.prepare()

    def record() -> None:
        with catalog.writing() as writing:
            writing.record_listing(source, Listing(found), 0)

    add("taken in by the catalogue, all new", cost(record))
    add("taken in by the catalogue, all known", cost(record))
    view = View()
    add("read back for the planner", cost(lambda: view.apply(catalog.changes(0))))
    pipeline = Pipeline.from_toml('[[source]]\nuse = "argo.gdac"\n', registry)
    planner = Planner(pipeline, view)
    add("decided on by the planner", cost(lambda: planner.full(Now(0))))
    assert planner.ready_counts[source] == len(found) == lines
    assert isinstance(pipeline.sources[0].config, GdacConfig)
    catalog.close()
    return table


def run(quick: bool) -> Sequence[Table]:  # noqa: FBT001
    """Measure and return the tables."""
    lines = 50_000 if quick else 1_000_000
    with scratch() as folder:
        first, text = reading(lines, folder)
        share = lines if quick else lines // 4
        cut = index_text(share)
        return [first, listing(share, cut if share < lines else text, folder)]


if __name__ == "__main__":
    main(__doc__, run)
