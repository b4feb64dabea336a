"""Series of time before they are drawn: their gaps, fewer points, and when something is so."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.datetime64]
Values = NDArray[np.float64]
Span = tuple[np.datetime64, np.datetime64]
MOST = 6000
"""Points of a line: twice as many as any screen has columns."""


def around(first: np.datetime64, last: np.datetime64, least_s: int) -> Span:
    """Return the time between two instants with a hundredth of it at each end, or `least_s`."""
    margin = max((last - first) / 100, np.timedelta64(least_s, "s").astype("m8[ns]"))
    return first - margin, last + margin


def parted(time: Times, values: Values, gap: np.timedelta64) -> tuple[Times, Values]:
    """Return a series with a NaN in every gap, so that no line crosses one.

    Parameters
    ----------
    time : ndarray of datetime64[ns], shape (n,)
    values : ndarray of float64, shape (n,)
    gap : timedelta64
        Longer steps are gaps.
    """
    wide = np.flatnonzero(np.diff(time) > gap)
    if not len(wide):
        return time, values
    return np.insert(time, wide + 1, time[wide] + gap), np.insert(values, wide + 1, np.nan)


def gap_of(time: Times, least_s: float = 30.0) -> np.timedelta64:
    """Return what is a gap in a series: five of its usual steps, and not less than `least_s`."""
    least = np.timedelta64(int(least_s * 1e9), "ns")
    if len(time) < 2:  # noqa: PLR2004  a step has two ends
        return least
    return max(np.median(np.diff(time)) * 5, least)


def thinned(time: Times, values: Values, most: int = MOST) -> tuple[Times, Values]:
    """Return about `most` points of a series that make the same picture.

    They are the lowest and the highest value of every short time. Gaps must be parted before.

    Parameters
    ----------
    time : ndarray of datetime64[ns], shape (n,)
        Ascending.
    values : ndarray of float64, shape (n,)
        NaN where there is none, which is kept.
    """
    per_bin = -(-2 * len(time) // most)
    if per_bin <= 2:  # noqa: PLR2004  the lowest and the highest would be all
        return time, values
    whole = len(time) // per_bin * per_bin
    table = values[:whole].reshape(-1, per_bin)
    start = np.arange(0, whole, per_bin)
    there = np.isfinite(table)
    low = start + np.argmin(np.where(there, table, np.inf), axis=1)
    high = start + np.argmax(np.where(there, table, -np.inf), axis=1)
    # Where values are missing in part, that they are must be seen.
    missing = (start + np.argmin(there, axis=1))[~there.all(axis=1)]
    ends = np.array([0, len(time) - 1]) if len(time) else np.array([], dtype=np.int64)
    kept = np.unique(np.concatenate([low, high, missing, np.arange(whole, len(time)), ends]))
    return time[kept], values[kept]


def spans(time: Times, is_so: NDArray[np.bool_], known: NDArray[np.bool_]) -> list[Span]:
    """Return from when to when something is so: up to the next row, but not into a gap.

    Parameters
    ----------
    time : ndarray of datetime64[ns], shape (n,)
        Ascending.
    is_so, known : ndarray of bool, shape (n,)
        Rows that are not known are as if they were not there.
    """
    when, so = time[known], is_so[known]
    if not len(when):
        return []
    gap = gap_of(when)
    step = np.median(np.diff(when)) if len(when) > 1 else gap / 5
    follows = np.append(np.diff(when) <= gap, False)
    stop = np.where(follows, np.append(when[1:], when[-1]), when + step)
    found: list[Span] = []
    for at in np.flatnonzero(so):
        if found and found[-1][1] == when[at] and follows[at - 1]:
            found[-1] = (found[-1][0], stop[at])
        else:
            found.append((when[at], stop[at]))
    return found
