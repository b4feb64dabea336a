"""Argo levels into databases, and a box and a month out of ten million levels in Parquet.

- *Into PostgreSQL* (a server of our own, on a socket): from a Parquet file of ``argo.analysis`` to
  committed rows of ``argo_level``, float by float. gnomon assembles COPY BINARY with NumPy; the
  others are the Arrow driver (ADBC, COPY BINARY in C) and the two usual ways, psycopg's COPY row by
  row and its ``executemany``. All write the same 30 columns under the same primary key. The last
  line loads a version with one changed profile into tables that hold the float.
- *SQLite and DuckDB* get the same files by gnomon.
- *The query* counts and averages what lies in 30 by 50 degrees and one month, by DuckDB, files in
  the system's cache. *All files* opens every float's file; *by positions* asks the exported
  ``positions.parquet`` for the floats first, then their files alone, in two statements of SQL.

CPU seconds are of client and server together.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.report import Cost, Table, main, peer, scratch, times
from benchmarks.servers import cost_of, postgres
from gnomon.core.dataset import Provenance
from gnomon.formats.parquet import write_table
from gnomon.instruments.argo.exports.geoparquet import write_geoparquet
from gnomon.instruments.argo.kinds import ANALYSIS
from gnomon.instruments.argo.load.database import Database, Load
from gnomon.instruments.argo.load.publisher import open_database
from gnomon.instruments.argo.load.rows import rows_of
from gnomon.instruments.argo.load.schema import LEVEL_TABLE
from gnomon.instruments.argo.tables.columns import (
    CORE,
    DERIVED,
    LEVEL,
    PROFILE_KEY,
    WHERE_AND_WHEN,
    chosen_fields,
    field,
)
from gnomon.instruments.argo.tables.core import PROFILES_SCHEMA
from gnomon.publish.databases.address import Address

_PROVENANCE = Provenance("argo.analysis", 1, "0" * 64, "{}", ())
_SCHEMA = pa.schema(
    [
        *(*PROFILE_KEY, LEVEL, *WHERE_AND_WHEN),
        *(column for name in CORE for column in chosen_fields(name, *CORE[name])),
        *(field(f"{name.lower()}_test_qc", pa.int8(), "our flag") for name in CORE),
        *DERIVED,
        field("tests_failed", pa.int32(), "tests that fail"),
    ]
)
_DAY_US, _2015_US, _YEARS = 86_400_000_000, 1_420_070_400_000_000, 8
_SLOW_SHARE = 10
"""The usual ways get this part of the files, and their figures are multiplied."""
_BOX = (
    "latitude BETWEEN 20 AND 50 AND longitude BETWEEN -60 AND -10"
    " AND juld >= TIMESTAMPTZ '2020-03-01' AND juld < TIMESTAMPTZ '2020-04-01'"
)
_ASKED = f"SELECT count(*), avg(temp), avg(psal), max(pres) FROM read_parquet({{}}) WHERE {_BOX}"
_FILES = (
    "SET VARIABLE files = (SELECT list(DISTINCT '{0}/analysis/' || split_part(source_file, '/', 1)"
    " || '/' || platform_number || '.parquet') FROM '{0}/positions.parquet' WHERE {1})"
)


@dataclass(frozen=True)
class Fleet:
    """Floats of so many cycles of so many levels."""

    floats: int
    cycles: int
    levels: int

    @property
    def rows(self) -> int:
        """All levels."""
        return self.floats * self.cycles * self.levels

    def __str__(self) -> str:
        return f"{self.floats:,} floats of {self.cycles * self.levels:,} levels"

    def write(self, folder: Path) -> list[tuple[int, Path]]:
        """Write the files as `gnomon argo export` lays them out; return (wmo, path) of each."""
        rng = np.random.default_rng(1)
        made, profiles = [], []
        for index in range(self.floats):
            wmo, dac = 5_900_000 + index, f"dac{index % 11}"
            path = folder / "analysis" / dac / f"{wmo}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            where = self._journey(rng)
            write_table(path, self._analysis(wmo, where, rng), _PROVENANCE)
            profiles.append(self._profiles(wmo, dac, where))
            made.append((wmo, path))
        write_geoparquet(folder / "positions.parquet", profiles, _PROVENANCE)
        return made

    def _journey(self, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
        """Return time and place of the cycles, every ten days, some kilometres on."""
        start = _2015_US + rng.integers(0, _YEARS * 365 * _DAY_US)
        east = rng.uniform(-180, 180) + np.cumsum(rng.normal(0, 0.2, self.cycles))
        north = rng.uniform(-60, 60) + np.cumsum(rng.normal(0, 0.15, self.cycles))
        return {
            "juld": start + np.arange(self.cycles) * 10 * _DAY_US,
            "latitude": np.clip(north, -75, 75),
            "longitude": (east + 180) % 360 - 180,
        }

    def _profiles(self, wmo: int, dac: str, where: dict[str, NDArray[Any]]) -> pa.Table:
        cycle = np.arange(1, self.cycles + 1)
        about: dict[str, Any] = {"platform_number": wmo, "cycle_number": cycle, **where}
        about |= {"direction": "A", "data_mode": "D", "source_file": f"{dac}/{wmo}/x.nc"}
        return _table(PROFILES_SCHEMA, about, self.cycles)

    def _analysis(
        self, wmo: int, where: dict[str, NDArray[Any]], rng: np.random.Generator
    ) -> pa.Table:
        number = self.cycles * self.levels
        cycle = np.arange(1, self.cycles + 1)
        values: dict[str, Any] = {"platform_number": wmo, "direction": "A"}
        values |= {
            name: np.repeat(one, self.levels)
            for name, one in (where | {"cycle_number": cycle}).items()
        }
        values["level"] = np.tile(np.arange(self.levels), self.cycles)
        pressure = np.tile(np.linspace(5, 2000, self.levels), self.cycles)
        measured = {
            "pres": pressure,
            "temp": 25 * np.exp(-pressure / 500) + rng.normal(0, 0.05, number),
            "psal": 35 + rng.normal(0, 0.05, number),
        }
        good = rng.random(number) > 0.03  # of those flagged bad, nothing is derived
        for name, value in measured.items():
            values[name] = values[f"{name}_raw"] = np.round(value, 3)
            values |= {f"{name}_error": 0.002, f"{name}_mode": "D"}
        for one in DERIVED:
            values[one.name] = np.where(good, rng.normal(10, 1, number), np.nan)
        values["psal_qc"] = np.where(good, 1, 4)
        return _table(_SCHEMA, values, number)


def _table(schema: pa.Schema, values: dict[str, Any], number: int) -> pa.Table:
    """Make a table; what is not given is 1, or empty text."""
    return pa.table([_column(one, values, number) for one in schema], schema=schema)


def _column(one: pa.Field, values: dict[str, Any], number: int) -> pa.Array:
    if pa.types.is_string(one.type):
        index = pa.array(np.zeros(number, np.int8))
        return pa.DictionaryArray.from_arrays(index, [values.get(one.name, "")]).cast(pa.string())
    plain = np.broadcast_to(np.asarray(values.get(one.name, 1)), number)
    if pa.types.is_timestamp(one.type):
        return pa.array(plain.astype(np.int64)).cast(one.type)
    return pa.array(plain.astype(one.type.to_pandas_dtype()), from_pandas=True)


# -- loading

Files = list[tuple[int, Path]]
Way = Callable[[Files], object]


def gnomon_way(database: Database, sha256: str = "", threads: int = 1) -> Way:
    """Return gnomon's way into a database; the engine publishes in several threads."""

    def load(file: tuple[int, Path]) -> None:
        rows = rows_of(ANALYSIS.name, file[1], file[0])
        database.replace(Load(file[0], ANALYSIS.name, sha256, 1), rows)

    def load_all(files: Files) -> None:
        with database.sessions.kept(), ThreadPoolExecutor(threads) as pool:
            list(pool.map(load, files))

    return load_all


