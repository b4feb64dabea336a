"""Rows as PostgreSQL's ``COPY ... (FORMAT binary)`` wants them, assembled by NumPy.

A row is the number of its fields, and each field its length (-1 for null) and its bytes, big
endian (PostgreSQL manual, COPY, "Binary Format"). Rows whose fields have the same lengths have the
same layout, so they are assembled together, field by field: there are few layouts, since lengths
differ by nulls and texts only. Rows leave in another order than they came.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_ROWS = 16_384  # many more than there are layouts, and small enough for the caches
_EPOCH_US = 946_684_800_000_000  # PostgreSQL counts from 2000


@dataclass(frozen=True, slots=True)
class Field:
    """One column of some rows.

    Attributes
    ----------
    lengths : (row,) int32 or int
        Bytes of each row's field, -1 for null; one number where all are alike.
    values : (row,) or (byte,) array
        Numbers, or the bytes of all texts.
    offsets : (row,) int64, optional
        Where each text begins.
    """

    lengths: NDArray[np.int32] | int
    values: NDArray[np.generic]
    offsets: NDArray[np.int64] | None = None


def copy_stream(table: pa.Table) -> Iterator[bytes | memoryview]:
    """Return the stream that copies a table, in pieces."""
    yield _HEADER
    for first in range(0, table.num_rows, _ROWS):
        yield from _rows(table.slice(first, _ROWS))
    yield _TRAILER


def _rows(table: pa.Table) -> Iterator[memoryview]:
    fields = [_field(column.combine_chunks()) for column in table.columns]
    for rows in _layouts(fields, table.num_rows):
        number = table.num_rows if isinstance(rows, slice) else len(rows)
        yield _assemble([_taken(field, rows) for field in fields], number)


def _field(values: pa.Array) -> Field:
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks)
    if pa.types.is_string(values.type):
        return _text(values)
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.int64())
        return _number(values, np.asarray(values.fill_null(0)) - _EPOCH_US)
    return _number(values, np.asarray(values.fill_null(0)))


def _number(values: pa.Array, numbers: NDArray[np.generic]) -> Field:
    width = numbers.dtype.itemsize
    if not values.null_count:
        return Field(width, numbers)
    valid = np.asarray(values.is_valid())
    return Field(np.where(valid, width, -1).astype(np.int32), numbers)


def _text(values: pa.Array) -> Field:
    _, offsets, content = values.buffers()
    ends = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1]
    lengths = np.diff(ends)
    if values.null_count:
        lengths[~np.asarray(values.is_valid())] = -1
    held = np.frombuffer(content if content is not None else b"", np.uint8)
    return Field(lengths, held, ends[:-1].astype(np.int64))


def _layouts(fields: list[Field], number: int) -> list[NDArray[np.intp]] | list[slice]:
    """Group rows by the lengths of their fields."""
    groups = np.zeros(number, np.int64)
    for field in fields:
        lengths = field.lengths
        if not isinstance(lengths, int) and (lengths != lengths[0]).any():
            mixed = groups * (int(lengths.max()) + 2) + lengths
            _, groups = np.unique(mixed, return_inverse=True)
    if not groups.any():
        return [slice(None)]
    order = np.argsort(groups, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)


def _taken(field: Field, rows: NDArray[np.intp] | slice) -> Field:
    """Return a field of the rows of one layout: their length is one number."""
    lengths = field.lengths
    width = lengths if isinstance(lengths, int) else int(lengths[rows][0])
    if width < 0:
        return Field(width, field.values[:0])
    if field.offsets is None:
        return Field(width, field.values[rows])
    at = field.offsets[rows][:, np.newaxis] + np.arange(width)
    return Field(width, field.values[at].reshape(len(at), width))


def _assemble(fields: list[Field], number: int) -> memoryview:
    """Return rows of one layout as bytes."""
    layout: list[tuple[Any, ...]] = [("fields", ">i2")]
    for index, field in enumerate(fields):
        layout.append((f"length{index}", ">i4"))
        if len(field.values):
            kind = field.values.dtype.newbyteorder(">")
            layout.append((f"value{index}", kind, field.values.shape[1:]))
    frame = np.zeros(1, layout)
    frame["fields"] = len(fields)
    for index, field in enumerate(fields):
        frame[f"length{index}"] = field.lengths
    rows = np.repeat(frame, number)
    for index, field in enumerate(fields):
        if len(field.values):
            rows[f"value{index}"] = field.values
    return rows.view(np.uint8).data
