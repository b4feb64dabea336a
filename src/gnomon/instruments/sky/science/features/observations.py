"""The guide's features of MAST observations: what was observed, how long, at which wavelengths."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from gnomon.errors import BadData

_TABLE = ("obs_id", "instrument_name", "target_name", "t_exptime", "em_min", "em_max")

_SCHEMA = pa.schema(
    {
        "observation_id": pa.string(),
        "instrument": pa.string(),
        "target": pa.string(),
        "exposure_time": pa.float64(),
        "wavelength_min": pa.float64(),
        "wavelength_max": pa.float64(),
    }
)


def is_observations(path: Path) -> bool:
    """Tell whether a file or folder holds observations of MAST, not light curves."""
    if path.is_dir():
        tables, records = path.glob("*.parquet"), path.glob("record_*.json")
        first = next(iter(sorted(records)), None) or next(iter(sorted(tables)), None)
        return first is not None and is_observations(first)
    if path.suffix == ".json":
        return "observation_id" in _record(path)
    if path.suffix != ".parquet":
        return False
    try:
        return set(_TABLE) <= set(pq.read_schema(path).names)
    except (pa.ArrowInvalid, OSError):
        return False


def observation_table(paths: Sequence[Path]) -> pa.Table:
    """Return one row per observation; the same observation of several files once, the first.

    Columns observation_id, instrument, target, exposure_time (s), wavelength_min, wavelength_max
    and wavelength_span (nm, as MAST gives them). What MAST does not say is null.

    Raises
    ------
    BadData
        A file holds no observations, or a wavelength range is not two numbers.
    """
    table = pa.concat_tables([one for path in paths for one in _tables(path)])
    span = pc.subtract(table["wavelength_max"], table["wavelength_min"])
    table = table.append_column("wavelength_span", span)
    rows = table.append_column("_row", pa.array(range(table.num_rows), pa.int64()))
    first = rows.group_by("observation_id").aggregate([("_row", "min")])["_row_min"]
    return table.take(first.take(pc.sort_indices(first)))


def _tables(path: Path) -> list[pa.Table]:
    if path.is_dir():
        files = sorted(path.glob("record_*.json")) or sorted(path.glob("*.parquet"))
        return [one for file in files for one in _tables(file)]
    return [_of_record(path) if path.suffix == ".json" else _of_table(path)]


def _of_table(path: Path) -> pa.Table:
    try:
        table = pq.ParquetFile(path).read(columns=list(_TABLE))
        columns = [table[name] for name in _TABLE]
        return _table(*columns)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, KeyError, OSError) as error:
        raise BadData(f"{path.name}: no table of observations: {error}") from None


def _of_record(path: Path) -> pa.Table:
    record = _record(path)
    waves = record.get("spectral_range") or [None, None]
    texts = [record.get(name) for name in ("observation_id", "instrument", "target")]
    if len(waves) != 2 or texts[0] is None:  # noqa: PLR2004
        raise BadData(f"{path.name}: no observation, or its spectral_range is not two numbers")
    try:
        return _table(*([value] for value in (*texts, record.get("exposure_time"), *waves)))
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise BadData(f"{path.name}: {error}") from None


def _record(path: Path) -> Mapping[str, Any]:
    try:
        record = json.loads(path.read_bytes())
    except ValueError as error:
        raise BadData(f"{path.name}: no JSON: {error}") from None
    return record if isinstance(record, Mapping) else {}


def _table(*columns: Any) -> pa.Table:
    cast = [
        column.cast(kind) if isinstance(column, pa.ChunkedArray) else pa.array(column, kind)
        for column, kind in zip(columns, _SCHEMA.types, strict=True)
    ]
    return pa.table(cast, _SCHEMA)
