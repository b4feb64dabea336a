"""Tells spikes from the sky: both stand out, but a source is never narrower than the beam.

A positive excursion is sky if the other samples of one beam crossing, around its peak, are 0.3 of
the peak in the mean. A Gaussian beam gives 0.8, a spike of one sample 0. A negative one is no sky.
Where a crossing is one sample nothing can be told, and positive ones stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnomon.compiled import compiled
from gnomon.instruments.comap.science.medians import SIGMA_OF_MAD

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

_LEAST_SHARE = 0.3


@dataclass(frozen=True)
class Excursions:
    """What stands out of a stream.

    Attributes
    ----------
    spikes, sky : (time,) bool
    """

    spikes: Truths
    sky: Truths


def excursions(
    residual: Floats, used: Truths, *, outlier_sigma: float, crossing: float
) -> Excursions:
    """Return what stands out of a stream, of which slow changes have been taken away.

    Parameters
    ----------
    residual : (time,) float64
    used : (time,) bool
        Finite samples that are to be judged; others are neither spikes nor sky.
    outlier_sigma : float
        Standard deviations, of the used samples' median absolute deviation.
    crossing : float
        Samples that the beam's full width at half maximum takes to cross a point.
    """
    spikes, sky = np.zeros(len(residual), bool), np.zeros(len(residual), bool)
    scale = robust_scale(residual[used])
    if scale > 0:
        half = round(crossing / 2)
        _judge(residual, used, outlier_sigma * scale, half, spikes, sky)
    return Excursions(spikes, sky)


def robust_scale(values: Floats) -> float:
    """Return the standard deviation that the median absolute value means; NaN of nothing."""
    return float(np.median(np.abs(values))) * SIGMA_OF_MAD if len(values) else float("nan")


@compiled
def _judge(
    residual: Floats, used: Truths, threshold: float, half: int, spikes: Truths, sky: Truths
) -> None:
    n, i = len(residual), 0
    while i < n:
        if not used[i] or abs(residual[i]) <= threshold:
            i += 1
        elif residual[i] < 0:
            spikes[i] = True
            i += 1
        else:
            peak, last = _run(residual, used, i, threshold, half)
            if _beside(residual, used, peak, half) >= _LEAST_SHARE * residual[peak]:
                for k in range(max(0, i - half), min(n, last + half + 1)):
                    sky[k] = used[k] and not spikes[k]
            else:
                for k in range(i, last + 1):
                    spikes[k] = used[k] and residual[k] > threshold
            i = last + 1


@compiled
def _run(
    residual: Floats, used: Truths, first: int, threshold: float, half: int
) -> tuple[int, int]:
    """Return the highest sample of a positive excursion, and its last; noise may split it."""
    peak, last = first, first
    for k in range(first + 1, len(residual)):
        if k - last > half + 1:
            break
        if used[k] and residual[k] > threshold:
            last = k
            if residual[k] > residual[peak]:
                peak = k
    return peak, last


@compiled
def _beside(residual: Floats, used: Truths, peak: int, half: int) -> float:
    """Return the mean of the samples beside a peak; infinite where there is none."""
    total, n = 0.0, 0
    for k in range(max(0, peak - half), min(len(residual), peak + half + 1)):
        if used[k] and k != peak:
            total += residual[k]
            n += 1
    return total / n if n else np.inf
