"""Medians and means of what has gaps, and what medians say of scatter."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SIGMA_OF_MAD = 1.482602218505602
"""The standard deviation of a normal distribution whose median absolute deviation is 1."""


def medians(rows: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return the median of each row, NaN left out, and of how many values it is.

    Parameters
    ----------
    rows : (row, n) float64

    Returns
    -------
    (row,) float64
        NaN where there is no value.
    (row,) int64
    """
    counts = (rows.shape[1] - np.isnan(rows).sum(axis=1)).astype(np.int64)
    if not rows.shape[1]:
        return np.full(len(rows), np.nan), counts
    ordered = np.sort(rows, axis=1)  # NaN comes last
    every = np.arange(len(rows))
    below, above = np.maximum(counts - 1, 0) // 2, counts // 2
    found: Floats = (
        ordered[every, below] + ordered[every, np.minimum(above, rows.shape[1] - 1)]
    ) / 2
    return np.where(counts > 0, found, np.nan), counts


def known_mean(values: NDArray[np.floating[Any]], axis: int) -> Floats:
    """Return the mean along an axis of what is finite, float64; NaN where nothing is."""
    known = np.isfinite(values)
    n_known = known.sum(axis=axis)
    mean: Floats = np.sum(values, axis=axis, dtype=np.float64, where=known) / np.maximum(n_known, 1)
    return np.where(n_known > 0, mean, np.nan)
