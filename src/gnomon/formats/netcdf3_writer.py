"""Writes NetCDF classic files (CDF-1 and CDF-2), byte for byte the same from the same arguments.

The grammar, and the reader, are in `gnomon.formats.netcdf3`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from gnomon.formats.netcdf3 import ATTRIBUTE, CHAR, DIMENSION, DTYPES, VARIABLE, padded

Attributes = tuple[tuple[str, "str | int | float | np.generic"], ...]

_U32 = Struct(">I")
_U32X2 = Struct(">II")
_CODES = {dtype.newbyteorder("="): code for code, dtype in DTYPES.items()}


@dataclass(frozen=True, eq=False)
class NewVariable:
    """A variable to write.

    Attributes
    ----------
    name : str
    dimensions : tuple of str
    data : numpy array
        ``S1``, int8, int16, int32, float32 or float64 of the shape of the dimensions.
    attributes : tuple of pairs
        Names and values in their order; a numpy scalar keeps its type.
    """

    name: str
    dimensions: tuple[str, ...]
    data: NDArray[np.generic]
    attributes: Attributes = ()


def encode(
    dimensions: Mapping[str, int | None],
    variables: Sequence[NewVariable],
    attributes: Attributes = (),
    *,
    wide_offsets: bool = False,
) -> bytes:
    """Return the bytes of a NetCDF classic file; the same arguments give the same bytes.

    Parameters
    ----------
    dimensions : mapping of str to int or None
        Lengths in order; None for the record dimension.
    variables : sequence of NewVariable
        Those whose first dimension is the record dimension must hold equally many records.
    attributes : tuple of pairs
        Global attributes.
    wide_offsets : bool
        Write CDF-2 (64-bit offsets), for files beyond 2 GiB, instead of CDF-1.
    """
    record = next((name for name, length in dimensions.items() if length is None), None)
    fixed = [v for v in variables if record not in v.dimensions[:1]]
    growing = [v for v in variables if record in v.dimensions[:1]]
    if len(counts := {len(v.data) for v in growing}) > 1:
        raise ValueError(f"record variables hold {sorted(counts)} records")
    records = counts.pop() if counts else 0
    order = {name: index for index, name in enumerate(dimensions)}
    heads = {v.name: _variable_head(v, order, grows=record in v.dimensions[:1]) for v in variables}
    offset = Struct(">Q" if wide_offsets else ">I")
    top = _file_head(dimensions, records, attributes, len(variables), 2 if wide_offsets else 1)
    at = len(top) + sum(map(len, heads.values())) + offset.size * len(heads)
    begins = {}
    for variable in (*fixed, *growing):
        begins[variable.name] = at
        at += _U32.unpack(heads[variable.name][-4:])[0]
    table = [part for name, head in heads.items() for part in (head, offset.pack(begins[name]))]
    body = [_pad(_big_endian(v.data)) for v in fixed]
    return b"".join([top, *table, *body, _records(growing, records)])


def write(path: Path, content: bytes) -> None:
    """Write a whole file or none: under another name first, then renamed."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)


def _pad(raw: bytes) -> bytes:
    return raw + bytes(-len(raw) % 4)


def _big_endian(data: NDArray[np.generic]) -> bytes:
    return data.astype(data.dtype.newbyteorder(">"), copy=False).tobytes()


def _file_head(
    dimensions: Mapping[str, int | None],
    records: int,
    attributes: Attributes,
    variables: int,
    version: int,
) -> bytes:
    """Return everything before the first variable of the header."""
    parts = [b"CDF", bytes([version]), _U32.pack(records)]
    parts.append(_U32X2.pack(DIMENSION if dimensions else 0, len(dimensions)))
    parts += [_name(name) + _U32.pack(length or 0) for name, length in dimensions.items()]
    parts.append(_encoded(attributes))
    parts.append(_U32X2.pack(VARIABLE if variables else 0, variables))
    return b"".join(parts)


def _variable_head(variable: NewVariable, order: Mapping[str, int], *, grows: bool) -> bytes:
    """Return a variable's entry in the header without its offset; it ends with vsize."""
    shape = variable.data.shape[1:] if grows else variable.data.shape
    size = math.prod(shape) * variable.data.itemsize
    ids = [order[name] for name in variable.dimensions]
    code = _CODES[variable.data.dtype.newbyteorder("=")]
    where = _name(variable.name) + Struct(f">{1 + len(ids)}I").pack(len(ids), *ids)
    return where + _encoded(variable.attributes) + _U32X2.pack(code, padded(size))


@lru_cache(maxsize=1024)  # the same few blocks stand in every file of a kind
def _encoded(attributes: Attributes) -> bytes:
    parts = [_U32X2.pack(ATTRIBUTE if attributes else 0, len(attributes))]
    for name, value in attributes:
        if isinstance(value, str):
            raw, code, length = value.encode(), CHAR, len(value.encode())
        else:
            data = np.atleast_1d(np.asarray(value))
            data = data.astype("i4") if data.dtype == "i8" else data
            raw, code, length = _big_endian(data), _CODES[data.dtype.newbyteorder("=")], len(data)
        parts += [_name(name), _U32X2.pack(code, length), _pad(raw)]
    return b"".join(parts)


@lru_cache(maxsize=1024)
def _name(name: str) -> bytes:
    raw = name.encode()
    return _pad(_U32.pack(len(raw)) + raw)


def _records(growing: Sequence[NewVariable], records: int) -> bytes:
    """Return the record section: record by record, the variables interleaved."""
    if len(growing) == 1 or not records:  # a lone record variable is packed without padding
        return b"".join(_big_endian(v.data) for v in growing)
    rows = []
    for variable in growing:
        row = np.frombuffer(_big_endian(variable.data), "u1").reshape(records, -1)
        rows += [row, np.zeros((records, -row.shape[1] % 4), "u1")]
    return np.hstack(rows).tobytes()
