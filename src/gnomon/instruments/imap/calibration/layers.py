"""Layers of calibration, and their sum at the epochs of science vectors.

A layer gives offsets (nT), a shift of time (s) and quality, either one row per vector or from
change point to change point. All times are TT2000, int64 nanoseconds, so nothing is rounded; layer
files keep microseconds of UTC, which is why a row belongs to a vector within a tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.timescales.tt2000 import iso

Floats = NDArray[np.float64]
Int64s = NDArray[np.int64]

TOLERANCE_NS = 1_000
"""How far a layer's row may lie from its vector. Files keep whole microseconds, cut or rounded, so
the difference is at most this; the closest vectors, 128 a second, lie 7812 times farther apart."""
LARGEST_BITMASK = 0xFFFF


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer.

    Attributes
    ----------
    name : str
        For messages.
    tt2000 : ndarray of int64, shape (n,)
        Ascending.
    offsets : ndarray of float64, shape (n, 3)
        nT, added to vectors in the sensor's orthogonal frame; NaN blanks a component.
    timedelta_s : ndarray of float64, shape (n,)
        Seconds added to epochs.
    quality_flag : ndarray of int8, shape (n,)
        1 sets the flag, -1 clears it, 0 leaves it.
    quality_bitmask : ndarray of int32, shape (n,)
        N sets bits, -N clears the same bits, 0 leaves them.
    by_vector : bool
        One row per vector; else a row holds until the next one, and nothing before the first.
    """

    name: str
    tt2000: Int64s
    offsets: Floats
    timedelta_s: Floats
    quality_flag: NDArray[np.int8]
    quality_bitmask: NDArray[np.int32]
    by_vector: bool

    def __post_init__(self) -> None:
        steps = np.diff(self.tt2000)
        if np.any(steps < 0) or (self.by_vector and np.any(steps == 0)):
            where = iso(self.tt2000[np.argmax(steps <= 0) + 1])
            raise BadData(f"{self.name}: times do not ascend at {where}")
        if np.isinf(self.offsets).any():
            raise BadData(f"{self.name}: an offset is infinite")
        if not np.all(np.isin(self.quality_flag, (-1, 0, 1))):
            raise BadData(f"{self.name}: a quality_flag is none of -1, 0, 1")
        if np.any(np.abs(self.quality_bitmask.astype(np.int64)) > LARGEST_BITMASK):
            raise BadData(f"{self.name}: a quality_bitmask has more than 16 bits")


@dataclass(frozen=True, eq=False)
class Correction:
    """The sum of layers, one row per vector.

    Attributes
    ----------
    offsets : ndarray of float64, shape (n, 3)
        nT.
    timedelta_s : ndarray of float64, shape (n,)
        Seconds.
    quality_flag : ndarray of uint8, shape (n,)
        0 or 1.
    quality_bitmask : ndarray of uint16, shape (n,)
    """

    offsets: Floats
    timedelta_s: Floats
    quality_flag: NDArray[np.uint8]
    quality_bitmask: NDArray[np.uint16]


def add_up(layers: Sequence[Layer], tt2000: Int64s, tolerance_ns: int = TOLERANCE_NS) -> Correction:
    """Return the sum of layers at the epochs of vectors.

    Offsets and time shifts add up, and NaN stays. Flags and bits are set and cleared in the order
    of the layers.

    Parameters
    ----------
    layers : sequence of Layer
    tt2000 : ndarray of int64, shape (n,)
        Ascending.
    tolerance_ns : int
        For layers with one row per vector.

    Raises
    ------
    BadData
        A layer has no row for a vector, or a row for none.
    """
    n = len(tt2000)
    offsets, shift = np.zeros((n, 3)), np.zeros(n)
    flag, bits = np.zeros(n, np.uint8), np.zeros(n, np.int32)
    for layer in layers:
        if layer.by_vector:
            check_aligned(layer, tt2000, tolerance_ns)
            rows: slice | Int64s = slice(None)
            covered: slice | NDArray[np.bool_] = slice(None)
        else:
            found = np.searchsorted(layer.tt2000, tt2000, side="right") - 1
            covered = found >= 0
            rows = found[covered]
        offsets[covered] += layer.offsets[rows]
        shift[covered] += layer.timedelta_s[rows]
        flag[covered] = _flagged(flag[covered], layer.quality_flag[rows])
        bits[covered] = _masked(bits[covered], layer.quality_bitmask[rows])
    return Correction(offsets, shift, flag, bits.astype(np.uint16))


def _flagged(flag: NDArray[np.uint8], change: NDArray[np.int8]) -> NDArray[np.uint8]:
    return np.where(change == 0, flag, change > 0).astype(np.uint8)


def _masked(bits: NDArray[np.int32], change: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.where(change < 0, bits & ~-change, bits | change)


def check_aligned(layer: Layer, tt2000: Int64s, tolerance_ns: int) -> None:
    """Refuse a layer whose rows are not those of the vectors, one for one.

    Raises
    ------
    BadData
        It says how many rows and vectors have no partner, and which is the first.
    """
    if len(layer.tt2000) == len(tt2000):
        distances = np.abs(layer.tt2000 - tt2000)
        if not len(distances) or int(distances.max()) <= tolerance_ns:
            return
    lonely = _without_partner(tt2000, layer.tt2000, tolerance_ns)
    spare = _without_partner(layer.tt2000, tt2000, tolerance_ns)
    parts = [
        f"{len(left)} of {len(of)} {what} have no {other} within {tolerance_ns} ns"
        f" (first {iso(left[0])} UTC)"
        for left, of, what, other in (
            (lonely, tt2000, "vectors", "row"),
            (spare, layer.tt2000, "rows", "vector"),
        )
        if len(left)
    ] or ["rows and vectors lie so close that they cannot be told apart"]
    raise BadData(f"{layer.name} is not of these vectors: {'; '.join(parts)}")


def _without_partner(wanted: Int64s, known: Int64s, tolerance_ns: int) -> Int64s:
    """Return the times of `wanted` from which every time of `known` is farther than allowed."""
    if not len(known):
        return wanted
    after = np.searchsorted(known, wanted)
    nearest = np.minimum(
        np.abs(known[np.minimum(after, len(known) - 1)] - wanted),
        np.abs(known[np.maximum(after - 1, 0)] - wanted),
    )
    lonely: Int64s = wanted[nearest > tolerance_ns]
    return lonely
