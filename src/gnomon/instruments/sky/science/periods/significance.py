"""How probable it is that noise alone gives a peak.

The periodogram of Lomb and Scargle: R. V. Baluev, MNRAS 385, 1279 (2008), and for several harmonics
MNRAS 395, 1541 (2009). Both count how often a random process rises through a level, for noise that
is white, Gaussian, and of unknown scale.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LN10 = math.log(10)
_SMALL = -30.0
"""Below e to this power a probability and the expected number are the same."""


def effective_length_d(time_d: Floats, weights: Floats) -> float:
    """Return the effective length of a curve, sqrt(4 pi var(t)), with weights that sum to 1."""
    mean = float(weights @ time_d)
    return math.sqrt(4 * math.pi * float(weights @ (time_d - mean) ** 2))


def log_fap_peak(power: float, n_points: int, terms: int, width: float) -> float:
    """Return the natural logarithm of the false-alarm probability of the highest peak.

    Parameters
    ----------
    power : float
        The part of the weighted variance that the model explains, 0 to 1.
    n_points : int
        Of the curve; one of them goes into its mean.
    terms : int
        Harmonics, so that the model has ``2 * terms`` numbers beside the mean.
    width : float
        Frequencies searched, in cycles per day, times the effective length in days.
    """
    n_free, n_left = n_points - 1, n_points - 1 - 2 * terms
    if n_left <= 0 or not power > 0:
        return 0.0
    if power >= 1:
        return -math.inf
    half = n_free * power / 2
    log_shrink = math.log1p(-power)
    # gamma -> 1 for many points, and belongs to a scale of the noise that is not known.
    log_gamma = (terms - 0.5) * math.log(2 / n_free)
    log_gamma += math.lgamma(n_free / 2) - math.lgamma((n_left + 1) / 2)
    log_tau = math.log(max(width, 1e-300) * _harmonics(terms)) + log_gamma
    log_tau += (n_left - 1) / 2 * log_shrink + (terms - 0.5) * math.log(half)
    return _log_either(log_beta_tail(power, 2 * terms, n_left), log_tau)


def log_beta_tail(power: float, n_model: int, n_left: int) -> float:
    """Return the natural logarithm of the probability that one trial explains more than `power`.

    The power of one trial is of the beta distribution B(n_model / 2, n_left / 2); `n_model` is
    even, so that its tail is a finite sum.
    """
    terms = [
        math.lgamma(n_left / 2 + k) - math.lgamma(n_left / 2) - math.lgamma(k + 1)
        + (k * math.log(power) if k else 0.0)
        for k in range(n_model // 2)
    ]  # fmt: skip
    top = max(terms)
    total = top + math.log(sum(math.exp(term - top) for term in terms))
    return min(n_left / 2 * math.log1p(-power) + total, 0.0)


def log_fap_trials(log_single: float, n_trials: float) -> float:
    """Return the natural logarithm of 1 - (1 - single) ** n_trials."""
    log_expected = log_single + math.log(max(n_trials, 1.0))
    if log_expected < _SMALL:
        return log_expected
    return _log_complement(max(n_trials, 1.0) * math.log1p(-_below_one(log_single)))


def log_normal_tail(snr: float) -> float:
    """Return the natural logarithm of the upper tail of the normal distribution."""
    from scipy.special import log_ndtr  # noqa: PLC0415 - SciPy is slow to load

    return float(log_ndtr(-snr))


def probability(log_fap: float) -> tuple[float, float]:
    """Return a probability and its decimal logarithm, from its natural logarithm."""
    return math.exp(min(log_fap, 0.0)), max(min(log_fap, 0.0) / _LN10, -1e6)


def _harmonics(terms: int) -> float:
    """Return Baluev's alpha: how much faster a model of several harmonics changes; 1 for one."""
    double_factorial: int = math.prod(range(1, 2 * terms, 2))
    total = sum(
        (-1) ** (terms - k)
        * k ** (2 * terms + 1)
        / (math.factorial(terms + k) * math.factorial(terms - k))
        for k in range(1, terms + 1)
    )
    return float(2**terms / double_factorial * total)


def _log_either(log_single: float, log_tau: float) -> float:
    """Return ln(1 - (1 - e**log_single) * exp(-e**log_tau)), without loss where both are tiny."""
    if log_tau < _SMALL:
        return float(np.logaddexp(log_single, log_tau))
    return _log_complement(math.log1p(-_below_one(log_single)) - math.exp(min(log_tau, 300.0)))


def _below_one(log_probability: float) -> float:
    return min(math.exp(min(log_probability, 0.0)), 1 - 1e-16)


def _log_complement(log_missed: float) -> float:
    return math.log(-math.expm1(log_missed)) if log_missed < 0 else -math.inf
