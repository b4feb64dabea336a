"""What features are worked out by: compiled functions of one curve, and the loop over curves.

Each function writes the features of one family in the order of `definitions`. Arrays are float64;
curves are sorted by time. A curve whose values are all the same has a standard deviation of 0
exactly, whatever rounding makes of its mean.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gnomon.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Row = NDArray[np.float64]


@compiled
def basic(m: Floats, row: Row) -> None:
    """Write mean, standard deviation (N - 1), minimum, maximum."""
    n = len(m)
    total, least, greatest = 0.0, np.inf, -np.inf
    for x in m:
        total += x
        least, greatest = min(least, x), max(greatest, x)
    if n == 0:
        row[:] = np.nan
        return
    mean = total / n
    squares = 0.0
    for x in m:
        squares += (x - mean) ** 2
    if least == greatest:
        mean, squares = least, 0.0
    row[0], row[2], row[3] = mean, least, greatest
    row[1] = math.sqrt(squares / (n - 1)) if n > 1 else np.nan


@compiled
def shape(m: Floats, base: Row, row: Row) -> None:
    """Write amplitude, mean variance, skew, kurtosis, beyond 1 and 2 std, cusum, eta."""
    n = len(m)
    mean, std = base[0], base[1]
    row[:] = np.nan
    row[0] = (base[3] - base[2]) / 2
    if n < 2:  # noqa: PLR2004
        return
    third = fourth = total = steps = 0.0
    beyond_1 = beyond_2 = 0
    low, high = np.inf, -np.inf
    before = m[0]
    for x in m:
        d = x - mean
        total += d
        low, high = min(low, total), max(high, total)
        third += d * d * d
        fourth += d * d * d * d
        steps += (x - before) * (x - before)
        before = x
        beyond_1 += abs(d) > std
        beyond_2 += abs(d) > 2 * std
    row[1], row[4], row[5] = std / mean, beyond_1 / n, beyond_2 / n
    if std == 0:
        return
    row[6] = (high - low) / (n * std)
    row[7] = steps / ((n - 1) * std * std)
    if n > 2:  # noqa: PLR2004
        row[2] = third / std**3 * n / ((n - 1) * (n - 2))
    if n > 3:  # noqa: PLR2004
        fourth *= n * (n + 1) / ((n - 1) * (n - 2) * (n - 3)) / std**4
        row[3] = fourth - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))


@compiled
def quantile(ordered: Floats, p: float) -> float:
    """Return a quantile of sorted values by Hazen's rule (Hyndman & Fan 1996, number 5)."""
    n = len(ordered)
    place = p * n - 0.5
    if place <= 0:
        return float(ordered[0])
    if place >= n - 1:
        return float(ordered[n - 1])
    below = int(place)
    return float(ordered[below] + (place - below) * (ordered[below + 1] - ordered[below]))


