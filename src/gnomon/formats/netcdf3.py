"""Reads NetCDF classic files (CDF-1 and CDF-2), strictly; `netcdf3_writer` writes them.

The usual libraries read a cut file without complaint and return zeros for what is missing. Here
the header is checked whole, and the size of the file compared with the size that the header
implies, before any value can be read; whatever does not fit is `gnomon.errors.BadData`.

The grammar is that of "The NetCDF Classic Format Specification" (Unidata, NetCDF User's Guide):

    header   = magic numrecs dim_list gatt_list var_list
    var      = name nelems [dimid ...] vatt_list nc_type vsize begin
    data     = non-record variables, then records that interleave the record variables
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from struct import Struct, error, unpack_from
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData

AttributeValue = str | int | float | tuple[int | float, ...]

_U32 = Struct(">I")
_U32X2 = Struct(">II")
_TAIL = {1: Struct(">II"), 2: Struct(">IQ")}  # vsize, begin
DIMENSION, VARIABLE, ATTRIBUTE = 10, 11, 12
_STREAMING = 0xFFFFFFFF
_HDF5 = b"\x89HDF"
CHAR = 2
DTYPES = {
    1: np.dtype("i1"),
    CHAR: np.dtype("S1"),
    3: np.dtype(">i2"),
    4: np.dtype(">i4"),
    5: np.dtype(">f4"),
    6: np.dtype(">f8"),
}


def padded(size: int) -> int:
    """Return `size` rounded up to a multiple of four bytes, on which everything starts."""
    return (size + 3) & ~3


class _Malformed(Exception):
    """Why a header makes no sense; `read` adds the file's name."""


class AttributeBlock:
    """The attributes of one variable or of the file, decoded when asked for."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    @cached_property
    def values(self) -> dict[str, AttributeValue]:
        """The attributes by name."""
        return dict(_attributes(self.raw))


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of an open file.

    Attributes
    ----------
    name : str
    dimensions : tuple of str
        Names of its dimensions, slowest first.
    shape : tuple of int
    dtype : numpy dtype
        As in the file: big-endian numbers, or ``S1`` for text.
    """

    name: str
    dimensions: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    _block: AttributeBlock
    _data: bytes
    _begin: int
    _record_stride: int | None

    @property
    def attributes(self) -> Mapping[str, AttributeValue]:
        """The variable's attributes: text as str, one number as int or float, more as a tuple."""
        return self._block.values

    def array(self) -> NDArray[np.generic]:
        """Return the values: a read-only view of the file's bytes, shape and dtype as above."""
        if 0 in self.shape:  # no record was written: there is nothing at `begin`
            return np.empty(self.shape, self.dtype)
        strides = None
        if self._record_stride is not None:
            inner = np.empty(self.shape[1:], self.dtype).strides
            strides = (self._record_stride, *inner)
        return np.ndarray(self.shape, self.dtype, self._data, self._begin, strides)


class _Declaration(NamedTuple):
    """What a header says of a variable before its size and place; `raw` are the bytes."""

    raw: bytes
    name: str
    dimids: tuple[int, ...]
    block: AttributeBlock
    code: int


class _Entry(NamedTuple):
    """One variable of a header; `size` is that of its values, or of one record of them."""

    declared: _Declaration
    begin: int
    size: int
    grows: bool


class Dataset(Mapping[str, Variable]):
    """The variables of one file by name; they are views of its bytes.

    Attributes
    ----------
    name : str
        The file's name, for messages.
    dimensions : dict of str to int
        Lengths; of the record dimension, the number of records.
    record_dimension : str or None
    """

    def __init__(self, name: str, data: bytes, header: _Header) -> None:
        self.name = name
        self.dimensions = dict(zip(header.names, header.lengths, strict=True))
        self.record_dimension = None if header.record is None else header.names[header.record]
        self._data, self._header = data, header

    @property
    def attributes(self) -> Mapping[str, AttributeValue]:
        """The file's global attributes."""
        return self._header.block.values

    def __getitem__(self, name: str) -> Variable:
        header, entry = self._header, self._header.entries[name]
        dimensions, shape = header.shape(entry.declared.dimids)
        return Variable(
            name,
            dimensions,
            shape,
            DTYPES[entry.declared.code],
            entry.declared.block,
            self._data,
            entry.begin,
            header.record_size if entry.grows else None,
        )

    def __contains__(self, name: object) -> bool:
        return name in self._header.entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._header.entries)

    def __len__(self) -> int:
        return len(self._header.entries)


