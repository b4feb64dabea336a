"""The guide's features of MAST observations: what was observed, how long, at which wavelengths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from gnomon.errors import BadData
from gnomon.instruments.sky.curves.batches import firsts
from gnomon.instruments.sky.curves.record_files import is_observation, read_record
from gnomon.instruments.sky.exports.records import MASTRecord

_TABLE = ("obs_id", "instrument_name", "target_name", "t_exptime", "em_min", "em_max")
"""The columns of MAST in the order of `_SCHEMA`; all but the first may be absent."""
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
        return is_observation(path)
    if path.suffix != ".parquet":
        return False
    try:
        names = set(pq.read_schema(path).names)
    except (pa.ArrowInvalid, OSError):
        return False
    return _TABLE[0] in names and not names >= {"object", "time"}


def observation_table(paths: Sequence[Path]) -> pa.Table:
    """Return one row per observation; the same observation of several files once, the first.

    Columns observation_id, instrument, target, exposure_time (s), wavelength_min, wavelength_max
    and wavelength_span (nm, as MAST gives them). What MAST does not say is null.

    Raises
    ------
    BadData
        A file holds no observations.
    """
    table = pa.concat_tables([one for path in paths for one in _tables(path)])
    span = pc.subtract(table["wavelength_max"], table["wavelength_min"])
    return firsts(table.append_column("wavelength_span", span), ["observation_id"])


def _tables(path: Path) -> list[pa.Table]:
    if path.is_dir():
        files = sorted(path.glob("record_*.json")) or sorted(path.glob("*.parquet"))
        return [one for file in files for one in _tables(file)]
    return [_of_record(path) if path.suffix == ".json" else _of_table(path)]


def _of_table(path: Path) -> pa.Table:
    try:
        file = pq.ParquetFile(path)
        there = [name for name in _TABLE if name in file.schema_arrow.names]
        table = file.read(columns=there)
        nothing = pa.nulls(table.num_rows)
        made = _table(*(table[name] if name in there else nothing for name in _TABLE))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise BadData(f"{path.name}: no table of observations: {error}") from None
    if made["observation_id"].null_count:
        raise BadData(f"{path.name}: an observation has no {_TABLE[0]}")
    return made


def _of_record(path: Path) -> pa.Table:
    record = read_record(path, MASTRecord)
    waves = record.spectral_range or (None, None)
    texts = (record.observation_id, record.instrument, record.target)
    return _table(*([value] for value in (*texts, record.exposure_time, *waves)))


def _table(*columns: Any) -> pa.Table:
    cast = [
        column.cast(kind)
        if isinstance(column, pa.ChunkedArray | pa.Array)
        else pa.array(column, kind)
        for column, kind in zip(columns, _SCHEMA.types, strict=True)
    ]
    return pa.table(cast, _SCHEMA)
