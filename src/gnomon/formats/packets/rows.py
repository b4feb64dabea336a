"""Packets of one length as a matrix of bytes, and numbers of any width and place read from it.

Reading a number costs one or two passes over its column: the smallest aligned window of 1, 2, 4
or 8 bytes that holds its bits is taken as a big-endian integer, shifted and masked. Windows are
kept, so the flags that share a word cost one pass each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.formats.packets.model import Encoding, Float, Integer

Bytes = NDArray[np.uint8]
Reader = Callable[["Rows"], NDArray[Any]]
_SIZES = (1, 2, 4, 8)
_WIDEST = 64
_FLOATS: dict[int, np.dtype[Any]] = {16: np.dtype(">f2"), 32: np.dtype(">f4"), 64: np.dtype(">f8")}


class Rows:
    """Packets of one length.

    Parameters
    ----------
    matrix : (n, length) u1
        Bytes of one packet per row; neighbours in a row are neighbours in memory.
    """

    def __init__(self, matrix: Bytes) -> None:
        self.matrix = matrix
        self.number, self.length = matrix.shape
        self._windows: dict[tuple[int, int], NDArray[Any]] = {}

    def take(self, index: NDArray[np.intp]) -> Rows:
        """Return some of the rows."""
        return Rows(self.matrix[index])

    def window(self, first: int, size: int) -> NDArray[Any]:
        """Return `size` bytes (1, 2, 4 or 8) from byte `first` on, as unsigned integers."""
        found = self._windows.get((first, size))
        if found is None:
            found = self.typed(first, np.dtype(f">u{size}")).astype(f"u{size}")
            self._windows[first, size] = found
        return found

    def typed(self, first: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return a view of the bytes from `first` on as numbers of a type; nothing is copied."""
        inside = self.matrix[:, first : first + dtype.itemsize]
        return inside.view(dtype)[:, 0] if self.number else np.empty(0, dtype)

    def bits(self, start: int, bits: int) -> list[bytes]:
        """Return bits of any number as bytes, most significant first, zeros before them."""
        first, last = start // 8, -(-(start + bits) // 8)
        width = last - first
        raw = np.ascontiguousarray(self.matrix[:, first:last]).tobytes()
        whole = [raw[at : at + width] for at in range(0, len(raw), width)] if width else []
        if not width:
            return [b""] * self.number
        shift = last * 8 - start - bits
        if not shift and not start % 8:
            return whole
        mask, size = (1 << bits) - 1, -(-bits // 8)
        numbers = ((int.from_bytes(one) >> shift) & mask for one in whole)
        return [number.to_bytes(size) for number in numbers]


def unsigned_dtype(bits: int) -> np.dtype[Any]:
    """Return the smallest unsigned type for a width; Python integers beyond 64 bits."""
    fitting = (size for size in _SIZES if bits <= size * 8)
    return np.dtype(f"u{size}") if (size := next(fitting, 0)) else np.dtype(object)


def reader(encoding: Encoding, start: int, length: int) -> Reader:
    """Return what reads the raw values of a number.

    Parameters
    ----------
    encoding : Integer or Float
    start : int
        First bit within the packet.
    length : int
        Length of the packets in bytes.

    Returns
    -------
    callable
        From `Rows` to (n,) raw values: the smallest of u1, u2, u4, u8, i1, i2, i4 and i8, or
        objects for more than 64 bits; f8 for floats.
    """
    if isinstance(encoding, Float):
        return _float_reader(encoding, start, length)
    if not isinstance(encoding, Integer):
        raise TypeError(f"{encoding} is no number")
    if not start % 8 and not encoding.little and encoding.bits in {8, 16, 32, 64}:
        return _aligned(start // 8, encoding)
    unsigned = _unsigned(start, encoding.bits, length)
    if encoding.little and encoding.bits > 8:  # noqa: PLR2004 -- bits of a byte
        unsigned = _swapped(unsigned, encoding.bits)
    return _signed(unsigned, encoding)


def _aligned(first: int, encoding: Integer) -> Reader:
    if encoding.code == "unsigned":
        size = encoding.bits // 8
        return lambda rows: rows.window(first, size)
    if encoding.code == "twos":
        dtype = np.dtype(f">i{encoding.bits // 8}")
        return lambda rows: rows.typed(first, dtype).astype(dtype.newbyteorder("="))
    size = encoding.bits // 8
    return _signed(lambda rows: rows.window(first, size), encoding)


def _unsigned(start: int, bits: int, length: int) -> Reader:
    first, last = start // 8, (start + bits - 1) // 8
    span = last - first + 1
    if bits > _WIDEST:
        return lambda rows: objects([int.from_bytes(one) for one in rows.bits(start, bits)])
    if span > _SIZES[-1]:
        return _straddling(first, start, bits)
    size = next(size for size in _SIZES if size >= span)
    if size > length:
        return lambda rows: np.array(
            [int.from_bytes(one) for one in rows.bits(start, bits)], unsigned_dtype(bits)
        )
    first = min(first, length - size)
    shift = (first + size) * 8 - start - bits
    return _shifted(first, size, shift, bits)


def _shifted(first: int, size: int, shift: int, bits: int) -> Reader:
    window, result = np.dtype(f"u{size}"), unsigned_dtype(bits)
    down, mask = window.type(shift), window.type((1 << bits) - 1)
    is_top = shift + bits == size * 8

    def read(rows: Rows) -> NDArray[Any]:
        values = rows.window(first, size)
        if shift:
            values = values >> down
        if not is_top:
            values = values & mask
        return values.astype(result, copy=False)

    return read


def _straddling(first: int, start: int, bits: int) -> Reader:
    """Return what reads up to 64 bits that touch nine bytes."""
    left = (first + 9) * 8 - start - bits
    up, down, mask = np.uint64(8 - left), np.uint64(left), np.uint64((1 << bits) - 1)

    def read(rows: Rows) -> NDArray[Any]:
        low = rows.window(first + 8, 1).astype(np.uint64) >> down
        return ((rows.window(first, 8) << up) | low) & mask

    return read


def _swapped(read: Reader, bits: int) -> Reader:
    """Return what reads integers whose bytes come least significant first."""
    size = -(-bits // 8)
    if bits > _WIDEST:
        return lambda rows: objects(
            [int.from_bytes(int(one).to_bytes(size), "little") for one in read(rows)]
        )
    result, whole = unsigned_dtype(size * 8), unsigned_dtype(size * 8).itemsize
    up = result.type((whole - size) * 8)

    def swap(rows: Rows) -> NDArray[Any]:
        values: NDArray[Any] = (read(rows).astype(result, copy=False) << up).byteswap()
        return values

    return swap


def _signed(read: Reader, encoding: Integer) -> Reader:
    if encoding.code == "unsigned":
        return read
    interpret = {"twos": _twos, "ones": _ones, "magnitude": _magnitude}[encoding.code]
    return lambda rows: interpret(read(rows), encoding.bits)


def _twos(values: NDArray[Any], bits: int) -> NDArray[Any]:
    if values.dtype == object:
        return objects([v - (1 << bits) if v >> (bits - 1) else v for v in values])
    spare = values.dtype.itemsize * 8 - bits
    signed = np.dtype(f"i{values.dtype.itemsize}")
    shifted: NDArray[Any] = (values << values.dtype.type(spare)).view(signed)
    moved: NDArray[Any] = shifted >> signed.type(spare)
    return moved


def _ones(values: NDArray[Any], bits: int) -> NDArray[Any]:
    if values.dtype == object:
        return objects([v - (1 << bits) + 1 if v >> (bits - 1) else v for v in values])
    twos = _twos(values, bits)
    twos += twos < 0
    return twos


def _magnitude(values: NDArray[Any], bits: int) -> NDArray[Any]:
    top = 1 << (bits - 1)
    if values.dtype == object:
        return objects([top - v if v & top else v for v in values])
    signed = np.dtype(f"i{values.dtype.itemsize}")
    size: NDArray[Any] = (values & values.dtype.type(top - 1)).view(signed)
    size[(values & values.dtype.type(top)) != 0] *= -1
    return size


def _float_reader(encoding: Float, start: int, length: int) -> Reader:
    bits = encoding.bits
    as_integer = reader(Integer(bits, "unsigned", encoding.little), start, length)
    if encoding.code == "mil1750a":
        return lambda rows: _mil1750a(as_integer(rows))
    if not start % 8 and not encoding.little:
        dtype = _FLOATS[bits]
        return lambda rows: rows.typed(start // 8, dtype).astype(np.float64)
    native = _FLOATS[bits].newbyteorder("=")
    return lambda rows: as_integer(rows).view(native).astype(np.float64)


def _mil1750a(words: NDArray[np.uint32]) -> NDArray[np.float64]:
    """Return 32-bit floats of MIL-STD-1750A: 24 bits of fraction, 8 of exponent, both signed."""
    exponent = (words & np.uint32(0xFF)).astype(np.uint8).view(np.int8)
    fraction = words.view(np.int32) >> np.int32(8)
    return np.ldexp(fraction.astype(np.float64), exponent.astype(np.int32) - 23)


def objects(values: list[Any]) -> NDArray[Any]:
    """Return Python objects as an array; NumPy is not asked to guess a type."""
    found = np.empty(len(values), object)
    found[:] = values
    return found
