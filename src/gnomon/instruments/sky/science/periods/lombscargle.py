"""The periodogram of Lomb and Scargle: many frequencies at once, by non-uniform FFTs.

One harmonic is nifty-ls's. Several are ours, by the same FFTs (finufft): nifty-ls ends the process
where a matrix is singular, which curves of few points make it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from gnomon.compiled import compiled
from gnomon.instruments.sky.science.periods.grid import Frequencies
from gnomon.instruments.sky.science.periods.harmonics import highest_near, solved, weights_of
from gnomon.instruments.sky.science.periods.significance import (
    effective_length_d,
    log_fap_peak,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_AT_ONCE = 1_000_000
"""Powers that are computed together; more are slower, and need more memory."""


@dataclass(frozen=True, slots=True)
class Peak:
    """A local maximum of a periodogram, refined.

    Attributes
    ----------
    frequency, frequency_error : float
        Cycles per day. The error is where chi squared, scaled to 1 per degree of freedom, rises
        by 1; it is NaN where the peak has no top.
    power : float
        The part of the weighted variance that is explained.
    """

    frequency: float
    power: float
    frequency_error: float = float("nan")


def lomb_scargle(
    time_d: Floats, value: Floats, error: Floats, grid: Frequencies, terms: int = 1
) -> Floats:
    """Return periodograms of curves that share their times, with a floating mean.

    Parameters
    ----------
    time_d : ndarray of float64, shape (n,)
    value, error : ndarray of float64, shape (n,) or (n_curves, n)
        Where one error of a curve is not known, all its points weigh the same.
    grid : Frequencies
    terms : int
        Harmonics of the model.

    Returns
    -------
    ndarray of float64, shape (grid.n,) or (n_curves, grid.n)
        The part of the weighted variance that the model explains, 0 to 1.
    """
    many = np.atleast_2d(value)
    power = np.empty((len(many), grid.n))
    for at, part in periodograms(time_d, many, np.atleast_2d(error), grid, terms):
        power[at] = part
    return power if value.ndim > 1 else power[0]


def periodograms(
    time_d: Floats, value: Floats, error: Floats, grid: Frequencies, terms: int = 1
) -> Iterator[tuple[slice, Floats]]:
    """Yield the periodograms of some of the curves at a time, as `lomb_scargle` gives them."""
    # A weight is all that matters of an error, and no time of day is near 0.
    since, weights = time_d - time_d[0], np.array([weights_of(one) for one in error])
    at_once = max(_AT_ONCE // (grid.n * terms * terms), 1)
    for start in range(0, len(value), at_once):
        at = slice(start, start + at_once)
        work = _one_harmonic if terms == 1 else partial(_several_harmonics, terms=terms)
        yield at, work(since, np.ascontiguousarray(value[at], np.float64), weights[at], grid)


def _one_harmonic(time_d: Floats, value: Floats, weight: Floats, grid: Frequencies) -> Floats:
    import nifty_ls  # noqa: PLC0415 - it brings FFTs, slow to load

    found = nifty_ls.lombscargle(
        time_d,
        value,
        1 / np.sqrt(weight),
        fmin=grid.first,
        fmax=grid.last,
        Nf=grid.n,
        nthreads=1,
    )
    return np.asarray(np.nan_to_num(np.atleast_2d(found.power)), np.float64)


def _several_harmonics(
    time_d: Floats, value: Floats, weight: Floats, grid: Frequencies, terms: int
) -> Floats:
    """Return periodograms of several harmonics, shape (n_curves, grid.n).

    Parameters
    ----------
    time_d : ndarray of float64, shape (n,)
    value, weight : ndarray of float64, shape (n_curves, n)
        The weights of a curve sum to 1.
    """
    centred = value - np.sum(weight * value, axis=1, keepdims=True)
    both, n = np.concatenate([weight, weight * centred]), len(value)
    sums = np.empty((2 * terms, n, grid.n), np.complex128)
    with_value = np.empty((terms, n, grid.n), np.complex128)
    for k in range(1, 2 * terms + 1):
        found = _sums(time_d, both if k <= terms else weight, grid, k)
        sums[k - 1] = found[:n]
        if k <= terms:
            with_value[k - 1] = found[n:]
    total = np.sum(weight * centred**2, axis=1)
    return np.stack([solved(sums[:, i], with_value[:, i], float(total[i])) for i in range(n)])


def _sums(
    time_d: Floats, strength: Floats, grid: Frequencies, harmonic: int
) -> NDArray[np.complex128]:
    """Return the sums of ``strength * exp(2 pi i harmonic f t)``, shape (n_curves, grid.n)."""
    import finufft  # noqa: PLC0415 - slow to load

    middle = grid.first + grid.step * (grid.n // 2)
    turned = strength * np.exp(2j * np.pi * np.mod(harmonic * middle * time_d, 1.0))
    # nifty-ls's choices: 1e-9, and a small grid.
    plan = finufft.Plan(
        1, (grid.n,), len(strength), eps=1e-9, isign=1, upsampfac=1.25, nthreads=1, fftw=64
    )
    plan.setpts(2 * np.pi * np.mod(harmonic * grid.step * time_d, 1.0))
    return np.asarray(plan.execute(turned)).reshape(len(strength), grid.n)


def peaks(power: Floats, grid: Frequencies, n: int) -> list[Peak]:
    """Return the `n` highest local maxima of one periodogram, the highest first.

    One at an end of the grid counts: it says that the maximum lies beyond.
    """
    return [
        Peak(grid.first + grid.step * int(k), float(power[k]))
        for k in highest_maxima(power, n)
        if k >= 0
    ]


def refined(
    time_d: Floats, value: Floats, error: Floats, peak: Peak, step: float, terms: int
) -> Peak:
    """Return a peak of the grid at its top, with its error; `step` is that of the grid."""
    weight = weights_of(error)
    centred = value - weight @ value
    frequency, power, curvature = highest_near(
        time_d - time_d[0], centred, weight, peak.frequency, step, terms
    )
    n_left = len(value) - 1 - 2 * terms
    if curvature >= 0 or n_left <= 0:
        return Peak(frequency, power)
    error_of = np.sqrt(2 * max(1 - power, 0.0) / (n_left * -curvature))
    return Peak(frequency, power, float(error_of))


def log_fap(time_d: Floats, error: Floats, power: float, grid: Frequencies, terms: int) -> float:
    """Return the natural logarithm of the false-alarm probability of the highest peak."""
    length_d = effective_length_d(time_d, weights_of(error))
    return log_fap_peak(power, len(time_d), terms, (grid.last - grid.first) * length_d)


@compiled
def highest_maxima(power: Floats, n: int) -> Ints:
    """Return where the `n` highest local maxima are, the highest first; -1 where there are less."""
    found = np.full(n, -1, np.int64)
    heights = np.full(n, -np.inf)
    last = len(power) - 1
    for i in range(len(power)):
        here = power[i]
        if not here > heights[n - 1]:
            continue
        if (i > 0 and power[i - 1] > here) or (i < last and power[i + 1] >= here):
            continue
        k = n - 1
        while k > 0 and heights[k - 1] < here:
            heights[k], found[k] = heights[k - 1], found[k - 1]
            k -= 1
        heights[k], found[k] = here, i
    return found
