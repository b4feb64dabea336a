"""Reading Argo: core profile files to the two Parquet tables, beside netCDF4-python.

- *aggregates*: each ``_prof.nc`` is read and written as one Parquet file of levels (zstd 1, 20
  columns) and one of profiles. The peer reads the same variables with netCDF4-python, takes the
  same levels, and writes the same columns with pyarrow; it checks nothing. Its masks are off: they
  are slower, and drop pressures outside of valid_min and valid_max that their flags keep.
- *single cycles*: ``R`` and ``D`` files are read, and nothing is written, file by file.

gnomon also checks what it reads: that the file is whole, its types, dimensions, dates, flags and
name. Both must find the same number of levels. Files are those of gnomon's simulator, and the real
ones of GNOMON_SAMPLES (or ../shared/data) where they are. Imports are not counted.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.report import Cost, Table, best, main, peer, scratch, times
from gnomon.core.dataset import Provenance
from gnomon.formats.netcdf3 import Reader
from gnomon.formats.parquet import write_table
from gnomon.instruments.argo.files.core import FLAGS, PARAMETERS, VALUES, read_profiles
from gnomon.instruments.argo.simulate.gdac import simulate_gdac
from gnomon.instruments.argo.tables.core import LEVELS_SCHEMA, PROFILES_SCHEMA, Part, assemble

SAMPLES = Path(os.environ.get("GNOMON_SAMPLES", Path(__file__).parents[2] / "shared" / "data"))
_PROVENANCE = Provenance("argo.tables", 1, "0" * 64, "{}", ())
_FILL, _JULD_FILL = np.float32(99999.0), 999999.0
_NAMES = [name + suffix for name in PARAMETERS for suffix in (*VALUES, *FLAGS)]


@dataclass(frozen=True)
class Files:
    """Profile files of one origin."""

    origin: str
    aggregates: list[Path]
    cycles: list[Path]

    @classmethod
    def below(cls, origin: str, folder: Path) -> Files:
        """Find the core files of a GDAC tree."""
        aggregates = [p for p in folder.rglob("*_prof.nc") if p.name[0].isdigit()]
        return cls(origin, sorted(aggregates), sorted(folder.rglob("profiles/[RD]*.nc")))


# -- gnomon


def own_tables(paths: Sequence[Path], out: Path) -> int:
    """Make the tables of each aggregate; return the number of levels."""
    levels, reader = 0, Reader()
    for path in paths:
        part = Part(read_profiles(path, reader=reader), path.name, "0" * 64)
        made = assemble([], [part])
        write_table(out / f"{path.stem}_levels.parquet", made.levels, _PROVENANCE)
        write_table(out / f"{path.stem}_profiles.parquet", made.profiles, _PROVENANCE)
        levels += made.levels.num_rows
    return levels


def own_cycles(paths: Sequence[Path], _out: Path) -> int:
    """Read every file; return the number of levels."""
    reader = Reader()
    return sum(int(read_profiles(path, reader=reader).stands.sum()) for path in paths)


# -- netCDF4-python


class Peer:
    """The same with netCDF4-python and pyarrow."""

    def __init__(self, library: Any) -> None:
        self._open = library.Dataset

    def tables(self, paths: Sequence[Path], out: Path) -> int:
        """Make the tables of each aggregate; return the number of levels."""
        levels = 0
        for path in paths:
            with self._opened(path) as file:
                table, profiles = self._levels(file), self._profiles(file, path.name)
            for kind, one in (("levels", table), ("profiles", profiles)):
                target = out / f"{path.stem}_{kind}.parquet"
                pq.write_table(
                    one, target, compression="zstd", compression_level=1, use_dictionary=False
                )
            levels += table.num_rows
        return levels

    def cycles(self, paths: Sequence[Path], _out: Path) -> int:
        """Read every file; return the number of levels."""
        levels = 0
        for path in paths:
            with self._opened(path) as file:
                self._about(file)
                read = [_read(file, name) for name in _NAMES]
                levels += int((read[0] != _FILL).sum())
        return levels

    def _opened(self, path: Path) -> Any:
        file = self._open(path)
        file.set_auto_maskandscale(False)
        return file

    def _about(self, file: Any) -> dict[str, Any]:
        """Read what stands once per profile."""
        names = ("CYCLE_NUMBER", "DIRECTION", "DATA_MODE", "JULD", "JULD_QC", "LATITUDE")
        found = {name: file[name][:] for name in (*names, "LONGITUDE", "POSITION_QC")}
        platform = file["PLATFORM_NUMBER"][0].tobytes().strip(b" \0")
        update = file["DATE_UPDATE"][:].tobytes().decode()
        return found | {"PLATFORM_NUMBER": int(platform), "DATE_UPDATE": update}

    def _levels(self, file: Any) -> pa.Table:
        about, read = self._about(file), [_read(file, name) for name in _NAMES]
        stands = read[0] != _FILL
        rows, level = np.nonzero(stands)
        columns = [
            pa.array(np.full(len(rows), about["PLATFORM_NUMBER"], np.int32)),
            pa.array(about["CYCLE_NUMBER"][rows]),
            pa.array(about["DIRECTION"][rows].astype(str)),
            pa.array(np.zeros(len(rows), np.int16)),
            pa.array(level.astype(np.int32)),
        ]
        for index in range(0, len(read), 5):
            raw, adjusted, error, raw_qc, adjusted_qc = read[index : index + 5]
            ordered = (raw, raw_qc, adjusted, adjusted_qc, error)
            columns += [_column(one[stands]) for one in ordered]
        return pa.Table.from_arrays(columns, schema=LEVELS_SCHEMA)

    def _profiles(self, file: Any, name: str) -> pa.Table:
        about = self._about(file)
        number = len(about["JULD"])
        day_us, from_1970_us = 86_400_000_000, 631_152_000_000_000
        juld = about["JULD"]
        none = juld == _JULD_FILL
        at = np.where(none, 0.0, juld * day_us - from_1970_us).astype(np.int64)
        update = np.datetime64(_iso(about["DATE_UPDATE"]), "us").astype(np.int64)
        time = PROFILES_SCHEMA.field("juld").type
        columns = [
            pa.array(np.full(number, about["PLATFORM_NUMBER"], np.int32)),
            pa.array(about["CYCLE_NUMBER"]),
            pa.array(about["DIRECTION"].astype(str)),
            pa.array(np.zeros(number, np.int16)),
            pa.array(at, mask=none).cast(time),
            _column(about["JULD_QC"]),
            _column(about["LATITUDE"]),
            _column(about["LONGITUDE"]),
            _column(about["POSITION_QC"]),
            pa.array(about["DATA_MODE"].astype(str)),
            pa.array(np.full(number, update)).cast(time),
            pa.array([name] * number),
            pa.array(["0" * 64] * number),
            pa.array((file["PRES"][:] != _FILL).sum(axis=1, dtype=np.int32)),
            pa.array(_schemes(file, number)),
        ]
        return pa.Table.from_arrays(columns, schema=PROFILES_SCHEMA)


def _read(file: Any, name: str) -> NDArray[Any]:
    """Read a variable; one that an old file lacks is all fill."""
    if name in file.variables:
        values: NDArray[Any] = file[name][:]
        return values
    letters = name.endswith("_QC")
    return np.full(file["PRES"].shape, b" " if letters else _FILL, "S1" if letters else np.float32)


def _schemes(file: Any, number: int) -> list[str | None]:
    """Read the sampling schemes; files of format 2.2 have none."""
    if "VERTICAL_SAMPLING_SCHEME" not in file.variables:
        return [None] * number
    raw = file["VERTICAL_SAMPLING_SCHEME"][:]
    return [row.tobytes().decode().strip(" \0") for row in raw]


def _column(values: NDArray[Any]) -> pa.Array:
    """Return values as a column with null for fills; letters are flags."""
    if values.dtype.kind != "S":
        return pa.array(values, mask=values == _FILL)
    letters = values.view(np.uint8)
    return pa.array((letters - ord("0")).astype(np.int8), mask=letters == ord(" "))


def _iso(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}T{text[8:10]}:{text[10:12]}:{text[12:14]}"


# -- the tables


@dataclass(frozen=True)
class Race:
    """The same work by both."""

    name: str
    paths: list[Path]
    own: Callable[[Sequence[Path], Path], int]
    other: Callable[[Sequence[Path], Path], int] | None


def _rows(race: Race, folder: Path, tries: int) -> list[tuple[str, ...]]:
    (folder / "out").mkdir(exist_ok=True)
    out, levels = folder / "out", race.own(race.paths, folder / "out")
    own = best(tries, lambda: race.own(race.paths, out))
    rows = [_row(f"{race.name}: gnomon", race, levels, own, own)]
    if (other := race.other) is None:
        return rows
    if (found := other(race.paths, out)) != levels:
        raise RuntimeError(f"the benchmark is wrong: {found} levels instead of {levels}")
    spent = best(tries, lambda: other(race.paths, out))
    return [*rows, _row(f"{race.name}: netCDF4-python", race, levels, spent, own)]


def _row(name: str, race: Race, levels: int, spent: Cost, own: Cost) -> tuple[str, ...]:
    return (
        name,
        str(len(race.paths)),
        f"{levels:,}",
        f"{spent.cpu_s:.2f}",
        f"{spent.wall_s:.2f}",
        f"{spent.cpu_s / len(race.paths) * 1e3:.2f}",
        f"{levels / spent.cpu_s / 1e6:.2f} M",
        times(spent.cpu_s, own.cpu_s),
    )


def _table(files: Files, folder: Path, tries: int) -> Table:
    library = peer("netCDF4")
    other = Peer(library) if library else None
    table = Table(
        f"Argo reading: {files.origin} files",
        ("what", "files", "levels", "CPU s", "wall s", "CPU ms/file", "levels/CPU s", "CPU ratio"),
        () if other else ("netCDF4-python is not installed: pip install 'gnomon[bench]'",),
    )
    races = (
        Race("aggregate to Parquet", files.aggregates, own_tables, other.tables if other else None),
        Race("single cycle, read", files.cycles, own_cycles, other.cycles if other else None),
    )
    for race in races:
        for row in _rows(race, folder, tries):
            table.add(*row)
    return table


def run(quick: bool) -> list[Table]:  # noqa: FBT001
    """Measure and return the tables."""
    tries = 2 if quick else 3
    with scratch() as folder:
        floats, cycles = (2, 50) if quick else (5, 100)
        simulate_gdac(folder / "gdac", floats=floats, cycles=cycles, levels=120)
        tables = [_table(Files.below("simulated", folder / "gdac"), folder, tries)]
        real = Files.below("real", SAMPLES / "argo" / "dac")
        if real.aggregates and real.cycles:
            tables.append(_table(real, folder, tries))
    return tables


if __name__ == "__main__":
    main(__doc__, run)
