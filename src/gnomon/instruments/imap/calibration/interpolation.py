"""Interpolation of vectors over time, and the filter that goes before it.

Polynomials through the nearest samples (Lagrange): of degree 1, 2 or 3 they reproduce polynomials
of that degree exactly, and beyond the ends they extrapolate. A cascaded integrator-comb filter
(Hogenauer 1981, IEEE ASSP 29, 155) of order two, which is a triangular mean, keeps what the slower
sensor cannot sample out of the faster one's values.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import ConfigError

Floats = NDArray[np.float64]
Int64s = NDArray[np.int64]

DEGREES = {"linear": 1, "quadratic": 2, "cubic": 3}
_GAP = 1.5
"""Samples farther apart than this many of their usual steps are not filtered together."""


def interpolated(known_ns: Int64s, values: Floats, wanted_ns: Int64s, method: str) -> Floats:
    """Return values at other times.

    Parameters
    ----------
    known_ns : ndarray of int64, shape (n,)
        Ascending, no two the same.
    values : ndarray of float64, shape (n, k)
    wanted_ns : ndarray of int64, shape (m,)
    method : {"linear", "quadratic", "cubic"}
        Fewer samples than it needs lower its degree; without any, all is NaN.

    Returns
    -------
    ndarray of float64, shape (m, k)
    """
    if method not in DEGREES:
        raise ConfigError(f"{method!r} is none of {', '.join(DEGREES)}")
    n = len(known_ns)
    if not n:
        return np.full((len(wanted_ns), values.shape[1]), np.nan)
    degree = min(DEGREES[method], n - 1)
    if degree % 2:  # as many samples on either side
        first = np.searchsorted(known_ns, wanted_ns, side="right") - (degree + 1) // 2
    else:  # the nearest sample stands in the middle
        first = _nearest(known_ns, wanted_ns) - degree // 2
    first = np.clip(first, 0, n - degree - 1)
    return _lagrange(known_ns, values, wanted_ns, first, degree)


def _lagrange(
    known_ns: Int64s, values: Floats, wanted_ns: Int64s, first: Int64s, degree: int
) -> Floats:
    # Differences of int64 are exact, and those of neighbours are exact as floats, too.
    apart = [(wanted_ns - known_ns[first + i]).astype(np.float64) for i in range(degree + 1)]
    made = np.zeros((len(wanted_ns), values.shape[1]))
    for i in range(degree + 1):
        weight = np.ones(len(wanted_ns))
        for j in range(degree + 1):
            if j != i:
                between = (known_ns[first + i] - known_ns[first + j]).astype(np.float64)
                weight *= apart[j] / between
        made += weight[:, np.newaxis] * values[first + i]
    return made


def _nearest(known_ns: Int64s, wanted_ns: Int64s) -> Int64s:
    after = np.clip(np.searchsorted(known_ns, wanted_ns), 1, max(1, len(known_ns) - 1))
    after = np.minimum(after, len(known_ns) - 1)
    before = np.maximum(after - 1, 0)
    closer = np.abs(known_ns[before] - wanted_ns) <= np.abs(known_ns[after] - wanted_ns)
    return np.where(closer, before, after)


def distance_to_samples(known_ns: Int64s, wanted_ns: Int64s) -> Int64s:
    """Return how far each time is from the nearest sample, int64 nanoseconds, shape (m,)."""
    if not len(known_ns):
        return np.full(len(wanted_ns), np.iinfo(np.int64).max)
    distances: Int64s = np.abs(known_ns[_nearest(known_ns, wanted_ns)] - wanted_ns)
    return distances


def step_ns(times_ns: Int64s) -> int:
    """Return the usual step between samples, nanoseconds; 0 where there are fewer than two."""
    return int(np.median(np.diff(times_ns))) if len(times_ns) > 1 else 0


def cic_filtered(times_ns: Int64s, values: Floats, factor: int) -> Floats:
    """Return values without what a sampling `factor` times as slow cannot hold.

    The mean over `factor` samples, taken twice: a triangle 2 factor - 1 samples wide, centred, so
    that nothing is delayed. At ends and gaps the triangle is cut, not filled with zeros, and NaN
    counts as no sample.

    Parameters
    ----------
    times_ns : ndarray of int64, shape (n,)
    values : ndarray of float64, shape (n, k)
    factor : int
        1 and less changes nothing.
    """
    if factor <= 1 or len(values) < 2:  # noqa: PLR2004  nothing to mean
        return values.copy()
    triangle = np.convolve(np.ones(factor), np.ones(factor)) / factor**2
    breaks = np.flatnonzero(np.diff(times_ns) > _GAP * step_ns(times_ns)) + 1
    return np.concatenate(
        [
            np.column_stack([_weighted(column, triangle) for column in part.T])
            for part in np.split(values, breaks)
        ]
    )


def _weighted(column: Floats, weights: Floats) -> Floats:
    half = len(weights) // 2
    valid = np.isfinite(column)
    total = np.convolve(np.where(valid, column, 0.0), weights)
    weight = np.convolve(valid.astype(np.float64), weights)
    inside = slice(half, half + len(column))
    with np.errstate(invalid="ignore", divide="ignore"):
        made = total[inside] / weight[inside]
    return np.where(valid, made, np.nan)
