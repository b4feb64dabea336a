"""Fits white and red noise to a power spectrum.

The model is P(f) = white² + red² (f / 0.1 Hz)^slope. The mean power of n modes is spread as a gamma
distribution of shape n around P, so the likelihood of all bins is (Whittle 1953)

    ln L = -Σ n (ln P + power / P),

whose greatest value is found by Fisher scoring with a damping (Levenberg, Marquardt). Unlike least
squares of the logarithms, this has no bias where bins have few modes, and gives errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gnomon.compiled import compiled
from gnomon.instruments.comap.science.spectra import Spectrum

Floats = NDArray[np.float64]

RED_AT_HZ: Final = 0.1
STEEPEST: Final = 4.0
LEAST_GAIN: Final = 5.0
"""ln L that red noise must add to white noise alone: 3 sigma of two parameters more."""
_LEAST_BINS = 8
_LARGEST_LOG_ERROR = 1.0
_STARTS = (-1.0, -2.0, -0.4)
_ROUNDS, _PRECISION = 200, 1e-9
_DAMPING, _LEAST_DAMPING, _MOST_DAMPING = 1e-3, 1e-9, 1e9
_FARTHEST = 2.0
"""The most that a step changes a parameter."""


@dataclass(frozen=True)
class Noise:
    """White and red noise of a stream, with standard errors; NaN where a fit failed.

    Attributes
    ----------
    white, red : float
        Of a sample, the latter at 0.1 Hz. A stream without red noise has a `red` of 0 and a `slope`
        that is NaN.
    slope : float
    white_error, red_error, slope_error : float
    """

    white: float = np.nan
    red: float = np.nan
    slope: float = np.nan
    white_error: float = np.nan
    red_error: float = np.nan
    slope_error: float = np.nan

    @property
    def knee_hz(self) -> float:
        """Where both are equal; NaN without red noise."""
        if not (self.red > 0 and self.white > 0):
            return float("nan")
        return float(RED_AT_HZ * (self.white / self.red) ** (2 / self.slope))

    def power(self, frequency_hz: Floats) -> Floats:
        """Return the model at frequencies, (n,) float64, in the unit squared."""
        if not self.red > 0:
            return np.full(len(frequency_hz), self.white**2)
        return self.white**2 + self.red**2 * (frequency_hz / RED_AT_HZ) ** self.slope


FAILED: Final = Noise()


def fit(spectrum: Spectrum) -> Noise:
    """Return the noise of a spectrum, `FAILED` where it has none that can be told."""
    usable = (spectrum.power > 0) & np.isfinite(spectrum.power)
    if np.count_nonzero(usable) < _LEAST_BINS:
        return FAILED
    power, n_modes = spectrum.power[usable], spectrum.n_modes[usable]
    ratio = np.log(spectrum.frequency_hz[usable] / RED_AT_HZ)
    total = float(np.sum(n_modes))
    mean = float(np.sum(n_modes * power)) / total
    likelihood, values, errors = _best(ratio, power / mean, n_modes)
    if not likelihood + total > LEAST_GAIN:
        white = float(np.sqrt(mean))
        return Noise(white, 0.0, np.nan, white_error=white / (2 * np.sqrt(total)))
    told = np.isfinite(errors).all() and errors[0] < _LARGEST_LOG_ERROR
    if not told or abs(values[2]) >= STEEPEST:
        return FAILED
    white, red = (float(np.sqrt(mean * np.exp(one))) for one in values[:2])
    return Noise(
        *(white, red, float(values[2])),
        *(white * float(errors[0]) / 2, red * float(errors[1]) / 2, float(errors[2])),
    )


def _best(ratio: Floats, power: Floats, n_modes: Floats) -> tuple[float, Floats, Floats]:
    """Return ln L, the logarithms of both powers and the slope, and their errors.

    The mean of `power` is 1. The first start that leads to red noise will do.
    """
    best = -np.inf, np.zeros(3), np.full(3, np.nan)
    total = float(np.sum(n_modes))
    for slope in _STARTS:
        values, fisher = np.zeros(3), np.zeros((3, 3))
        _start(ratio, power, n_modes, slope, values)
        found, converged = _scored(ratio, power, n_modes, values, fisher)
        if converged and found > best[0]:
            best = found, values, _errors(fisher)
        if best[0] + total > LEAST_GAIN:
            break
    return best


def _errors(fisher: Floats) -> Floats:
    """Return standard errors; NaN where the parameters cannot be told apart."""
    try:
        variances = np.diag(np.linalg.inv(fisher))
    except np.linalg.LinAlgError:
        return np.full(3, np.nan)
    return np.sqrt(np.where(variances > 0, variances, np.nan))


@compiled
def _start(ratio: Floats, power: Floats, n_modes: Floats, slope: float, values: Floats) -> None:
    """Begin with the white noise of the upper third, and what is above it in the lower third."""
    n = len(power)
    third = max(1, n // 3)
    white = np.sum(power[-third:] * n_modes[-third:]) / np.sum(n_modes[-third:])
    scaled = power[:third] * np.exp(-slope * ratio[:third])
    red = np.sum(scaled * n_modes[:third]) / np.sum(n_modes[:third])
    values[0], values[1], values[2] = np.log(white), np.log(red), slope


@compiled
def _scored(
    ratio: Floats, power: Floats, n_modes: Floats, values: Floats, fisher: Floats
) -> tuple[float, bool]:
    """Climb to the greatest likelihood: `values` and `fisher` are changed in place."""
    gradient, ahead, damping = np.zeros(3), np.zeros(3), _DAMPING
    now = _slopes(ratio, power, n_modes, values, gradient, fisher)
    for _ in range(_ROUNDS):
        damped = fisher.copy()
        for k in range(3):
            damped[k, k] += damping * fisher[k, k] + 1e-30
        step = np.linalg.solve(damped, gradient)
        length = np.max(np.abs(step))
        ahead[:] = values + step * min(1.0, _FARTHEST / length)
        then = _likelihood(ratio, power, n_modes, ahead)
        if then >= now:
            values[:] = ahead
            gained, now = then - now, _slopes(ratio, power, n_modes, values, gradient, fisher)
            damping = max(damping / 10, _LEAST_DAMPING)
            if gained < _PRECISION * max(1.0, abs(now)):
                return now, True
        else:
            damping *= 10
            if damping > _MOST_DAMPING:
                return now, length < _FARTHEST
    return now, False


@compiled
def _likelihood(ratio: Floats, power: Floats, n_modes: Floats, values: Floats) -> float:
    found = 0.0
    for k in range(len(ratio)):
        model = np.exp(values[0]) + np.exp(values[1] + values[2] * ratio[k])
        found -= n_modes[k] * (np.log(model) + power[k] / model)
    return found


@compiled
def _slopes(
    ratio: Floats,
    power: Floats,
    n_modes: Floats,
    values: Floats,
    gradient: Floats,
    fisher: Floats,
) -> float:
    """Fill the gradient of ln L and Fisher's matrix; return ln L."""
    gradient[:], fisher[:] = 0.0, 0.0
    change, found = np.zeros(3), 0.0
    for k in range(len(ratio)):
        white, red = np.exp(values[0]), np.exp(values[1] + values[2] * ratio[k])
        model = white + red
        change[0], change[1], change[2] = white / model, red / model, ratio[k] * red / model
        away = n_modes[k] * (power[k] / model - 1)
        found -= n_modes[k] * (np.log(model) + power[k] / model)
        for i in range(3):
            gradient[i] += away * change[i]
            for j in range(3):
                fisher[i, j] += n_modes[k] * change[i] * change[j]
    return found
