"""White noise from differences of neighbouring samples, where all that is slow cancels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gnomon.compiled import compiled, summing
from gnomon.instruments.comap.science.medians import medians

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Truths = NDArray[np.bool_]

BLOCK_SAMPLES = 512
_LEAST_PAIRS = BLOCK_SAMPLES // 8


def auto_rms(values: Singles, used: Truths) -> Floats:
    """Return the standard deviation of white noise.

    Samples 2i and 2i + 1 are subtracted; the variance of their differences is twice that of the
    noise. It is taken in blocks, and the median over the blocks is what counts (corrected for what
    the median of a chi-squared distribution is less than its mean, 1 - 2 / 9k to the third, after
    Wilson and Hilferty 1931), so neither a spike nor a jump makes it larger. NaN is left out.

    Parameters
    ----------
    values : (channel, time) float32
    used : (time,) bool
        Samples to use; a pair needs both.

    Returns
    -------
    (channel,) float64
        In the unit of `values`; NaN where there are fewer than 64 pairs.
    """
    n_pairs = values.shape[1] // 2
    pairs = np.logical_and(used[: 2 * n_pairs : 2], used[1 : 2 * n_pairs : 2])
    variances = np.full((len(values), max(2 * n_pairs // BLOCK_SAMPLES, 1)), np.nan)
    counts = np.zeros_like(variances)
    _variances(values, pairs, pairs.astype(np.float32), variances, counts)
    typical, n_blocks = medians(variances)
    free = counts.sum(axis=1) / np.maximum(n_blocks, 1) - 1
    is_few = n_blocks < 3  # noqa: PLR2004 - the median is the mean
    shrunk = np.where(is_few, 1, (1 - 2 / (9 * np.maximum(free, 1))) ** 3)
    found: Floats = np.sqrt(typical / shrunk / 2)
    return found


@compiled
def _variances(
    values: Singles, used: Truths, weight: Singles, variances: Floats, counts: Floats
) -> None:
    """Write the variance of the differences of each block that has enough, and of how many."""
    block = BLOCK_SAMPLES // 2
    for channel in range(len(values)):
        for b in range(variances.shape[1]):
            here = slice(b * block, (b + 1) * block)
            row = values[channel, 2 * b * block : 2 * (b + 1) * block]
            count, total, squares = _sums(row, weight[here])
            if not math.isfinite(squares):
                count, total, squares = _sums_with_gaps(row, used[here])
            if count >= _LEAST_PAIRS:
                variances[channel, b] = (squares - total * total / count) / (count - 1)
                counts[channel, b] = count


@summing
def _sums(row: Singles, weight: Singles) -> tuple[np.float32, np.float32, np.float32]:
    """Return how many differences of a block are used, their sum, and that of their squares."""
    total = squares = count = np.float32(0)
    for i in range(len(weight)):
        d = (row[2 * i] - row[2 * i + 1]) * weight[i]
        total += d
        squares += d * d
        count += weight[i]
    return count, total, squares


@compiled
def _sums_with_gaps(row: Singles, used: Truths) -> tuple[np.float32, np.float32, np.float32]:
    """Return the same of those that are finite."""
    total = squares = count = np.float32(0)
    for i in range(len(used)):
        d = row[2 * i] - row[2 * i + 1]
        if used[i] and math.isfinite(d):
            total += d
            squares += d * d
            count += np.float32(1)
    return count, total, squares