class Usual:
    """What most scripts do, into the table that gnomon made."""

    def __init__(self, url: str, psycopg: Any) -> None:
        self._url, self._psycopg = url, psycopg
        names = ", ".join(LEVEL_TABLE.names)
        marks = ", ".join("%s" for _ in LEVEL_TABLE.names)
        self._copy = f"COPY argo_level ({names}) FROM STDIN"
        self._insert = f"INSERT INTO argo_level ({names}) VALUES ({marks})"

    def executemany(self, files: Files) -> None:
        """Insert row by row, pipelined by psycopg."""
        for rows, connection in self._each(files):
            connection.cursor().executemany(self._insert, rows)

    def copy_rows(self, files: Files) -> None:
        """Copy row by row, as text."""
        for rows, connection in self._each(files):
            with connection.cursor().copy(self._copy) as copy:
                for row in rows:
                    copy.write_row(row)

    def _each(self, files: Files) -> Iterator[tuple[Iterator[Any], Any]]:
        with self._psycopg.connect(self._url) as connection:
            for wmo, path in files:
                table = rows_of(ANALYSIS.name, path, wmo)["argo_level"]
                columns = [column.to_pylist() for column in table.columns]
                yield zip(*columns, strict=True), connection
                connection.commit()

    def adbc(self, library: Any) -> Way:
        """Return the way of the Arrow driver."""

        def load(files: Files) -> None:
            with library.connect(self._url) as connection, connection.cursor() as cursor:
                for wmo, path in files:
                    table = rows_of(ANALYSIS.name, path, wmo)["argo_level"]
                    cursor.adbc_ingest("argo_level", table, mode="append")
                    connection.commit()

        return load


def _loading(fleet: Fleet, folder: Path) -> Table:
    table = Table(
        f"Argo loading: {fleet}, from Parquet to committed rows",
        ("what", "rows", "CPU s", "wall s", "rows/CPU s", "rows/s", "CPU ratio"),
    )
    files = fleet.write(folder)
    with postgres(folder / "server") as (url, server):
        if url:
            _into_postgres(table, (url, server), files, fleet)
    for name in ("sqlite", "duckdb"):
        if peer(name) is not None or name == "sqlite":
            database = open_database(Address(f"{name}:///levels.{name}"), folder)
            database.prepare()
            spent = cost_of(gnomon_way(database), files)
            _add(table, f"{name}: gnomon", fleet.rows, spent, None)
    return table


