"""Binary tables of FITS, column by column.

FITS standard 4.0, section 7.3. A row of the file holds all columns, big-endian; what is asked for
is copied out of it once, in native byte order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.formats.fits_header import Header, Malformed

_FORM = re.compile(r"(\d*)([LXBIJKAEDCMPQ])")
_CODES = {
    "L": "S1",
    "X": "u1",
    "B": "u1",
    "I": ">i2",
    "J": ">i4",
    "K": ">i8",
    "A": "S",
    "E": ">f4",
    "D": ">f8",
    "C": ">c8",
    "M": ">c16",
}
_POINTERS = {"P": 8, "Q": 16}
_BITS = 8


@dataclass(frozen=True, slots=True)
class Field:
    """Where a column stands in each row, and what it is.

    Attributes
    ----------
    code : str
        The letter of its TFORM.
    dtype : numpy dtype, or None
        Of one value, as in the file; None for those of variable length.
    shape : tuple of int
        Of one row; () for one value.
    """

    name: str
    unit: str
    code: str
    dtype: np.dtype[np.generic] | None
    shape: tuple[int, ...]
    offset: int
    scale: float
    zero: float


class Table(Mapping[str, NDArray[np.generic]]):
    """The columns of one binary table by name, in any case; each is decoded when asked for.

    Parameters
    ----------
    header : Header
    data : memoryview
        Of the HDU, without padding.
    where : str
        The file and the HDU, for messages.
    """

    def __init__(self, header: Header, data: memoryview, where: str) -> None:
        self._where = where
        self._n_rows = header.integer("NAXIS2")
        self._row_size = header.integer("NAXIS1")
        self._data = data
        if self._n_rows * self._row_size > len(data):
            raise Malformed(f"{self._n_rows} rows of {self._row_size} bytes are not in its data")
        if self._n_rows and not self._row_size:
            raise Malformed(f"{self._n_rows} rows of no bytes")
        self._fields = _fields(header, self._row_size)

    def __len__(self) -> int:
        return len(self._fields)

    def __iter__(self) -> Iterator[str]:
        return (field.name for field in self._fields.values())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.upper() in self._fields

    def __getitem__(self, name: str) -> NDArray[np.generic]:
        """Return the values, shape (rows, ...), native byte order, writable.

        Integers keep their null value; those that TZERO makes unsigned are unsigned; other scaled
        columns are float64. Text is without the blanks at its end.

        Raises
        ------
        KeyError
            There is no such column.
        BadData
            Its rows differ in length.
        """
        field = self._fields[name.upper()]
        if field.dtype is None:
            raise BadData(f"{self._where}: column {field.name} has rows of variable length")
        shape = (self._n_rows, *field.shape)
        if 0 in shape:
            return np.zeros(shape, field.dtype.newbyteorder("="))
        inner = np.empty(field.shape, field.dtype).strides
        strides = (self._row_size, *inner)
        raw = np.ndarray(shape, field.dtype, self._data, field.offset, strides)
        return _decoded(raw, field)

    def required(self, names: Iterable[str]) -> dict[str, NDArray[Any]]:
        """Return columns by the names that were asked for.

        Raises
        ------
        BadData
            A column is absent; the message names it and what is there.
        """
        names = tuple(names)
        for name in names:
            if name not in self:
                raise BadData(f"{self._where}: has no column {name}; it has {', '.join(self)}")
        return {name: self[name] for name in names}

    def unit(self, name: str) -> str:
        """Return the unit that the file gives a column, as it is written."""
        return self._fields[name.upper()].unit


def _decoded(raw: NDArray[np.generic], field: Field) -> NDArray[np.generic]:
    if field.code == "L":
        return np.asarray(raw == b"T")
    if field.code == "A":
        return np.char.rstrip(raw.astype(np.bytes_), b" ")
    return scaled(raw, field.scale, field.zero)


def scaled(raw: NDArray[np.generic], scale: float, zero: float) -> NDArray[np.generic]:
    """Return numbers in native byte order; of integers and floats, with scale and zero point."""
    native = raw.astype(raw.dtype.newbyteorder("="))
    if (scale, zero) == (1.0, 0.0):
        return native
    kind, bits = native.dtype.kind, native.dtype.itemsize * _BITS
    middle = 2.0 ** (bits - 1)
    if scale == 1.0 and (kind, zero) in {("i", middle), ("u", -middle)}:
        # Adding half of the range turns the highest bit over (section 5.2.5, table 11).
        other = np.dtype(f"{'u' if kind == 'i' else 'i'}{native.dtype.itemsize}")
        bit = np.array(1 << (bits - 1), np.dtype(f"u{native.dtype.itemsize}"))
        return np.asarray((native.view(bit.dtype) ^ bit).view(other))
    return np.asarray(native * np.float64(scale) + np.float64(zero))


def _fields(header: Header, row_size: int) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    offset = 0
    for n in range(1, header.integer("TFIELDS") + 1):
        field, size = _field(header, n, offset, row_size)
        fields.setdefault(field.name.upper(), field)
        offset += size
    if offset != row_size:
        raise Malformed(f"its columns take {offset} bytes, its rows {row_size}")
    return fields


def _field(header: Header, number: int, offset: int, row_size: int) -> tuple[Field, int]:
    """Return the column of a number, from 1, and how many bytes it takes in a row."""
    name = header.text(f"TTYPE{number}", f"COL{number}")
    form = header.text(f"TFORM{number}")
    found = _FORM.match(form.strip())
    if found is None:
        raise Malformed(f"column {name} has the unknown format {form!r}")
    count, code = int(found[1] or 1), found[2]
    unit = header.text(f"TUNIT{number}")
    if code in _POINTERS:
        return Field(name, unit, code, None, (), offset, 1.0, 0.0), count * _POINTERS[code]
    if code == "X":
        count = -(-count // _BITS)
    size = count * (1 if code == "A" else np.dtype(_CODES[code]).itemsize)
    if size > row_size - offset:
        raise Malformed(f"column {name} of {size} bytes does not fit into a row of {row_size}")
    dtype = np.dtype(f"S{max(1, count)}" if code == "A" else _CODES[code])
    shape = () if code == "A" and count else _shape(header.text(f"TDIM{number}"), count, name)
    scale, zero = header.number(f"TSCAL{number}", 1.0), header.number(f"TZERO{number}", 0.0)
    return Field(name, unit, code, dtype, shape, offset, scale, zero), size


def _shape(text: str, count: int, name: str) -> tuple[int, ...]:
    """Return the shape of one row, slowest first, by TDIM, or of `count` values."""
    if not text:
        return () if count == 1 else (count,)
    sides = re.fullmatch(r"\(\s*(\d+(?:\s*,\s*\d+)*)\s*\)", text.strip())
    if sides is None:
        raise Malformed(f"column {name} has the unknown shape {text!r}")
    shape = tuple(int(side) for side in reversed(sides[1].split(",")))
    if int(np.prod(shape)) != count:
        raise Malformed(f"column {name} has {count} values and the shape {text}")
    return shape
