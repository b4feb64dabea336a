"""The slow change of light curves: a robust middle in a window that slides in time, or a spline.

The window is of time, not of points, and never reaches over a gap (Hippke et al. 2019, AJ 158,
143, "Wotan"). The biweight is Tukey's: the weight of a point at u scales from the middle is
(1 - u²)² within one scale, and 0 beyond; the scale is `reach` times the median absolute deviation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from gnomon.compiled import compiled
from gnomon.instruments.sky.science.cleaning import Floats, Ints, Truths

Method = Literal["biweight", "median", "spline"]
_ROUNDS, _PRECISION = 20, 1e-6
_SPLINE_ROUNDS, _SPLINE_PRECISION = 10, 1e-3
_BINS = 50
"""A spline bends once in a window at most, so points within a fiftieth of one are one to it."""
_LEAST_FOR_SPLINE = 5
_LEAST_WEIGHT = 1e-9
"""A spline wants weights above zero."""
Spline = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How a trend is found.

    Attributes
    ----------
    method : {"biweight", "median", "spline"}
        ``spline``: a smoothing spline with the weights of the biweight, around the median first.
    window_d : float
        Days. Of a spline: a wave of this period keeps half of its amplitude in the trend.
    gap_d : float
        Days without a point after which a curve is another piece.
    edge_d : float
        Days at both ends of each piece for which no trend is told.
    least : int
        Fewer points in a window, or in a piece of a spline, tell no trend.
    reach : float
        See above; 5 (Wotan's choice for the biweight) leaves out what is beyond 3.4 standard
        deviations.
    """

    method: Method = "biweight"
    window_d: float = 1.0
    gap_d: float = 0.5
    edge_d: float = 0.0
    least: int = 3
    reach: float = 5.0


def trend(
    time_d: Floats, value: Floats, used: Truths, offsets: Ints, smoothing: Smoothing
) -> Floats:
    """Return the trend of each curve at all its times, those of unused points too.

    Parameters
    ----------
    time_d, value : ndarray of float64, shape (N,)
        Times ascend within a curve.
    used : ndarray of bool, shape (N,)
        What the trend is made of: finite values and times.
    offsets : ndarray of int64, shape (n + 1,)
        Curve `i` is ``offsets[i]:offsets[i + 1]``.

    Returns
    -------
    ndarray of float64, shape (N,)
        NaN where it cannot be told.
    """
    found = np.full(len(value), np.nan)
    pieces = _pieces(time_d, used, offsets, smoothing.gap_d)
    reach = smoothing.reach if smoothing.method == "biweight" else 0.0
    _slide(time_d, value, used, pieces, smoothing.window_d / 2, smoothing.least, reach, found)
    if smoothing.method == "spline":
        for piece in pieces:
            _spline(time_d, value, used, piece, smoothing, found)
    if smoothing.edge_d > 0:
        _forget_edges(time_d, used, pieces, smoothing.edge_d, found)
    found[np.isnan(time_d)] = np.nan
    return found


@compiled
def _pieces(time_d: Floats, used: Truths, offsets: Ints, gap_d: float) -> Ints:
    """Return first row, and row behind the last, of each piece: shape (m, 2).

    Unused rows in a gap belong to the nearer side.
    """
    bounds = []
    for curve in range(len(offsets) - 1):
        start, before = offsets[curve], -1
        for i in range(offsets[curve], offsets[curve + 1]):
            if not used[i]:
                continue
            if before >= 0 and time_d[i] - time_d[before] > gap_d:
                half = (time_d[i] + time_d[before]) / 2
                cut = before + 1
                while time_d[cut] <= half:
                    cut += 1
                bounds.append((start, cut))
                start = cut
            before = i
        if before >= 0:
            bounds.append((start, offsets[curve + 1]))
    found = np.empty((len(bounds), 2), np.int64)
    for n in range(len(bounds)):
        found[n, 0], found[n, 1] = bounds[n]
    return found


