"""Encodes packets: the inverse of `decode`, from raw values, for simulators and tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gnomon.errors import BadData
from gnomon.formats.packets.chain import HEADER
from gnomon.formats.packets.columns import number
from gnomon.formats.packets.model import (
    Binary,
    Container,
    Definition,
    Dynamic,
    Fixed,
    Float,
    Integer,
    Parameter,
    Text,
    comparisons,
)
from gnomon.formats.packets.rows import unsigned_dtype

Bytes = NDArray[np.uint8]
_COUNTS = 1 << 14
_LARGEST = (1 << 63) - 1
_WHOLE = 3
"""Sequence flags of a packet that stands alone."""


@dataclass(frozen=True, slots=True)
class _Field:
    """A parameter in place: `bits` is its width."""

    parameter: Parameter
    start: int
    bits: int


def encode(
    definition: Definition,
    container: str,
    values: Mapping[str, ArrayLike],
    count: ArrayLike = 0,
) -> bytes:
    """Return packets of one container, one after the other.

    Parameters
    ----------
    definition : Definition
    container : str
        Such as ``MAG_HSK_PW``.
    values : mapping of str to array
        RAW values by parameter, (n,) or one for all packets; parameters that are not named are
        zero. Numbers for numbers, bytes for bits and buffers of text. The criteria of the
        container (its APID), the length and the sequence flags (3) are filled in; naming them,
        or others of the primary header, sets them.
    count : int or (n,) int
        Sequence counts; one number is that of the first packet, and the others follow it.
        They wrap at 16384.

    Returns
    -------
    bytes
        n packets, all of the same length unless sizes vary with `values`.

    Raises
    ------
    BadData
        A value does not fit its field, or a size cannot be told from the values.
    """
    lineage = definition.lineage(container)
    columns = {name: _column(given) for name, given in values.items()}
    total = max((len(one) for one in columns.values()), default=1)
    total = max(total, np.size(count))
    filled = _required(lineage) | _header(definition, count, total)
    columns = {name: np.full(total, one) for name, one in filled.items() if name not in columns} | {
        name: _stretched(name, one, total) for name, one in columns.items()
    }
    groups = _by_length(lineage, columns, total)
    if len(groups) == 1:
        return _packets(definition, lineage, columns, total).tobytes()
    packets: list[bytes] = [b""] * total
    for index in groups:
        some = {name: one[index] for name, one in columns.items()}
        for place, row in zip(index, _packets(definition, lineage, some, len(index)), strict=True):
            packets[place] = row.tobytes()
    return b"".join(packets)


def _column(given: ArrayLike) -> NDArray[Any]:
    """Return values as an array of one dimension; bytes stay objects."""
    if isinstance(given, bytes | str):
        given = [given]
    if isinstance(given, Sequence) and any(_is_object(one) for one in given):
        array = np.empty(len(given), object)
        array[:] = given
        return array
    return np.atleast_1d(np.asarray(given))


def _is_object(value: object) -> bool:
    """Return whether NumPy would spoil a value: bits, and integers that it makes floats of."""
    return isinstance(value, bytes) or (isinstance(value, int) and value > _LARGEST)


def _stretched(name: str, column: NDArray[Any], total: int) -> NDArray[Any]:
    if len(column) not in {1, total}:
        raise BadData(f"{name}: {len(column)} values for {total} packets")
    return column if len(column) == total else np.repeat(column, total)


def _required(lineage: Sequence[Container]) -> dict[str, Any]:
    """Return the values that the criteria of containers ask for."""
    return {
        one.left.parameter: number(one.right)
        for container in lineage
        for one in comparisons(container.criteria)
        if one.operator == "==" and isinstance(one.right, str) and _is_number(one.right)
    }


def _is_number(text: str) -> bool:
    try:
        number(text)
    except BadData:
        return False
    return True


def _header(definition: Definition, count: ArrayLike, total: int) -> dict[str, Any]:
    """Return sequence flags and counts by the names that the definition gives them."""
    places = definition.header_places()
    counts = np.asarray(count, np.int64)
    if counts.ndim == 0 or len(counts) == 1:
        counts = counts.reshape(-1)[0] + np.arange(total)
    filled: dict[str, Any] = {}
    for name, place in places.items():
        if place == (16, 2):
            filled[name] = _WHOLE
        elif place == (18, 14):
            filled[name] = counts % _COUNTS
    return filled


def _by_length(
    lineage: Sequence[Container], columns: Mapping[str, NDArray[Any]], total: int
) -> list[NDArray[np.intp]]:
    """Return packets grouped by the sizes of what varies in size."""
    varying = [
        columns[entry.parameter.name]
        for container in lineage
        for entry in container.entries
        if entry.parameter
        and entry.parameter.name in columns
        and columns[entry.parameter.name].dtype == object
        and entry.parameter.type
        and isinstance(entry.parameter.type.encoding, Binary | Text)
    ]
    if not varying:
        return [np.arange(total)]
    sizes = np.array([[len(value) for value in column] for column in varying])
    _, which = np.unique(sizes, axis=1, return_inverse=True)
    return [np.flatnonzero(which.ravel() == one) for one in np.unique(which)]


def _packets(
    definition: Definition,
    lineage: Sequence[Container],
    columns: Mapping[str, NDArray[Any]],
    total: int,
) -> Bytes:
    fields = _fields(definition, lineage, columns)
    bits = max((one.start + one.bits for one in fields), default=0)
    matrix = np.zeros((total, max(-(-bits // 8), HEADER + 1)), np.uint8)
    for one in fields:
        if one.parameter.name in columns:
            _write(matrix, one, columns[one.parameter.name])
    matrix[:, 4:6] = np.frombuffer((matrix.shape[1] - HEADER - 1).to_bytes(2), np.uint8)
    return matrix


def _fields(
    definition: Definition, lineage: Sequence[Container], columns: Mapping[str, NDArray[Any]]
) -> list[_Field]:
    """Place the parameters of a container one after the other."""
    fields: list[_Field] = []
    offset = 0
    for container in lineage:
        offset = _lay(definition, container, columns, fields, offset)
    return fields


def _lay(
    definition: Definition,
    container: Container,
    columns: Mapping[str, NDArray[Any]],
    fields: list[_Field],
    offset: int,
) -> int:
    origin = 0 if container.base else offset
    for entry in container.entries:
        if entry.obstacle or entry.condition:
            raise BadData(f"{container.name}: {entry.obstacle or 'conditions'} cannot be encoded")
        start = (origin if entry.from_start else offset) + entry.skip_bits
        if entry.container:
            nested = definition.container(entry.container)
            offset = _lay(definition, nested, columns, fields, start)
        elif entry.parameter:
            bits = _bits(entry.parameter, columns)
            fields.append(_Field(entry.parameter, start, bits))
            offset = start + bits
    return offset


def _bits(parameter: Parameter, columns: Mapping[str, NDArray[Any]]) -> int:
    if parameter.type is None:
        raise BadData(f"{parameter.name}: {parameter.obstacle}")
    encoding = parameter.type.encoding
    if isinstance(encoding, Integer | Float):
        return encoding.bits
    if isinstance(encoding.size, Fixed):
        return encoding.size.bits
    if parameter.name in columns:
        return len(columns[parameter.name][0]) * 8
    if isinstance(encoding.size, Dynamic) and encoding.size.source.parameter in columns:
        bits = encoding.size.of(columns[encoding.size.source.parameter][0])
        if bits < 0:
            raise BadData(f"{parameter.name}: {encoding.size.source.parameter} tells no size")
        return bits
    return 0


def _write(matrix: Bytes, field: _Field, column: NDArray[Any]) -> None:
    encoding = field.parameter.type and field.parameter.type.encoding
    if isinstance(encoding, Integer):
        _put(matrix, field, _integers(field, encoding, column))
    elif isinstance(encoding, Float):
        _put(matrix, field, _floats(encoding, column))
    else:
        buffers = [int.from_bytes(one) << (field.bits - len(one) * 8) if isinstance(encoding, Text)
                   else int.from_bytes(one) for one in column]  # fmt: skip
        _put_objects(matrix, field, buffers)


def _integers(field: _Field, encoding: Integer, column: NDArray[Any]) -> NDArray[Any]:
    """Return the bits of integers, as unsigned numbers."""
    bits = encoding.bits
    low = 0 if encoding.code == "unsigned" else -(1 << (bits - 1))
    high = (1 << bits) - 1 if encoding.code == "unsigned" else (1 << (bits - 1)) - 1
    if len(column) and not (low <= int(column.min()) and int(column.max()) <= high):
        raise BadData(f"{field.parameter.name}: a value does not fit {bits} bits")
    if bits > 64 or encoding.code in {"ones", "magnitude"} or encoding.little:  # noqa: PLR2004
        coded = [_coded(int(value), encoding) for value in column.tolist()]
        return np.array(coded, unsigned_dtype(bits))
    dtype = np.uint64 if column.dtype.kind == "u" else np.int64
    whole = np.array(column.tolist(), np.uint64) if column.dtype == object and low == 0 else column
    unsigned = whole.astype(dtype).view(np.uint64)
    return unsigned & np.uint64((1 << bits) - 1)


def _coded(value: int, encoding: Integer) -> int:
    bits = encoding.bits
    if value < 0:
        top = 1 << (bits - 1)
        coded = {"magnitude": top - value, "ones": (1 << bits) - 1 + value}
        value = coded.get(encoding.code, (1 << bits) + value)
    if encoding.little:
        value = int.from_bytes(value.to_bytes(-(-bits // 8), "little"))
    return value & ((1 << bits) - 1)


def _floats(encoding: Float, column: NDArray[Any]) -> NDArray[Any]:
    """Return the bits of floats, as unsigned numbers."""
    size = encoding.bits // 8
    if encoding.code == "mil1750a":
        words = _mil1750a(column.astype(np.float64))
    else:
        words = column.astype(f"f{size}").view(f"u{size}")
    return (words.byteswap() if encoding.little else words).astype(np.uint64)


def _mil1750a(values: NDArray[np.float64]) -> NDArray[np.uint32]:
    fraction, exponent = np.frexp(values)
    whole = np.rint(fraction * (1 << 23)).astype(np.int64)
    # Rounding up to one half is the next power of two.
    full = np.abs(whole) == 1 << 23
    whole, exponent = np.where(full, whole // 2, whole), exponent + full
    words: NDArray[np.int64] = (whole & 0xFFFFFF) << 8 | (exponent & 0xFF)
    return words.astype(np.uint32)


def _put(matrix: Bytes, field: _Field, words: NDArray[Any]) -> None:
    """Write the low bits of unsigned numbers, whatever bytes they straddle."""
    if words.dtype == object:
        _put_objects(matrix, field, words.tolist())
        return
    wide = words.astype(np.uint64)
    end = field.start + field.bits
    for byte in range(field.start // 8, -(-end // 8)):
        down = end - (byte + 1) * 8
        part = wide >> np.uint64(down) if down >= 0 else wide << np.uint64(-down)
        matrix[:, byte] |= (part & np.uint64(0xFF)).astype(np.uint8)


def _put_objects(matrix: Bytes, field: _Field, numbers: list[int]) -> None:
    first, last = field.start // 8, -(-(field.start + field.bits) // 8)
    up = last * 8 - field.start - field.bits
    mask = (1 << field.bits) - 1
    if last == first:
        return
    raw = b"".join(((one & mask) << up).to_bytes(last - first) for one in numbers)
    matrix[:, first:last] |= np.frombuffer(raw, np.uint8).reshape(len(numbers), -1)
