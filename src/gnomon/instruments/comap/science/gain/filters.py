"""The gain filters.

``prior``
    Gain and sky are solved for at each sample; of the gain's estimate only what stands out of its
    white noise is taken away, by the spectrum that it has itself. Nothing smooth in frequency is
    touched.
``common_mode``
    The mean over channels is taken for gain, as the earlier pipeline did in effect (it made the
    sky's column orthogonal to the gain's). It takes all red noise away and nearly all continuum:
    for lines only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.receiver import SAMPLE_RATE_HZ
from gnomon.instruments.comap.science.gain.spectrum import GainSpectrum, filtered
from gnomon.instruments.comap.science.gain.templates import Solver, from_triangle

Floats = NDArray[np.float64]
Method = Literal["prior", "common_mode"]
_MOST_LOST = 0.9
"""Of the weight; a sample that lacks more of its channels has no gain."""
_TINY = 1e-300
UNKNOWN = GainSpectrum(np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class Sums:
    """What the gain of one scan is told from: sums over the channels that share it.

    Attributes
    ----------
    normal : (k + 1, k + 1) float64
    right : (k + 1, time) float64
    lost : (pair, time) float64
        What the normal matrix (upper triangle) lacks where channels are not numbers.
    """

    normal: Floats
    right: Floats
    lost: Floats

    def __add__(self, other: Sums) -> Sums:
        """Return those of both sets of channels."""
        return Sums(self.normal + other.normal, self.right + other.right, self.lost + other.lost)


@dataclass(frozen=True)
class Gain:
    """The gain of one scan.

    Attributes
    ----------
    values : (time,) float64
        What to take away, relative.
    sigma : float
        White noise of its estimate a sample, before it was filtered.
    spectrum : GainSpectrum
    taken : (k + 1,) float64
        What is taken for gain, of 1 K in each of the sky's spectra and, last, of a gain of 1.
    """

    values: Floats
    sigma: float
    spectrum: GainSpectrum
    taken: Floats


def gain_of(sums: Sums, method: Method) -> Gain:
    """Return the gain of one scan."""
    return _METHODS[method](sums)


def _with_prior(sums: Sums) -> Gain:
    solver = Solver.of(sums.normal)
    estimate = solver.combination @ sums.right
    lost = sums.lost[-1] / max(sums.normal[-1, -1], _TINY)
    sigma = np.full(estimate.shape, float(solver.sigma))
    estimate[lost > _MOST_LOST] = np.nan
    if len(holes := np.flatnonzero((lost > 0) & (lost <= _MOST_LOST))):
        there = Solver.of(sums.normal - from_triangle(sums.lost[:, holes]))
        estimate[holes] = np.einsum("tk,kt->t", there.combination, sums.right[:, holes])
        sigma[holes] = there.sigma
    values, spectrum = filtered(estimate, sigma, SAMPLE_RATE_HZ)
    taken = np.nan_to_num(solver.combination) @ sums.normal
    return Gain(values, float(solver.sigma), spectrum, taken)


def _common_mode(sums: Sums) -> Gain:
    total = sums.normal[-1, -1] - sums.lost[-1]
    there = total > (1 - _MOST_LOST) * sums.normal[-1, -1]
    values = np.divide(sums.right[-1], total, out=np.zeros_like(total), where=there)
    values[there] -= values[there].mean() if there.any() else 0
    if not there.any():
        return Gain(values, np.inf, UNKNOWN, np.zeros(len(sums.normal)))
    sigma = 1 / np.sqrt(sums.normal[-1, -1])
    return Gain(values, float(sigma), UNKNOWN, sums.normal[-1] / sums.normal[-1, -1])


_METHODS: dict[Method, Callable[[Sums], Gain]] = {
    "prior": _with_prior,
    "common_mode": _common_mode,
}