class Reader:
    """Reads files; reading many alike with one reader is several times faster.

    The declarations of variables (name, dimensions, attributes) repeat from file to file and are
    most of a header, so what the last file said is compared as bytes instead of parsed again.
    """

    def __init__(self) -> None:
        self._seen: dict[int, _Declaration] = {}

    def read(self, path: Path, name: str | None = None) -> Dataset:
        """Return the variables of one file.

        Parameters
        ----------
        path : Path
        name : str, optional
            What messages call the file; by default its own name.

        Raises
        ------
        BadData
            The file is no whole NetCDF classic file; the message names it and the reason.
        """
        name = name or path.name
        data = path.read_bytes()
        try:
            _check_magic(data)
            header = _Header(data, self._seen)
            header.check(len(data))
        except _Malformed as reason:
            raise BadData(f"{name}: {reason}") from None
        except error:
            raise BadData(
                f"{name}: truncated inside the header, {len(data)} bytes are left"
            ) from None
        return Dataset(name, data, header)


def read(path: Path, name: str | None = None) -> Dataset:
    """Return the variables of one file; see `Reader.read`."""
    return Reader().read(path, name)


def _check_magic(data: bytes) -> None:
    """Say what a file is that is not NetCDF classic."""
    if not data:
        raise _Malformed("empty file, zero bytes")
    if data[:3] == b"CDF" and data[3:4] in {b"\x01", b"\x02"}:
        return
    if data.startswith(_HDF5):
        raise _Malformed("is NetCDF-4 (HDF5), not NetCDF classic")
    if data[:64].lstrip().lower().startswith((b"<!doctype", b"<html")):
        raise _Malformed("is an HTML page, not NetCDF")
    raise _Malformed(f"not NetCDF: wrong magic {data[:4]!r}")


class _Header:
    """The parsed header: what is where, and how long the file must be."""

    def __init__(self, data: bytes, seen: dict[int, _Declaration]) -> None:
        self._data, self._seen = data, seen
        self.records = _U32.unpack_from(data, 4)[0]
        self.record: int | None = None
        self.names: list[str] = []
        self.lengths: list[int] = []
        self.entries: dict[str, _Entry] = {}
        self._shapes: dict[tuple[int, ...], tuple[tuple[str, ...], tuple[int, ...]]] = {}
        self._sizes: dict[tuple[int, tuple[int, ...]], int] = {}
        at = self._dimensions(8)
        stop = _end_of_attributes(data, at)
        self.block = AttributeBlock(data[at:stop])
        self.end = self._variables(stop)
        self.record_size = self._record_size()

    def _dimensions(self, at: int) -> int:
        count, at = _list(self._data, at, DIMENSION)
        for index in range(count):
            name, at = _text(self._data, at)
            (length,) = _U32.unpack_from(self._data, at)
            at += 4
            if length == 0:
                if self.record is not None:
                    raise _Malformed("two record dimensions")
                if self.records == _STREAMING:
                    raise _Malformed("the number of records was never written")
                self.record, length = index, self.records
            self.names.append(name)
            self.lengths.append(length)
        if len(set(self.names)) != count:
            raise _Malformed("a dimension is declared twice")
        return at

    def _variables(self, at: int) -> int:
        data, tail, record = self._data, _TAIL[self._data[3]], self.record
        count, at = _list(data, at, VARIABLE)
        for index in range(count):
            declared = self._seen.get(index)
            if declared is None or not data.startswith(declared.raw, at):
                declared = self._seen[index] = _declaration(data, at)
            at += len(declared.raw)
            vsize, begin = tail.unpack_from(data, at)
            at += tail.size
            grows = declared.dimids[:1] == (record,)
            size = self._size(declared, first=1 if grows else 0)
            if vsize != min(padded(size), _STREAMING):
                raise _Malformed(f"{declared.name} says {vsize} bytes, its dimensions give {size}")
            self.entries[declared.name] = _Entry(declared, begin, size, grows)
        if len(self.entries) != count:
            raise _Malformed("a variable is declared twice")
        return at

    def shape(self, dimids: tuple[int, ...]) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """Return names and lengths of dimensions; most variables share a few sets of them."""
        if dimids not in self._shapes:
            names = tuple(self.names[i] for i in dimids)
            self._shapes[dimids] = names, tuple(self.lengths[i] for i in dimids)
        return self._shapes[dimids]

    def _size(self, declared: _Declaration, first: int) -> int:
        """Return the bytes of a variable, or of one of its records, without padding."""
        known = self._sizes.get((declared.code, declared.dimids))
        if known is not None:
            return known
        size = DTYPES[declared.code].itemsize
        for dimid in declared.dimids[first:]:
            if dimid >= len(self.lengths) or dimid == self.record:
                raise _Malformed(f"{declared.name} has the impossible dimension {dimid}")
            size *= self.lengths[dimid]
        self._sizes[declared.code, declared.dimids] = size
        return size

    def _record_size(self) -> int:
        sizes = [entry.size for entry in self.entries.values() if entry.grows]
        # One record variable alone is packed without padding (specification, note on padding).
        return sizes[0] if len(sizes) == 1 else sum(map(padded, sizes))

    def check(self, file_size: int) -> None:
        """Compare the places and sizes of all variables with each other and with the file."""
        spans = [(e.begin, e.size, name) for name, e in self.entries.items() if not e.grows]
        growing = [(e.begin, e.size, name) for name, e in self.entries.items() if e.grows]
        stop, pad = _adjoin(spans, self.end)
        if growing and self.records:
            first = min(growing)[0]
            if first < stop:
                raise _Malformed(f"{min(growing)[2]} begins inside of what precedes it")
            _, pad = _adjoin(growing, first)
            stop = first + self.records * self.record_size
            pad = 0 if len(growing) == 1 else pad
        if not stop - pad <= file_size <= padded(stop):
            wrong = "truncated" if file_size < stop else "too long"
            raise _Malformed(f"{wrong}: {file_size} bytes where its header implies {stop}")


