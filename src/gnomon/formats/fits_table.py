"""Binary tables of FITS, column by column.

FITS standard 4.0, section 7.3. A row of the file holds all columns, big-endian; what is asked for
is copied out of it once, in native byte order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.formats.fits_header import Header, Malformed

_FORM = re.compile(r"(\d*)([LXBIJKAEDCMPQ])")
_SIDES = re.compile(r"\(\s*(\d+(?:\s*,\s*\d+)*)\s*\)")
_TYPES = {
    "L": np.dtype("S1"),
    "X": np.dtype("u1"),
    "B": np.dtype("u1"),
    "I": np.dtype(">i2"),
    "J": np.dtype(">i4"),
    "K": np.dtype(">i8"),
    "A": np.dtype("S1"),
    "E": np.dtype(">f4"),
    "D": np.dtype(">f8"),
    "C": np.dtype(">c8"),
    "M": np.dtype(">c16"),
}
_POINTERS = {"P": 8, "Q": 16}
"""Columns of variable length have the place of their values in the rows, in so many bytes."""
_SIZES = {code: dtype.itemsize for code, dtype in _TYPES.items()} | _POINTERS
_BITS = 8


@dataclass(frozen=True, slots=True)
class Field:
    """Where a column stands in each row.

    Attributes
    ----------
    number : int
        Of the column, from 1.
    code : str
        The letter of its TFORM.
    count : int
        Values in a row; of bits, bytes.
    offset : int
        Bytes from where a row begins.
    """

    name: str
    number: int
    code: str
    count: int
    offset: int


class Table(Mapping[str, NDArray[np.generic]]):
    """The columns of one binary table by name, in any case; each is decoded when asked for.

    Parameters
    ----------
    header : Header
    data : memoryview
        Of the HDU, without padding.
    where : str
        The file and the HDU, for messages.

    Raises
    ------
    Malformed
        The columns are not what the rows hold.
    """

    def __init__(self, header: Header, data: memoryview, where: str) -> None:
        self._header, self._data, self._where = header, data, where
        self._n_rows = header.integer("NAXIS2")
        self._row_size = header.integer("NAXIS1")
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
            Its rows differ in length, or its shape does not fit.
        """
        field = self._fields[name.upper()]
        if field.code in _POINTERS:
            raise BadData(f"{self._where}: column {field.name} has rows of variable length")
        if field.code == "A":
            return np.char.rstrip(self._raw(field, np.dtype(f"S{field.count}"), ()), b" ")
        shape = self._shape(field) if field.count != 1 else ()
        raw = self._raw(field, _TYPES[field.code], shape)
        if field.code == "L":
            return np.asarray(raw == b"T")
        scale = self._header.number(f"TSCAL{field.number}", 1.0)
        return scaled(raw, scale, self._header.number(f"TZERO{field.number}", 0.0))

    def _raw(self, field: Field, dtype: np.dtype[Any], row: tuple[int, ...]) -> NDArray[Any]:
        """Return a view of the file's bytes, or a new array if there is nothing to see."""
        shape = (self._n_rows, *row)
        if 0 in shape or not dtype.itemsize:
            return np.zeros(shape, dtype)
        inner = np.empty(row, dtype).strides
        return np.ndarray(shape, dtype, self._data, field.offset, (self._row_size, *inner))

    def _shape(self, field: Field) -> tuple[int, ...]:
        """Return the shape of one row, slowest first, by TDIM, or of all its values."""
        text = self._header.text(f"TDIM{field.number}")
        if not text:
            return (field.count,)
        sides = _SIDES.fullmatch(text.strip())
        if sides is None:
            raise BadData(f"{self._where}: column {field.name} has the unknown shape {text!r}")
        shape = tuple(int(side) for side in reversed(sides[1].split(",")))
        if prod(shape) != field.count:
            raise BadData(
                f"{self._where}: column {field.name} has {field.count} values and the shape {text}"
            )
        return shape

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
        return self._header.text(f"TUNIT{self._fields[name.upper()].number}")


def scaled(raw: NDArray[Any], scale: float, zero: float) -> NDArray[Any]:
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
    """Return the columns by their names in capitals; of a name that comes twice, the first."""
    fields: dict[str, Field] = {}
    offset = 0
    for n in range(1, header.integer("TFIELDS") + 1):
        name, form = header.text(f"TTYPE{n}", f"COL{n}"), header.text(f"TFORM{n}")
        found = _FORM.match(form)
        if found is None:
            raise Malformed(f"column {name} has the unknown format {form!r}")
        count, code = int(found[1] or 1), found[2]
        if code == "X":
            count = -(-count // _BITS)
        fields.setdefault(name.upper(), Field(name, n, code, count, offset))
        offset += count * _SIZES[code]
        if offset > row_size:
            break
    if offset != row_size:
        raise Malformed(f"its columns take {offset} bytes, its rows {row_size}")
    return fields