@compiled
def median_distance(ordered: Floats, middle: float) -> float:
    """Return the median distance of sorted values to their middle.

    Distances grow to both sides, so half of them are gone through in order from the middle on.
    """
    n = len(ordered)
    right = n // 2
    left = right - 1
    last = previous = 0.0
    for _ in range(n // 2 + 1):
        previous = last
        to_left = middle - ordered[left] if left >= 0 else np.inf
        to_right = ordered[right] - middle if right < n else np.inf
        if to_left < to_right:
            last = to_left
            left -= 1
        else:
            last = to_right
            right += 1
    return last if n % 2 else (last + previous) / 2


@compiled
def order(ordered: Floats, row: Row) -> None:
    """Write what the sorted values alone tell: median to percent difference."""
    n = len(ordered)
    if n == 0:
        row[:] = np.nan
        return
    middle = quantile(ordered, 0.5)
    least, greatest = ordered[0], ordered[n - 1]
    wide = quantile(ordered, 0.95) - quantile(ordered, 0.05)
    buffer = 0.1 * (greatest - least) / 2
    near = 0
    for x in ordered:
        near += abs(x - middle) < buffer
    row[0] = middle
    row[1] = median_distance(ordered, middle)
    row[2] = quantile(ordered, 0.75) - quantile(ordered, 0.25)
    row[3] = quantile(ordered, 0.9) - quantile(ordered, 0.1)
    row[4] = (quantile(ordered, 0.6) - quantile(ordered, 0.4)) / wide
    row[5] = near / n
    row[6] = max(greatest - middle, middle - least)
    row[7] = wide / middle


@compiled
def normality(ordered: Floats, base: Row, row: Row) -> None:
    """Write the statistic of Anderson and Darling, for a mean and a variance that are fitted."""
    n = len(ordered)
    mean, std = base[0], base[1]
    row[0] = np.nan
    if n < 4 or std == 0:  # noqa: PLR2004
        return
    total = 0.0
    for i in range(n):
        z = (ordered[i] - mean) / (std * math.sqrt(2.0))
        below, above = math.erfc(-z) / 2, math.erfc(z) / 2
        total += (2 * i + 1) * math.log(below) + (2 * (n - i) - 1) * math.log(above)
    row[0] = (1 + 4 / n - 25 / n**2) * (-n - total / n)


@compiled
def steps(t: Floats, m: Floats, std: float, row: Row) -> None:
    """Write the intervals, eta_e and the greatest slope."""
    n = len(t)
    longest, shortest, squares, steepest = -np.inf, np.inf, 0.0, -1.0
    for i in range(n - 1):
        dt = t[i + 1] - t[i]
        longest, shortest = max(longest, dt), min(shortest, dt)
        if dt > 0:
            slope = abs((m[i + 1] - m[i]) / dt)
            squares += slope * slope
            steepest = max(steepest, slope)
    row[1], row[2] = longest, shortest
    if steepest >= 0:
        row[6] = steepest
    if std > 0 and row[0] > 0:
        row[5] = (row[0] / std) ** 2 / (n - 1) ** 3 * squares


@compiled
def trend(t: Floats, m: Floats, base: Row, row: Row) -> None:
    """Write the straight line by least squares: slope, its sigma, noise."""
    n = len(t)
    mean_t = row[3]
    tt = tm = residuals = 0.0
    for i in range(n):
        tt += (t[i] - mean_t) ** 2
        tm += (t[i] - mean_t) * (m[i] - base[0])
    row[4] = math.sqrt(tt / (n - 1))
    if n < 3 or tt == 0:  # noqa: PLR2004
        return
    slope = tm / tt
    for i in range(n):
        residuals += (m[i] - base[0] - slope * (t[i] - mean_t)) ** 2
    noise = residuals / (n - 2)
    row[7], row[8], row[9] = slope, math.sqrt(noise / tt), math.sqrt(noise)


@compiled
def time(t: Floats, m: Floats, base: Row, row: Row) -> None:
    """Write duration to linear trend."""
    n = len(t)
    row[:] = np.nan
    if n == 0:
        return
    total = 0.0
    for i in range(n):
        total += t[i] - t[0]
    row[0], row[3] = t[n - 1] - t[0], t[0] + total / n
    if n > 1:
        steps(t, m, base[1], row)
        trend(t, m, base, row)


@compiled
def fit(t: Floats, m: Floats, e: Floats, weights: float, row: Row) -> None:
    """Write the straight line with weights 1 / e^2: slope, its sigma, reduced chi square."""
    n = len(t)
    mean_t = tt = tm = chi2 = 0.0
    for i in range(n):
        mean_t += (t[i] - t[0]) / (e[i] * e[i])
    mean_t = t[0] + mean_t / weights
    for i in range(n):
        w, dt = 1 / (e[i] * e[i]), t[i] - mean_t
        tt += w * dt * dt
        tm += w * dt * (m[i] - row[0])
    if tt == 0:
        return
    slope = tm / tt
    for i in range(n):
        chi2 += ((m[i] - row[0] - slope * (t[i] - mean_t)) / e[i]) ** 2
    row[5], row[6], row[7] = slope, 1 / math.sqrt(tt), chi2 / (n - 2)


@compiled
def error(t: Floats, m: Floats, e: Floats, base: Row, middle: float, row: Row) -> None:
    """Write weighted mean to linear fit; all NaN where an error is not known, or 0."""
    n = len(t)
    row[:] = np.nan
    weights = weighted = squares = absolute = chi2 = distance = 0.0
    for i in range(n):
        w = 1 / (e[i] * e[i])
        weights += w
        weighted += w * (m[i] - base[0])
        squares += e[i] * e[i]
    known = n > 0 and 0 < weights < np.inf and squares < np.inf
    if not known:
        return
    row[0] = base[0] + weighted / weights
    if n < 2:  # noqa: PLR2004
        return
    for i in range(n):
        ratio = abs(m[i] - row[0]) / e[i]
        absolute += ratio
        chi2 += ratio * ratio
        distance += abs(m[i] - middle) / e[i]
    row[1], row[4] = chi2 / (n - 1), distance / (n - 1)
    row[3] = (base[1] ** 2 - squares / n) / base[0] ** 2
    if base[1] > 0:
        row[2] = absolute / math.sqrt(n * chi2)
    if n > 2:  # noqa: PLR2004
        fit(t, m, e, weights, row)


@compiled
def measure(
    offsets: Ints, t: Floats, m: Floats, e: Floats, wanted: NDArray[np.bool_], found: Floats
) -> None:
    """Write the features of all curves.

    Parameters
    ----------
    offsets : ndarray of int64, shape (n + 1,)
    t, m, e : ndarray of float64, shape (N,)
    wanted : ndarray of bool, shape (6,)
        Which of `definitions.FAMILIES`; the first is always there.
    found : ndarray of float64, shape (n, number of features)
        What is not wanted is left as it is.
    """
    longest = 0
    for i in range(len(offsets) - 1):
        longest = max(longest, offsets[i + 1] - offsets[i])
    scratch = np.empty(longest)
    sorts = wanted[2] or wanted[3] or wanted[5]
    for i in range(len(offsets) - 1):
        a, b = offsets[i], offsets[i + 1]
        values, row, ordered = m[a:b], found[i], scratch[: b - a]
        basic(values, row[0:4])
        if wanted[1]:
            shape(values, row[0:4], row[4:12])
        if sorts:
            ordered[:] = values
            ordered.sort()
            order(ordered, row[12:20])
        if wanted[3]:
            normality(ordered, row[0:4], row[20:21])
        if wanted[4]:
            time(t[a:b], values, row[0:4], row[21:31])
        if wanted[5]:
            error(t[a:b], values, e[a:b], row[0:4], row[12], row[31:39])
