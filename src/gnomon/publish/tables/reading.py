"""Files as tables of columns: CSV as texts, Parquet and CDF with the types that they have."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from gnomon.errors import BadData
from gnomon.publish.tables.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DATETIME,
    FLOAT,
    INTEGER,
    NUMERIC,
    TEXT,
    Type,
)

CSV, PARQUET, CDF = ".csv", ".parquet", ".cdf"
SUFFIXES = (CSV, PARQUET, CDF)
_INT32_BITS, _INT64_BITS = 32, 64
_TYPES: tuple[tuple[Callable[[pa.DataType], bool], Type], ...] = (
    (pa.types.is_boolean, BOOLEAN),
    (pa.types.is_floating, FLOAT),
    (pa.types.is_decimal, NUMERIC),
    (pa.types.is_date, DATE),
    (pa.types.is_timestamp, DATETIME),
    (pa.types.is_string, TEXT),
    (pa.types.is_large_string, TEXT),
)


@dataclass(frozen=True)
class Raw:
    """The columns of a file, as they stand in it.

    Attributes
    ----------
    path : Path
    table : pyarrow.Table
        A CSV's columns are texts, an empty field an empty text.
    group : str
        Which of several tables of the file it is; a CDF has one for each axis of records.
    types : mapping of str to Type
        What is known of the columns: from Parquet that lies beside a CSV, or from the file itself.
    ticks : mapping of str to pyarrow.Array
        Of columns that are times, what the file holds, int64; a job may ask for it by its type.
    """

    path: Path
    table: pa.Table
    group: str = ""
    types: Mapping[str, Type] = field(default_factory=dict)
    ticks: Mapping[str, pa.Array] = field(default_factory=dict)

    def sliced(self, most: int | None) -> Raw:
        """Return the first rows."""
        if most is None or self.table.num_rows <= most:
            return self
        ticks = {name: values[:most] for name, values in self.ticks.items()}
        return Raw(self.path, self.table.slice(0, most), self.group, self.types, ticks)


def read_file(path: Path) -> list[Raw]:
    """Read a file; CSV and Parquet hold one table, a CDF one for each axis of records.

    Raises
    ------
    BadData
        It is empty, cut short, or not what its suffix says.
    """
    suffix = path.suffix.lower()
    try:
        if suffix == PARQUET:
            return [_parquet(path)]
        if suffix == CDF:
            from gnomon.publish.tables.cdf import read_axes  # noqa: PLC0415  needs an extra

            return read_axes(path)
        return [_csv(path)]
    except pa.ArrowInvalid as error:
        raise BadData(f"{path.name}: {_first_line(error)}") from None
    except OSError as error:
        raise BadData(f"{path} cannot be read: {error}") from None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


# -- CSV


def _csv(path: Path) -> Raw:
    if not path.stat().st_size:
        raise BadData(f"{path.name} is empty: it has no header")
    names = _header(path)
    table = pyarrow.csv.read_csv(
        path,
        read_options=pyarrow.csv.ReadOptions(use_threads=False),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=False,
        ),
    )
    return Raw(path, _spelled(table), types=_types_beside(path))


def _header(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            names = next(csv.reader(stream), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadData(f"{path.name}: {error}") from None
    if twice := sorted(name for name, count in Counter(names).items() if count > 1):
        raise BadData(f"{path.name}: the columns {', '.join(twice)} stand there twice")
    return names


def _spelled(table: pa.Table) -> pa.Table:
    """Spell NUL out: no database takes it."""
    for at, column in enumerate(table.columns):
        if pc.any(pc.match_substring(column, "\0")).as_py():
            clean = pc.replace_substring(column, "\0", "\N{SYMBOL FOR NULL}")
            table = table.set_column(at, table.column_names[at], clean)
    return table


def _types_beside(path: Path) -> dict[str, Type]:
    beside = path.with_suffix(PARQUET)
    if not beside.is_file():
        return {}
    return types_of(pq.read_schema(beside))


def types_of(schema: pa.Schema) -> dict[str, Type]:
    """Return the types of columns that have them."""
    found = {one.name: type_of(one.type) for one in schema}
    return {name: kind for name, kind in found.items() if kind is not None}


def type_of(kind: pa.DataType) -> Type | None:
    """Return the narrowest type that holds all values of an Arrow type; None where none does."""
    if pa.types.is_dictionary(kind):
        return type_of(kind.value_type)
    if pa.types.is_integer(kind):
        bits = kind.bit_width + pa.types.is_unsigned_integer(kind)
        return INTEGER if bits <= _INT32_BITS else BIGINT if bits <= _INT64_BITS else NUMERIC
    return next((made for is_one, made in _TYPES if is_one(kind)), None)


# -- Parquet


def _parquet(path: Path) -> Raw:
    table = pq.read_table(path, partitioning=None)
    columns = [_plain(path, name, table[name]) for name in table.column_names]
    made = pa.table(columns, names=table.column_names)
    return Raw(path, _spelled_texts(made), types=types_of(table.schema))


def _plain(path: Path, name: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _plain(path, name, values.cast(kind.value_type))
    if pa.types.is_decimal(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind):
        return values.cast(pa.string())
    if type_of(kind) is not None:
        return values
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        texts = [value if value is None else value.hex() for value in values.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    raise BadData(f"{path.name}: the column {name} holds {kind}, which no column of a table takes")


def _spelled_texts(table: pa.Table) -> pa.Table:
    texts = [one.name for one in table.schema if pa.types.is_string(one.type)]
    clean = _spelled(table.select(texts))
    for name in texts:
        table = table.set_column(table.column_names.index(name), name, clean[name])
    return table
