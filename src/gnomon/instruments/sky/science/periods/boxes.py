"""The kernels of box least squares: which box, at which phase, explains a folded curve best."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gnomon.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Points = tuple[Floats, Floats, Floats, Ints]
"""Times in days, values, weights, and how many points each stands for; all of shape (n,)."""

_WHOLE = 1 - 1e-9
"""A box of all the weight, but for rounding."""


@compiled
def averaged(time_d: Floats, value: Floats, weight: Floats, width_d: float) -> Points:
    """Return weighted means in bins of time that hold a point, their weights, and their points.

    Parameters
    ----------
    time_d, value, weight : ndarray of float64, shape (n,)
        In order of time.
    """
    n = len(time_d)
    times, values, weights = np.zeros(n), np.zeros(n), np.zeros(n)
    counts = np.zeros(n, np.int64)
    last, at = -1.0, -1
    for i in range(n):
        here = np.floor((time_d[i] - time_d[0]) / width_d)
        if here != last:
            last, at = here, at + 1
        times[at] += weight[i] * time_d[i]
        values[at] += weight[i] * value[i]
        weights[at] += weight[i]
        counts[at] += 1
    at += 1
    return times[:at] / weights[:at], values[:at] / weights[:at], weights[:at], counts[:at]


@compiled
def box_powers(
    points: Points,
    periods_d: Floats,
    durations_d: Floats,
    steps: int,
    parts: tuple[float, float],
    least_points: int,
) -> tuple[Floats, Floats, Floats]:
    """Return the best box at every period.

    Points are folded into phase bins of 1 / `steps` of the shortest duration, and boxes are whole
    numbers of bins, as Kovacs, Zucker and Mazeh have it (A&A 391, 369, 2002); only boxes in which
    the value is less than outside count.

    Parameters
    ----------
    points : Points
        The values have a weighted mean of 0, the weights sum to 1.
    periods_d, durations_d : ndarray of float64
        The durations ascend.
    steps : int
        Bins in the shortest duration.
    parts : (float, float)
        No box is shorter or longer than these parts of the period.
    least_points : int
        No box has fewer points.

    Returns
    -------
    powers : ndarray of float64, shape of `periods_d`
        The part of the weighted variance that the box explains.
    middles_d, widths_d : ndarray of float64, shape of `periods_d`
        Time of mid-box, from 0 to the period, counted as the points are, and its duration.
    """
    n_periods = len(periods_d)
    powers, middles = np.zeros(n_periods), np.zeros(n_periods)
    widths = np.full(n_periods, durations_d[0])
    finest = int(np.ceil(steps / parts[0]))
    longest = min(int(np.ceil(np.max(periods_d) / durations_d[0] * steps)), finest) + 4
    sums, counts = np.empty((2, 2 * longest + 1)), np.empty(2 * longest + 1, np.int64)
    for p in range(n_periods):
        period = periods_d[p]
        n_bins = min(max(int(np.ceil(period / durations_d[0] * steps)), 4), finest)
        _folded(points, period, n_bins, sums, counts)
        before = 0
        for duration in durations_d:
            long = max(int(np.rint(max(duration / period, parts[0]) * n_bins)), 1)
            if long > parts[1] * n_bins:
                break
            if long == before:
                continue
            before = long
            power, k = _best_start(sums, counts, n_bins, long, least_points)
            if power > powers[p]:
                powers[p] = power
                middles[p] = (k + 0.5 * long) / n_bins * period
                widths[p] = long / n_bins * period
    total = np.sum(points[2] * points[1] * points[1])
    return powers / total, middles, widths


@compiled
def _folded(points: Points, period_d: float, n_bins: int, sums: Floats, counts: Ints) -> None:
    """Write the sums over phase, of weights and weighted values, and of points, over two turns."""
    time_d, value, weight, n_points = points
    sums[:, : n_bins + 1] = 0.0
    counts[: n_bins + 1] = 0
    scale = 1.0 / period_d
    for i in range(len(time_d)):
        turn = time_d[i] * scale
        at = min(int((turn - np.floor(turn)) * n_bins), n_bins - 1) + 1
        sums[0, at] += weight[i]
        sums[1, at] += weight[i] * value[i]
        counts[at] += n_points[i]
    for k in range(1, n_bins + 1):
        sums[0, k] += sums[0, k - 1]
        sums[1, k] += sums[1, k - 1]
        counts[k] += counts[k - 1]
    # A box may go on beyond phase 1.
    for k in range(1, n_bins + 1):
        sums[0, n_bins + k] = sums[0, n_bins] + sums[0, k]
        sums[1, n_bins + k] = sums[1, n_bins] + sums[1, k]
        counts[n_bins + k] = counts[n_bins] + counts[k]


@compiled
def _best_start(
    sums: Floats, counts: Ints, n_bins: int, long: int, least_points: int
) -> tuple[float, int]:
    """Return the variance that the best box of `long` bins explains, and its first bin."""
    best, at = 0.0, 0
    for k in range(n_bins):
        dip = sums[1, k + long] - sums[1, k]
        part = sums[0, k + long] - sums[0, k]
        if dip >= 0 or part >= _WHOLE or counts[k + long] - counts[k] < least_points:
            continue
        power = dip * dip / (part * (1.0 - part))
        if power > best:
            best, at = power, k
    return best, at
