"""From raw values to calibrated ones, bit for bit as Python would calculate each of them.

A polynomial is ``sum(c * x**n)`` in the order of the document, added from left to right, with
powers of integers exact and rounded once. Powers are taken in floats where they are exact there,
in 64-bit integers where they fit, and value by value in Python where neither holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.formats.packets.columns import Columns, holds
from gnomon.formats.packets.model import Calibrator, Float, Integer, Polynomial, Spline, Type
from gnomon.formats.packets.rows import objects

_EXACT_FLOAT, _EXACT_INTEGER = 53, 63
_TABLE_BITS = 16


class Calibration:
    """What makes values of the raw values of one parameter type."""

    def __init__(self, of: Type) -> None:
        self._type = of
        encoding = of.encoding
        self._bits = encoding.bits if isinstance(encoding, Integer) else None
        self._is_number = isinstance(encoding, Integer | Float)
        self._labels = _Labels(of.labels, self._bits) if of.labels is not None else None

    def values(self, raw: NDArray[Any], columns: Columns) -> NDArray[Any]:
        """Return calibrated values.

        Parameters
        ----------
        raw : (n,) array
        columns : mapping of str to Column
            What stands before it in the packets, for contexts.
        """
        if self._labels is not None:
            return self._labels.of(raw)
        if self._type.boolean:
            return raw.astype(bool)
        if self._type.contexts:
            return self._by_context(raw, columns)
        if self._type.calibrator is None or not self._is_number:
            return raw
        return self._calibrated(self._type.calibrator, raw)

    def _by_context(self, raw: NDArray[Any], columns: Columns) -> NDArray[Any]:
        open_, values = np.ones(len(raw), bool), raw.astype(np.float64)
        for criteria, calibrator in self._type.contexts:
            chosen = open_ & holds(criteria, columns, len(raw), raw)
            if chosen.any():
                values[chosen] = self._calibrated(calibrator, raw[chosen])
                open_ &= ~chosen
        if self._type.calibrator is None:
            # Nothing was calibrated at all: integers stay integers.
            return raw if open_.all() else values
        if open_.any():
            values[open_] = self._calibrated(self._type.calibrator, raw[open_])
        return values

    def _calibrated(self, calibrator: Calibrator, raw: NDArray[Any]) -> NDArray[np.float64]:
        if isinstance(calibrator, Spline):
            return _spline(calibrator, raw.astype(np.float64))
        return _polynomial(calibrator, raw, self._bits)


def _polynomial(calibrator: Polynomial, raw: NDArray[Any], bits: int | None) -> NDArray[np.float64]:
    highest = max((n for _, n in calibrator.terms), default=0)
    lowest = min((n for _, n in calibrator.terms), default=0)
    is_simple = lowest >= 0 and highest <= 1 and raw.dtype != object
    if is_simple or (bits is not None and lowest >= 0 and bits * highest <= _EXACT_INTEGER):
        return _sum(calibrator, raw, bits or 0)
    return _by_value(calibrator, raw)


def _sum(calibrator: Polynomial, raw: NDArray[Any], bits: int) -> NDArray[np.float64]:
    """Add the terms up with powers that are exact."""
    x = raw.astype(np.float64)
    total: NDArray[np.float64] | None = None
    for coefficient, exponent in calibrator.terms:
        if exponent == 0:
            # Zero plus minus zero is zero, as when Python's sum starts.
            total = np.full(len(raw), coefficient + 0.0) if total is None else total + coefficient
            continue
        term = coefficient * _power(raw, x, exponent, bits)
        if total is None:
            term += 0.0
            total = term
        else:
            total += term
    return np.zeros(len(raw)) if total is None else total


def _power(
    raw: NDArray[Any], x: NDArray[np.float64], exponent: int, bits: int
) -> NDArray[np.float64]:
    if exponent == 1:
        return x
    if bits * exponent <= _EXACT_FLOAT:
        result = x
        for _ in range(exponent - 1):
            result = result * x
        return result
    wide = raw.astype(np.int64)
    whole = wide
    for _ in range(exponent - 1):
        whole = whole * wide
    return whole.astype(np.float64)


def _by_value(calibrator: Polynomial, raw: NDArray[Any]) -> NDArray[np.float64]:
    """Calculate every value that occurs once, in Python."""
    distinct, places = np.unique(raw, return_inverse=True)
    found = [_one(calibrator, value) for value in distinct.tolist()]
    return np.array(found, np.float64)[places]


def _one(calibrator: Polynomial, value: float) -> float:
    total = 0.0
    try:
        for coefficient, exponent in calibrator.terms:
            total += coefficient * value**exponent
    except OverflowError:
        return float("inf")
    except ZeroDivisionError:
        return float("nan")
    return total


def _spline(spline: Spline, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate; NaN outside of the points, unless the spline may be extrapolated."""
    raw, calibrated = (np.array(column) for column in zip(*spline.points, strict=True))
    place = np.searchsorted(raw, x, side="right") - 1
    if spline.order == 0:
        values = calibrated[np.clip(place, 0, len(raw) - 1)]
    else:
        left = np.clip(place, 0, len(raw) - 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = (calibrated[left + 1] - calibrated[left]) / (raw[left + 1] - raw[left])
            values = slope * (x - raw[left]) + calibrated[left]
    outside = (x < raw[0]) | (x > raw[-1])
    return values if spline.extrapolate else np.where(outside, np.nan, values)


class _Labels:
    """Labels of an enumeration by raw value; what has no label gets its number as text."""

    def __init__(self, labels: Mapping[Any, str], bits: int | None) -> None:
        self._labels = labels
        self._is_table = bits is not None and bits <= _TABLE_BITS
        self._table = np.empty(0, object)
        self._has = np.empty(0, bool)

    def of(self, raw: NDArray[Any]) -> NDArray[Any]:
        """Return (n,) objects."""
        if not self._is_table or (raw.dtype.kind == "i" and len(raw) and raw.min() < 0):
            return self._by_value(raw)
        if not len(self._table):
            self._fill(1 << (8 * raw.dtype.itemsize))
        found = self._table.take(raw)
        has = self._has.take(raw)
        if not has.all():
            found[~has] = self._by_value(raw[~has])
        return found

    def _fill(self, size: int) -> None:
        self._table, self._has = np.empty(size, object), np.zeros(size, bool)
        for value, label in self._labels.items():
            if 0 <= value < size:
                self._table[value], self._has[value] = label, True

    def _by_value(self, raw: NDArray[Any]) -> NDArray[Any]:
        values = raw.tolist()
        return objects([self._labels.get(value, _spelled(value)) for value in values])


def _spelled(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
