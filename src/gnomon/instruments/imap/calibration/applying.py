"""What a correction makes of vectors: matrices by range, offsets, shifted epochs, frames, sizes.

Sums of products are written out, not left to BLAS, whose order and fused operations differ from
machine to machine: the same vectors give the same bytes everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.instruments.imap.calibration.layers import Correction

Floats = NDArray[np.float64]
Int64s = NDArray[np.int64]

RANGES = 4
NO_RANGE = -1
_NS = 1e9


@dataclass(frozen=True, eq=False)
class Calibrated:
    """Vectors with their corrections in them.

    Attributes
    ----------
    tt2000 : ndarray of int64, shape (n,)
        Ascending.
    vectors : ndarray of float64, shape (n, 3)
        nT, in the sensor's orthogonal frame; NaN where there is none.
    ranges : ndarray of int8, shape (n,)
        0 to 3; -1 where not known.
    quality_flag : ndarray of uint8, shape (n,)
    quality_bitmask : ndarray of uint16, shape (n,)
    n_outside : int
        Vectors of other UTC days, left out.
    n_untimed : int
        Vectors whose time shift is not known, left out.
    """

    tt2000: Int64s
    vectors: Floats
    ranges: NDArray[np.int8]
    quality_flag: NDArray[np.uint8]
    quality_bitmask: NDArray[np.uint16]
    n_outside: int = 0
    n_untimed: int = 0


def oriented(matrices: Floats, vectors: Floats, ranges: NDArray[np.int8]) -> Floats:
    """Return each vector turned by the matrix of its range.

    Parameters
    ----------
    matrices : ndarray of float64, shape (3, 3, 4)
        Row, column, range, as in the calibration file.
    vectors : ndarray of float64, shape (n, 3)
    ranges : ndarray of int8, shape (n,)
        0 to 3, or -1: the vector becomes NaN.

    Raises
    ------
    BadData
        A range is none of these.
    """
    made = np.full(vectors.shape, np.nan)
    present = [int(value) for value in np.unique(ranges)]
    if strange := [value for value in present if not NO_RANGE <= value < RANGES]:
        raise BadData(f"range {strange[0]} of a vector is none of 0 to {RANGES - 1}")
    for value in present:
        if value == NO_RANGE:
            continue
        rows = slice(None) if len(present) == 1 else ranges == value
        made[rows] = _times(matrices[:, :, value], vectors[rows])
    return made


def _times(matrix: Floats, vectors: Floats) -> Floats:
    x, y, z = vectors.T
    return np.column_stack([row[0] * x + row[1] * y + row[2] * z for row in matrix])


def calibrated(
    tt2000: Int64s,
    oriented_vectors: Floats,
    ranges: NDArray[np.int8],
    correction: Correction,
    day: tuple[int, int],
) -> Calibrated:
    """Return vectors of one UTC day with their corrections in them.

    Parameters
    ----------
    tt2000 : ndarray of int64, shape (n,)
    oriented_vectors : ndarray of float64, shape (n, 3)
        nT.
    ranges : ndarray of int8, shape (n,)
    correction : Correction
        One row per vector.
    day : tuple of int
        TT2000 of the first instant, and of the first one after it.

    Raises
    ------
    BadData
        The time shifts put vectors out of order.
    """
    timed = np.isfinite(correction.timedelta_s)
    shift_ns = np.rint(np.where(timed, correction.timedelta_s, 0.0) * _NS).astype(np.int64)
    shifted = tt2000 + shift_ns  # integers: a float64 of today's TT2000 steps by 128 ns
    inside = (shifted >= day[0]) & (shifted < day[1])
    kept = inside & timed
    if np.any(np.diff(shifted[kept]) <= 0):
        raise BadData("the layers' time shifts put vectors out of order")
    rows: slice | NDArray[np.bool_] = slice(None) if bool(kept.all()) else kept
    return Calibrated(
        shifted[rows],
        oriented_vectors[rows] + correction.offsets[rows],
        ranges[rows],
        correction.quality_flag[rows],
        correction.quality_bitmask[rows],
        n_outside=int(np.count_nonzero(timed & ~inside)),
        n_untimed=int(np.count_nonzero(~timed)),
    )


def rotated(rotations: Floats, vectors: Floats) -> Floats:
    """Return each vector turned by its own matrix, (n, 3, 3) and (n, 3) to (n, 3)."""
    x, y, z = (vectors[:, j, np.newaxis] for j in range(3))
    turned: Floats = rotations[:, :, 0] * x + rotations[:, :, 1] * y + rotations[:, :, 2] * z
    return turned


def back_rotated(rotations: Floats, vectors: Floats) -> Floats:
    """Return each vector turned back by its own matrix."""
    return rotated(rotations.transpose(0, 2, 1), vectors)


def magnitudes(vectors: Floats) -> Floats:
    """Return the length of each vector, shape (n,)."""
    x, y, z = vectors.T
    lengths: Floats = np.sqrt(x * x + y * y + z * z)
    return lengths
