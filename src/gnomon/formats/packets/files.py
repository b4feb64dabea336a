"""Writes decoded packets: one CSV and one Parquet per APID, part by part, whole or not at all.

The columns follow from the definition alone, so every part of a long file has the same: a
parameter that some packets lack is empty in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from gnomon.formats.packets.columns import Column
from gnomon.formats.packets.decode import PacketTable
from gnomon.formats.packets.model import (
    SAFE_NAME,
    Binary,
    Container,
    Definition,
    Float,
    Integer,
    Parameter,
    Text,
)

_WIDEST = 64


class Tables:
    """Files of tables in a folder; they get their names when all is written.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    definition : Definition
    raw : bool
        Write raw values, not calibrated ones.
    """

    def __init__(self, folder: Path, definition: Definition, *, raw: bool = False) -> None:
        self._folder, self._definition, self._raw = folder, definition, raw
        self._open: dict[int, _Files] = {}

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for files in self._open.values():
            files.close(keep=kind is None)

    def add(self, table: PacketTable) -> None:
        """Write more packets of an APID."""
        if table.apid not in self._open:
            self._open[table.apid] = self._begin(table)
        self._open[table.apid].write(table)

    def paths(self) -> dict[int, tuple[Path, Path]]:
        """Return the paths of CSV and Parquet by APID."""
        return {apid: (files.csv, files.parquet) for apid, files in sorted(self._open.items())}

    def _begin(self, table: PacketTable) -> _Files:
        top = self._definition.apids().get(table.apid, table.name)
        name = top if SAFE_NAME.fullmatch(top) else f"apid_{table.apid}"
        taken = {files.csv.stem for files in self._open.values()}
        if name in taken:
            name = f"{name}_{table.apid}"
        parameters = list(possible(self._definition, top))
        return _Files(self._folder / name, schema(parameters, raw=self._raw), raw=self._raw)


def possible(definition: Definition, name: str) -> Iterator[Parameter]:
    """Yield every parameter that packets of a container, or of its heirs, may have, once."""
    found: dict[str, Parameter] = {}
    for container in definition.lineage(name):
        _collect(definition, container, found)
    _descend(definition, definition.container(name), found)
    yield from found.values()


def _descend(definition: Definition, container: Container, found: dict[str, Parameter]) -> None:
    for child in container.children:
        heir = definition.container(child)
        _collect(definition, heir, found)
        _descend(definition, heir, found)


def _collect(definition: Definition, container: Container, found: dict[str, Parameter]) -> None:
    for entry in container.entries:
        if entry.container:
            _collect(definition, definition.container(entry.container), found)
        elif entry.parameter:
            found.setdefault(entry.parameter.name, entry.parameter)


def schema(parameters: list[Parameter], *, raw: bool = False) -> pa.Schema:
    """Return the Arrow schema of parameters; units and descriptions stand in their metadata."""
    fields = []
    for parameter in parameters:
        told = {"unit": parameter.type.unit if parameter.type else "", "long_name": parameter.about}
        metadata = {key: text for key, text in told.items() if text}
        fields.append(pa.field(parameter.name, arrow_type(parameter, raw=raw), metadata=metadata))
    return pa.schema(fields)


def arrow_type(parameter: Parameter, *, raw: bool = False) -> pa.DataType:
    """Return the Arrow type of a parameter's values; whole numbers beyond 64 bits are text."""
    of = parameter.type
    if of is None:
        return pa.string()
    encoding = of.encoding
    if isinstance(encoding, Binary) or (raw and isinstance(encoding, Text)):
        return pa.binary()
    if isinstance(encoding, Text) or (of.labels is not None and not raw):
        return pa.string()
    if not raw and of.boolean:
        return pa.bool_()
    if isinstance(encoding, Float) or (not raw and (of.calibrator or of.contexts)):
        return pa.float64()
    return _integer_type(encoding)


def _integer_type(encoding: Integer) -> pa.DataType:
    if encoding.bits > _WIDEST:
        return pa.string()
    size = next(size for size in (8, 16, 32, 64) if encoding.bits <= size)
    sign = "uint" if encoding.code == "unsigned" else "int"
    return getattr(pa, f"{sign}{size}")()


class _Files:
    """The two files of one APID, under other names until they are closed."""

    def __init__(self, stem: Path, columns: pa.Schema, *, raw: bool) -> None:
        self.csv = stem.with_name(stem.name + ".csv")
        self.parquet = stem.with_name(stem.name + ".parquet")
        self._parts = [path.with_name(path.name + ".part") for path in (self.csv, self.parquet)]
        self._columns, self._raw = columns, raw
        text = pa.schema([_as_text(field) for field in columns])
        self._csv = pc.CSVWriter(
            self._parts[0], text, write_options=pc.WriteOptions(quoting_style="needed")
        )
        self._parquet = pq.ParquetWriter(self._parts[1], columns, compression="zstd")
        self._text = text

    def write(self, table: PacketTable) -> None:
        arrays = [self._array(table.columns.get(field.name), field, len(table))
                  for field in self._columns]  # fmt: skip
        self._parquet.write_table(pa.Table.from_arrays(arrays, schema=self._columns))
        texts = [_hexadecimal(one) if pa.types.is_binary(one.type) else one for one in arrays]
        self._csv.write_table(pa.Table.from_arrays(texts, schema=self._text))

    def close(self, *, keep: bool) -> None:
        self._csv.close()
        self._parquet.close()
        for part, path in zip(self._parts, (self.csv, self.parquet), strict=True):
            if keep:
                part.replace(path)
            else:
                part.unlink()

    def _array(self, column: Column | None, field: pa.Field, number: int) -> pa.Array:
        if column is None:
            return pa.nulls(number, field.type)
        values: NDArray[Any] = column.raw if self._raw else column.values
        mask = None if column.present is None else ~column.present
        if pa.types.is_string(field.type) and not isinstance(next(iter(values), ""), str):
            values = np.array([str(value) for value in values.tolist()], object)  # wide integers
        return pa.array(values, field.type, mask=mask, from_pandas=False)


def _as_text(field: pa.Field) -> pa.Field:
    return field.with_type(pa.string()) if pa.types.is_binary(field.type) else field


def _hexadecimal(array: pa.Array) -> pa.Array:
    return pa.array([None if v is None else v.hex() for v in array.to_pylist()], pa.string())
