"""Turns a dataset into the rows of its tables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from gnomon.errors import BadData, ConfigError
from gnomon.instruments.argo.kinds import ANALYSIS, FLOAT, PARAMETERS, PROFILES
from gnomon.instruments.argo.load.schema import (
    ARROW,
    BGC_LEVEL_TABLE,
    CORE_COLUMNS,
    FILLED_BY,
    FLOAT_TABLE,
    LEVEL_TABLE,
    PARAMETER_TABLE,
    PROFILE_TABLE,
    Column,
    Table,
    Type,
    profile_ids,
)
from gnomon.instruments.argo.tables.columns import WHERE_AND_WHEN
from gnomon.instruments.argo.tables.floats import FloatRecord

Rows = Mapping[str, pa.Table]
"""What to load, by the name of the table."""
_NUL, _NUL_SPELLED = "\0", "\\x00"


def rows_of(kind: str, path: Path, wmo: int) -> Rows:
    """Read a dataset as the rows of its tables.

    Parameters
    ----------
    kind : str
        One of `schema.FILLED_BY`.
    path : Path
        Parquet, or JSON for ``argo.float``.
    wmo : int
        The float that it must be of.

    Raises
    ------
    BadData
        It is another float's, lacks a column, or holds what no column takes.
    ConfigError
        No table holds this kind.
    """
    if kind not in _READERS:
        raise ConfigError(f"no table holds {kind}; kinds that can be loaded: {sorted(_READERS)}")
    try:
        rows = _READERS[kind](path, wmo)
    except (pa.ArrowInvalid, KeyError, BadData) as error:
        raise BadData(f"{path.name}: {error}") from None
    return {table.name: made for table, made in zip(FILLED_BY[kind], rows, strict=True)}


def _float(path: Path, wmo: int) -> tuple[pa.Table, ...]:
    record = FloatRecord.read(path).model_dump()
    if record["wmo_number"] != wmo:
        raise BadData(f"is of float {record['wmo_number']}, not {wmo}")
    for name in ("sensors", "parameters"):
        record[name] = " ".join(record[name])
    made = {
        column.source or column.name: pa.array(
            [record[column.source or column.name]], ARROW[column.type]
        )
        for column in FLOAT_TABLE.columns
    }
    return (_fitted(pa.table(made), FLOAT_TABLE),)


def _profiles(path: Path, wmo: int) -> tuple[pa.Table, ...]:
    return (_fitted(_read(path, wmo), PROFILE_TABLE),)


def _parameters(path: Path, wmo: int) -> tuple[pa.Table, ...]:
    return (_fitted(_read(path, wmo), PARAMETER_TABLE),)


def _analysis(path: Path, wmo: int) -> tuple[pa.Table, ...]:
    table = _read(path, wmo, without={field.name for field in WHERE_AND_WHEN})
    return _fitted(table, LEVEL_TABLE), _long(table)


_READERS: dict[str, Callable[[Path, int], tuple[pa.Table, ...]]] = {
    FLOAT.name: _float,
    PROFILES.name: _profiles,
    PARAMETERS.name: _parameters,
    ANALYSIS.name: _analysis,
}


def _read(path: Path, wmo: int, without: Collection[str] = ()) -> pa.Table:
    """Read Parquet, with the profiles' numbers as first column."""
    with pq.ParquetFile(path) as file:
        names = [name for name in file.schema_arrow.names if name not in without]
        # Floats are loaded side by side: more threads for each cost more than they save.
        table = file.read(names, use_threads=False)
    _expect(table, "platform_number", "cycle_number", "direction", "n_prof")
    floats = pc.unique(table["platform_number"]).to_pylist()
    if floats not in ([], [wmo]):
        raise BadData(f"is of the floats {floats}, not {wmo}")
    numbers = profile_ids(
        wmo,
        np.asarray(table["cycle_number"], np.int64),
        np.asarray(pc.equal(table["direction"], "D")),
        np.asarray(table["n_prof"], np.int64),
    )
    return table.add_column(0, "profile_id", pa.array(numbers))


def _expect(table: pa.Table, *names: str) -> None:
    if absent := [name for name in names if name not in table.column_names]:
        raise BadData(f"lacks the columns {absent}")


def _fitted(table: pa.Table, target: Table) -> pa.Table:
    """Return the columns of a target, in its types and order."""
    _expect(table, *(column.source or column.name for column in target.columns))
    columns = [_cast(table[column.source or column.name], column) for column in target.columns]
    return pa.table(columns, schema=target.arrow)


def _cast(values: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    made = values.cast(ARROW[column.type])
    if column.type in {Type.REAL, Type.DOUBLE} and pc.any(pc.is_nan(made)).as_py():
        return pc.if_else(pc.is_nan(made), pa.scalar(None, made.type), made)
    if column.type is Type.TEXT:
        return pc.replace_substring(made, _NUL, _NUL_SPELLED)  # no database takes it
    if column.type is Type.LETTER and pc.any(pc.greater(pc.binary_length(made), 1)).as_py():
        raise BadData(f"{column.name} is more than one letter")
    return made


def _long(table: pa.Table) -> pa.Table:
    """Return the parameters beyond the core ones, one row per level that has one."""
    pieces = [_parameter(table, name) for name in _beyond_core(table)]
    schema = BGC_LEVEL_TABLE.arrow
    return pa.concat_tables(pieces) if pieces else schema.empty_table()


def _beyond_core(table: pa.Table) -> list[str]:
    names = set(table.column_names)
    return [
        name
        for name in table.column_names
        if {f"{name}_raw", f"{name}_mode"} <= names and name not in CORE_COLUMNS
    ]


def _parameter(table: pa.Table, name: str) -> pa.Table:
    """Return one parameter's rows; a level without value, raw value and flag has none."""
    ends = ("", "_qc", "_error", "_raw", "_raw_qc", "_mode")
    _expect(table, *(name + end for end in ends))
    told = [table[name + end] for end in ("", "_raw", "_qc", "_raw_qc")]
    held = pc.is_valid(told[0])
    for values in told[1:]:
        held = pc.or_(held, pc.is_valid(values))
    kept = table.select(["profile_id", "level", *(name + end for end in ends)]).filter(held)
    plain = ("profile_id", "level", "value", "qc", "error", "raw", "raw_qc", "mode")
    kept = kept.rename_columns(plain)
    parameter = pa.array([name.upper()]).take(pa.array(np.zeros(len(kept), np.int8)))
    return _fitted(kept.append_column("parameter", parameter), BGC_LEVEL_TABLE)