def _adjoin(spans: list[tuple[int, int, str]], start: int) -> tuple[int, int]:
    """Check that variables follow each other; return where the last ends and its padding."""
    spans.sort()
    stop, pad = max(start, spans[0][0] if spans else 0), 0  # a gap after the header is legal
    for begin, size, name in spans:
        if begin != stop:
            raise _Malformed(f"{name} begins at byte {begin}, what precedes it ends at {stop}")
        stop, pad = begin + padded(size), padded(size) - size
    return stop, pad


def _list(data: bytes, at: int, tag: int) -> tuple[int, int]:
    """Return the length of a list and where its elements start."""
    found, count = _U32X2.unpack_from(data, at)
    if found != tag and (found, count) != (0, 0):
        raise _Malformed(f"damaged header: list tag {found} at byte {at}, expected {tag}")
    return count, at + 8


def _text(data: bytes, at: int) -> tuple[str, int]:
    """Return a name and where it ends."""
    (length,) = _U32.unpack_from(data, at)
    at += 4
    raw = data[at : at + length]
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        raise _Malformed(f"damaged header: the name {raw!r} is no text") from None
    if not name or len(raw) < length:
        raise _Malformed(f"damaged header: a name of {length} bytes at byte {at}")
    return name, at + padded(length)


def _declaration(data: bytes, start: int) -> _Declaration:
    """Parse name, dimensions, attributes and type of the variable that starts at `start`."""
    name, at = _text(data, start)
    (rank,) = _U32.unpack_from(data, at)
    if rank > len(data) // 4:
        raise _Malformed(f"damaged header: {name} has {rank} dimensions")
    dimids = unpack_from(f">{rank}I", data, at + 4)
    at += 4 + 4 * rank
    stop = _end_of_attributes(data, at)
    (code,) = _U32.unpack_from(data, stop)
    if code not in DTYPES:
        raise _Malformed(f"{name} has the unknown type {code}")
    return _Declaration(data[start : stop + 4], name, dimids, AttributeBlock(data[at:stop]), code)


def _end_of_attributes(data: bytes, at: int) -> int:
    """Return where an attribute list ends, having looked at each of its attributes."""
    count, at = _list(data, at, ATTRIBUTE)
    for _ in range(count):
        name, at = _text(data, at)
        code, length = _U32X2.unpack_from(data, at)
        if code not in DTYPES:
            raise _Malformed(f"damaged header: attribute {name} has the unknown type {code}")
        at += 8 + padded(length * DTYPES[code].itemsize)
        if at > len(data):
            raise _Malformed(f"truncated inside the header, {len(data)} bytes are left")
    return at


def _attributes(raw: bytes) -> Iterator[tuple[str, AttributeValue]]:
    """Decode a list that `_end_of_attributes` has walked."""
    count, at = _list(raw, 0, ATTRIBUTE)
    for _ in range(count):
        name, at = _text(raw, at)
        code, length = _U32X2.unpack_from(raw, at)
        values = np.frombuffer(raw, DTYPES[code], length, at + 8)
        at += 8 + padded(values.nbytes)
        if code == CHAR:
            yield name, values.tobytes().decode("utf-8", "backslashreplace")
        else:
            yield name, values[0].item() if length == 1 else tuple(values.tolist())