def _into_postgres(table: Table, where: tuple[str, int], files: Files, fleet: Fleet) -> None:
    url, server = where
    database = open_database(Address(url), Path())
    database.prepare()
    few = files[: max(len(files) // _SLOW_SHARE, 1)]
    usual, library = Usual(url, peer("psycopg")), peer("adbc_driver_postgresql")
    ways: list[tuple[str, Way, Files]] = [
        ("gnomon, COPY BINARY", gnomon_way(database), files),
        ("gnomon, 4 connections", gnomon_way(database, threads=4), files),
    ]
    if library is not None:
        driver = peer("adbc_driver_postgresql.dbapi")
        ways.append(("Arrow driver (ADBC)", usual.adbc(driver), files))
    ways.append(("psycopg, COPY by row", usual.copy_rows, few))
    ways.append(("psycopg, executemany", usual.executemany, few))
    own: Cost | None = None
    for name, way, some in ways:
        for wmo, _ in files:
            database.remove(ANALYSIS.name, wmo)
        way(some[:1])  # the first connection, and the first pages
        database.remove(ANALYSIS.name, some[0][0])
        spent = cost_of(way, some, server=server)
        share = len(files) / len(some)
        whole = Cost(spent.cpu_s * share, spent.wall_s * share)
        own = own or whole
        _add(table, f"PostgreSQL: {name}", fleet.rows, whole, own)
    gnomon_way(database)(files)
    _change_the_last_profile(files, fleet)
    spent = cost_of(gnomon_way(database, "new"), files, server=server)
    _add(table, "PostgreSQL: gnomon, one profile changed", fleet.rows, spent, own)


def _change_the_last_profile(files: Files, fleet: Fleet) -> None:
    for _, path in files:
        levels = pq.read_table(path)
        newest = np.asarray(levels["cycle_number"]) == fleet.cycles
        changed = np.where(newest, 1.5, levels["temp"].to_numpy()).astype(np.float32)
        index = levels.schema.get_field_index("temp")
        levels = levels.set_column(index, levels.schema.field(index), pa.array(changed))
        write_table(path, levels, _PROVENANCE)


def _add(table: Table, name: str, rows: int, spent: Cost, own: Cost | None) -> None:
    table.add(
        name,
        f"{rows:,}",
        f"{spent.cpu_s:.2f}",
        f"{spent.wall_s:.2f}",
        f"{rows / spent.cpu_s:,.0f}",
        f"{rows / spent.wall_s:,.0f}",
        times(spent.cpu_s, own.cpu_s) if own else "",
    )


# -- asking


def _asking(fleets: tuple[Fleet, ...], folder: Path, tries: int) -> Table:
    table = Table(
        f"Argo levels in Parquet: a box and a month of {fleets[0].rows / 1e6:.0f} M, by DuckDB",
        ("what", "files", "MB", "levels found", "median ms", "least ms"),
    )
    library = peer("duckdb")
    for number, fleet in enumerate(fleets if library else ()):
        root = folder / f"fleet{number}"
        files = fleet.write(root)
        size = sum(path.stat().st_size for _, path in files) / 1e6
        whole = _ASKED.format(f"'{root}/analysis/*/*.parquet'")
        chosen = _ASKED.format("getvariable('files')")
        by_positions = f"{_FILES.format(root, _BOX)}; {chosen}"
        for name, query, cached in (
            ("all files", whole, False),
            ("all files, footers cached", whole, True),
            ("by positions", by_positions, False),
        ):
            found, took = _asked(library, query, tries, cached=cached)
            cells = (str(len(files)), f"{size:.0f}", str(found))
            ms = [f"{1e3 * one:.0f}" for one in (statistics.median(took), min(took))]
            table.add(f"{fleet}: {name}", *cells, *ms)
    return table


def _asked(library: Any, query: str, tries: int, *, cached: bool) -> tuple[int, list[float]]:
    """Ask once, then as often as it says; return how many levels were found, and the times."""
    took = []
    with library.connect() as connection:
        connection.execute(f"SET parquet_metadata_cache = {str(cached).lower()}")
        found = connection.execute(query).fetchall()
        for _ in range(tries):
            start_s = time.perf_counter()
            if connection.execute(query).fetchall() != found:
                raise RuntimeError("the benchmark is wrong: another answer")
            took.append(time.perf_counter() - start_s)
    return found[0][0], took


def run(quick: bool) -> list[Table]:  # noqa: FBT001
    """Measure and return the tables."""
    loaded = Fleet(2 if quick else 20, 100, 200)
    asked = (
        (Fleet(300, 50, 60), Fleet(100, 250, 36))
        if quick
        else (Fleet(2000, 50, 100), Fleet(200, 250, 200))
    )
    with scratch() as folder:
        return [
            _loading(loaded, folder / "loading"),
            _asking(asked, folder, 3 if quick else 7),
        ]


if __name__ == "__main__":
    main(__doc__, run)
