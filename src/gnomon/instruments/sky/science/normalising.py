"""The middle of each light curve: what it is divided by, or what is taken from it."""

from __future__ import annotations

from typing import Literal

import numpy as np

from gnomon.compiled import compiled
from gnomon.instruments.sky.science.cleaning import Floats, Ints, Truths

Middle = Literal["median", "mean"]


def middles(value: Floats, used: Truths, offsets: Ints, method: Middle = "median") -> Floats:
    """Return the middle of the used points of each curve.

    Parameters
    ----------
    value : ndarray of float64, shape (N,)
    used : ndarray of bool, shape (N,)
        Finite values.
    offsets : ndarray of int64, shape (n + 1,)
        Curve `i` is ``offsets[i]:offsets[i + 1]``.

    Returns
    -------
    ndarray of float64, shape (n,)
        NaN for a curve of which nothing is used.
    """
    found = np.full(len(offsets) - 1, np.nan)
    _middles(value, used, offsets, method == "median", found)
    return found


@compiled
def _middles(
    value: Floats,
    used: Truths,
    offsets: Ints,
    median: bool,  # noqa: FBT001 - Numba takes no keywords
    found: Floats,
) -> None:
    for curve in range(len(offsets) - 1):
        start, stop = offsets[curve], offsets[curve + 1]
        left = value[start:stop][used[start:stop]]
        if len(left) > 0:
            found[curve] = np.median(left) if median else np.mean(left)
