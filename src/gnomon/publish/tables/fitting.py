"""Values fitted to types: guessed over a whole column, parsed, widened where they need more.

A value that fits nowhere is null and counted, never changed in silence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from gnomon.publish.tables.reading import type_of
from gnomon.publish.tables.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DATETIME,
    FLOAT,
    INTEGER,
    NUMERIC,
    TEXT,
    WHOLE,
    Name,
    Type,
    wider,
)

ARROW = {
    Name.BOOLEAN: pa.bool_(),
    Name.INTEGER: pa.int64(),
    Name.BIGINT: pa.int64(),
    Name.NUMERIC: pa.string(),
    Name.FLOAT: pa.float64(),
    Name.DATE: pa.date32(),
    Name.DATETIME: pa.timestamp("us"),
    Name.VARCHAR: pa.string(),
    Name.TEXT: pa.string(),
}
"""How values of each type leave here; times are UTC."""
_INT32 = (-(2**31), 2**31 - 1)
_WHOLE = r"^[+-]?(?:0|[1-9]\d*)$"
_FLOAT = r"^[+-]?(?:(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|nan|NaN|inf|Infinity)$"
_FLAG = r"^(?i:true|false)$"
_DATE = r"^\d{4}-\d{2}-\d{2}$"
_COMPACT = r"^(\d{4})[-_]?(\d{2})[-_]?(\d{2})$"
_TIME = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?$"
_ZONE = r"(?:Z|[+-]\d{2}:?\d{2})$"
_YES = {"true": True, "t": True, "yes": True, "y": True, "1": True, "on": True, "1.0": True}
_NO = {"false": False, "f": False, "no": False, "n": False, "0": False, "off": False, "0.0": False}
_FLAGS = _YES | _NO
_NS_PER_US = 1000


@dataclass(frozen=True)
class Fit:
    """A column that fits.

    Attributes
    ----------
    values : pyarrow.Array
        As `ARROW` says.
    type : Type
        Wider than what was asked for where the values need it.
    lost : int
        How many values fit nowhere, and are null.
    example : str
        The first of them.
    """

    values: pa.Array
    type: Type
    lost: int = 0
    example: str = ""


def guess(values: pa.Array | pa.ChunkedArray) -> Type:
    """Return the narrowest type that all values of a column have; empty texts have none.

    Whole numbers with leading zeros are texts: they are names, not numbers.
    """
    if not pa.types.is_string(values.type):
        return type_of(values.type) or TEXT
    told = pc.unique(values.drop_null())
    told = _unsigned(told.filter(pc.not_equal(told, "")))
    if not len(told):
        return TEXT
    if _all(told, _WHOLE):
        return _whole_type(told)
    for pattern, kind in ((_FLOAT, FLOAT), (_FLAG, BOOLEAN), (_DATE, DATE), (_TIME, DATETIME)):
        if _all(told, pattern) and not fitted(told, kind).lost:
            return kind
    return TEXT


def _unsigned(texts: pa.Array) -> pa.Array:
    """Drop the plus before numbers, which Arrow does not read."""
    if not pc.any(pc.starts_with(texts, "+")).as_py():
        return texts
    return pc.replace_substring_regex(texts, r"^\+([\d.])", r"\1")


def _all(values: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(values, pattern)).as_py())


def _whole_type(texts: pa.Array) -> Type:
    numbers = _cast(texts, pa.int64())
    if numbers is None:
        return NUMERIC
    return INTEGER if _in_int32(numbers) else BIGINT


def _in_int32(numbers: pa.Array) -> bool:
    ends = pc.min_max(numbers).as_py()
    return ends["min"] is None or (_INT32[0] <= ends["min"] and ends["max"] <= _INT32[1])


def fitted(values: pa.Array | pa.ChunkedArray, kind: Type, *, keep_empty: bool = False) -> Fit:
    """Fit a column to a type, or to a wider one where its values need that.

    Parameters
    ----------
    values : pyarrow.Array
        Texts, or values of any type that `reading` gives.
    kind : Type
        At least.
    keep_empty : bool
        Whether an empty text is a text, not null; only texts can hold one.
    """
    plain = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if isinstance(plain, pa.ChunkedArray):
        plain = pa.concat_arrays(plain.chunks)
    if kind.name in {Name.TEXT, Name.VARCHAR}:
        return _text(plain, kind, keep_empty=keep_empty)
    if pa.types.is_string(plain.type):
        plain = pc.utf8_trim_whitespace(plain)
        plain = pc.if_else(pc.equal(plain, ""), pa.scalar(None, pa.string()), plain)
        plain = _unsigned(plain)
    if kind in WHOLE:
        return _whole(plain, kind)
    return _FITTERS[kind.name](plain)


# -- texts


def _text(values: pa.Array, kind: Type, *, keep_empty: bool) -> Fit:
    texts = spelled(values)
    if not keep_empty:
        texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    if kind.length:
        longest = pc.max(pc.utf8_length(texts)).as_py() or 0
        kind = Type(Name.VARCHAR, max(kind.length, longest))
    return Fit(texts, kind)


def spelled(values: pa.Array) -> pa.Array:
    """Return values as texts; times as ISO 8601, with as many decimals as they need."""
    if pa.types.is_string(values.type):
        return values
    if pa.types.is_timestamp(values.type):
        texts = pc.strftime(values, format="%Y-%m-%dT%H:%M:%S")
        return pc.replace_substring_regex(texts, r"\.?0+$", "") if _has_point(texts) else texts
    return values.cast(pa.string())


def _has_point(texts: pa.Array) -> bool:
    return bool(pc.any(pc.match_substring(texts, ".")).as_py())


# -- numbers


def _whole(values: pa.Array, kind: Type) -> Fit:
    if pa.types.is_string(values.type):
        return _whole_of_texts(values, kind)
    if pa.types.is_floating(values.type):
        return _whole_of_floats(values, kind)
    if pa.types.is_integer(values.type) or pa.types.is_boolean(values.type):
        numbers = _cast(values, pa.int64())  # None where unsigned ones are too great
        if numbers is None or kind.name is Name.NUMERIC:
            return Fit(values.cast(pa.string()), NUMERIC)
        return _narrow(numbers, kind)
    return _other(values, kind)


def _narrow(numbers: pa.Array, kind: Type) -> Fit:
    return Fit(numbers, wider(kind, INTEGER if _in_int32(numbers) else BIGINT))


def _whole_of_texts(texts: pa.Array, kind: Type) -> Fit:
    if kind.name is not Name.NUMERIC:
        numbers = _cast(texts, pa.int64())
        if numbers is not None:
            return _narrow(numbers, kind)
    told = texts.drop_null()
    if _all(told, r"^[+-]?\d+$"):
        return Fit(texts, NUMERIC)
    floats = _cast(texts, pa.float64())
    if floats is not None:
        return _whole_of_floats(floats, kind)
    if _all(told, _FLAG):  # `True` in a column of 0 and 1
        return Fit(_flags(texts).values.cast(pa.int64()), kind)
    return _each(texts, lambda one: _whole(one, kind), kind)


def _whole_of_floats(floats: pa.Array, kind: Type) -> Fit:
    """Whole numbers that were written as ``2.0`` or ``8.1e+17`` are whole; others are not."""
    missing = pc.is_nan(floats)
    held = pc.if_else(missing, pa.scalar(None, floats.type), floats).cast(pa.float64())
    if kind.name is Name.NUMERIC or pc.any(missing).as_py():
        return Fit(floats.cast(pa.float64()), FLOAT)
    numbers = _cast(held, pa.int64())
    return Fit(floats.cast(pa.float64()), FLOAT) if numbers is None else _narrow(numbers, kind)


def _float(values: pa.Array) -> Fit:
    floats = _cast(values, pa.float64())
    if floats is not None:
        return Fit(floats, FLOAT)
    return _other(values, FLOAT)


# -- flags and times


def _flags(values: pa.Array) -> Fit:
    if pa.types.is_boolean(values.type):
        return Fit(values, BOOLEAN)
    texts = pc.utf8_lower(values.cast(pa.string()))
    encoded = texts.dictionary_encode()
    flags = pa.array([_FLAGS.get(text) for text in encoded.dictionary.to_pylist()], pa.bool_())
    made = flags.take(encoded.indices)
    return _told(values, made, BOOLEAN)


def _date(values: pa.Array) -> Fit:
    if pa.types.is_date(values.type):
        return Fit(values.cast(pa.date32()), DATE)
    if pa.types.is_timestamp(values.type):
        times = _time(values)
        days = times.values.cast(pa.date32(), safe=False)
        at_midnight = pc.equal(days.cast(pa.timestamp("us")), times.values)
        return times if pc.any(pc.invert(at_midnight)).as_py() else Fit(days, DATE)
    if pa.types.is_string(values.type):
        days = _cast(pc.replace_substring_regex(values, _COMPACT, r"\1-\2-\3"), pa.date32())
        if days is not None:
            return Fit(days, DATE)
        times = _time(values)
        if not times.lost:
            return _date(times.values)
    return _other(values, DATE)


def _time(values: pa.Array) -> Fit:
    if pa.types.is_string(values.type):
        return _time_of_texts(values)
    if pa.types.is_timestamp(values.type) and values.type.tz is not None:
        values = values.cast(pa.timestamp(values.type.unit))  # the instant in UTC
    if pa.types.is_timestamp(values.type) and values.type.unit == "ns":
        return Fit(_microseconds(values), DATETIME)
    if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
        return Fit(values.cast(pa.timestamp("us")), DATETIME)
    return _other(values, DATETIME)


def _time_of_texts(texts: pa.Array) -> Fit:
    zoned = pc.match_substring_regex(texts, _ZONE)
    zone = None
    if pc.any(zoned).as_py():
        zone = "UTC"
        texts = pc.if_else(zoned, texts, pc.binary_join_element_wise(texts, "Z", ""))
    for unit in ("ns", "us"):  # nanoseconds end in 2262
        times = _cast(texts, pa.timestamp(unit, zone))
        if times is not None:
            return _time(times)
    return _each(texts, _time, DATETIME)


def _microseconds(times: pa.Array) -> pa.Array:
    """Round to what databases hold; half a microsecond goes up."""
    ns = times.cast(pa.int64())
    half = pa.scalar(_NS_PER_US // 2, pa.int64())
    up = pc.add(ns, half)
    us = pc.divide(up, _NS_PER_US)
    # Integer division goes towards zero; before 1970 that is one too many.
    below = pc.less(up, pc.multiply(us, _NS_PER_US))
    return pc.subtract(us, below.cast(pa.int64())).cast(pa.timestamp("us"))


# -- what fits in part


def _other(values: pa.Array, kind: Type) -> Fit:
    if pa.types.is_string(values.type):
        return _each(values, _FITTERS[kind.name], kind)
    return fitted(spelled(values), kind)


def _each(texts: pa.Array, fit: Callable[[pa.Array], Fit], kind: Type) -> Fit:
    """Fit text by text, since some do not fit; each that occurs once."""
    encoded = texts.dictionary_encode()
    arrow = ARROW[kind.name]
    if len(encoded.dictionary) <= 1:
        return _told(texts, pa.nulls(len(texts), arrow), kind)
    fits = [fit(encoded.dictionary[at : at + 1]) for at in range(len(encoded.dictionary))]
    widest = kind
    for one in fits:
        widest = wider(widest, one.type) if not one.lost else widest
    pieces = [_as(one.values, ARROW[widest.name]) for one in fits]
    made = pa.concat_arrays(pieces).take(encoded.indices)
    return _told(texts, made, widest)


def _as(values: pa.Array, kind: pa.DataType) -> pa.Array:
    return values if values.type == kind else values.cast(kind)


def _told(values: pa.Array, made: pa.Array, kind: Type) -> Fit:
    """Count what is null now and was not before."""
    lost = pc.and_(pc.is_null(made), pc.is_valid(values))
    number = pc.sum(lost).as_py() or 0
    example = str(values.filter(lost)[0].as_py()) if number else ""
    return Fit(made, kind, number, example)


def _cast(values: pa.Array, kind: pa.DataType) -> pa.Array | None:
    try:
        return values.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


_FITTERS: dict[Name, Callable[[pa.Array], Fit]] = {
    Name.FLOAT: _float,
    Name.BOOLEAN: _flags,
    Name.DATE: _date,
    Name.DATETIME: _time,
}