@compiled
def _slide(
    time_d: Floats,
    value: Floats,
    used: Truths,
    pieces: Ints,
    half_d: float,
    least: int,
    reach: float,
    found: Floats,
) -> None:
    for n in range(len(pieces)):
        start, stop = pieces[n]
        rows = start + np.flatnonzero(used[start:stop])
        times, values = time_d[rows], value[rows]
        low = high = 0
        for i in range(start, stop):
            while low < len(times) and times[low] < time_d[i] - half_d:
                low += 1
            while high < len(times) and times[high] <= time_d[i] + half_d:
                high += 1
            if high - low >= least:
                found[i] = _biweight(values[low:high], reach)


@compiled
def _biweight(values: Floats, reach: float) -> float:
    """Return the biweight location, or the median where `reach` is 0."""
    middle = np.median(values)
    if reach <= 0:
        return middle
    scale = reach * np.median(np.abs(values - middle))
    if not scale > 0:
        return middle
    for _ in range(_ROUNDS):
        total, weights = 0.0, 0.0
        for one in values:
            u = (one - middle) / scale
            if abs(u) < 1:
                weight = (1 - u * u) ** 2
                total += weight * (one - middle)
                weights += weight
        if not weights > 0:
            break
        middle += total / weights
        if abs(total / weights) < _PRECISION * scale:
            break
    return middle


@compiled
def _forget_edges(time_d: Floats, used: Truths, pieces: Ints, edge_d: float, found: Floats) -> None:
    for n in range(len(pieces)):
        start, stop = pieces[n]
        rows = start + np.flatnonzero(used[start:stop])
        first, last = time_d[rows[0]] + edge_d, time_d[rows[-1]] - edge_d
        for i in range(start, stop):
            if time_d[i] < first or time_d[i] > last:
                found[i] = np.nan


# -- splines


def _spline(
    time_d: Floats, value: Floats, used: Truths, piece: Ints, smoothing: Smoothing, found: Floats
) -> None:
    """Put a spline in the place of the median, from the first to the last used point of a piece.

    A smoothing spline makes sum w (y - f)² + lam ∫ f''² least. Of points n to the day, a wave of
    period P keeps 1 / (1 + lam (2π / P)⁴ / n) of its amplitude: a half where
    lam = n (P / 2π)⁴ (Silverman 1984, Annals of Statistics 12, 898).
    """
    start, stop = piece
    rows = start + np.flatnonzero(used[start:stop])
    first, last = time_d[rows[0]], time_d[rows[-1]]
    # In days the penalty would depend on the unit: times are counted in windows instead.
    x = (time_d[rows] - first) / smoothing.window_d
    _, place, count = np.unique(np.floor(x * _BINS), return_inverse=True, return_counts=True)
    median = np.where(np.isfinite(found[rows]), found[rows], np.median(value[rows]))
    found[start:stop] = np.nan
    if len(count) < max(_LEAST_FOR_SPLINE, smoothing.least):
        return
    lam = len(rows) / x[-1] / (2 * np.pi) ** 4
    fitted = _refitted(x, place, value[rows], median, lam, smoothing.reach)
    inside = start + np.flatnonzero((time_d[start:stop] >= first) & (time_d[start:stop] <= last))
    found[inside] = fitted((time_d[inside] - first) / smoothing.window_d)


def _refitted(
    x: Floats, place: Ints, value: Floats, median: Floats, lam: float, reach: float
) -> Spline:
    """Return the spline after some rounds of weights."""
    before = median
    for _ in range(_SPLINE_ROUNDS):
        away = value - before
        scale = reach * np.median(np.abs(away))
        share = np.clip(1 - (away / scale) ** 2, 0, None) if scale > 0 else np.ones(len(x))
        spline = _fitted(x, place, value, share**2 + _LEAST_WEIGHT, lam)
        now = spline(x)
        if np.max(np.abs(now - before)) <= _SPLINE_PRECISION * scale:
            break
        before = now
    return spline


def _fitted(x: Floats, place: Ints, value: Floats, weight: Floats, lam: float) -> Spline:
    """Fit the weighted means of points that share a place."""
    from scipy.interpolate import make_smoothing_spline  # noqa: PLC0415 - takes long to load

    weights = np.bincount(place, weight)
    mean_x, mean = (np.bincount(place, weight * one) / weights for one in (x, value))
    fitted: Any = make_smoothing_spline(mean_x, mean, weights, lam)
    return fitted  # type: ignore[no-any-return]
