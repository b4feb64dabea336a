"""White noise from differences of neighbouring samples, where all that is slow cancels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gnomon.compiled import compiled, summing

BLOCK_SAMPLES = 512
_LEAST_PAIRS = BLOCK_SAMPLES // 8


def auto_rms(values: NDArray[np.float32], used: NDArray[np.bool_]) -> NDArray[np.float64]:
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
    pairs = used[: 2 * n_pairs].reshape(-1, 2).all(axis=1)
    found = np.empty(len(values))
    _auto_rms(values, pairs, pairs.astype(np.float32), found)
    return found


@compiled
def _auto_rms(
    values: NDArray[np.float32],
    used: NDArray[np.bool_],
    weight: NDArray[np.float32],
    found: NDArray[np.float64],
) -> None:
    block = BLOCK_SAMPLES // 2
    n_blocks = max(len(used) // block, 1)
    variances = np.empty(n_blocks)
    for channel in range(len(values)):
        n = 0
        pairs = 0.0
        for b in range(n_blocks):
            here = slice(b * block, (b + 1) * block)
            row = values[channel, 2 * b * block : 2 * (b + 1) * block]
            count, total, squares = _sums(row, weight[here])
            if not math.isfinite(squares):
                count, total, squares = _sums_with_gaps(row, used[here])
            if count >= _LEAST_PAIRS:
                variances[n] = (squares - total * total / count) / (count - 1)
                pairs += count
                n += 1
        found[channel] = np.nan
        if n > 0:
            shrunk = (1 - 2 / (9 * (pairs / n - 1))) ** 3 if n > 2 else 1.0  # noqa: PLR2004
            found[channel] = math.sqrt(np.median(variances[:n]) / shrunk / 2)


@summing
def _sums(
    row: NDArray[np.float32], weight: NDArray[np.float32]
) -> tuple[np.float32, np.float32, np.float32]:
    """Return how many differences of a block are used, their sum, and that of their squares."""
    total = squares = count = np.float32(0)
    for i in range(len(weight)):
        d = (row[2 * i] - row[2 * i + 1]) * weight[i]
        total += d
        squares += d * d
        count += weight[i]
    return count, total, squares


@compiled
def _sums_with_gaps(
    row: NDArray[np.float32], used: NDArray[np.bool_]
) -> tuple[np.float32, np.float32, np.float32]:
    """Return the same of those that are finite."""
    total = squares = count = np.float32(0)
    for i in range(len(used)):
        d = row[2 * i] - row[2 * i + 1]
        if used[i] and math.isfinite(d):
            total += d
            squares += d * d
            count += np.float32(1)
    return count, total, squares
