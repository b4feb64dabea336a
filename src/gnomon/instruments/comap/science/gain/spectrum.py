"""The spectrum of gain fluctuations, and the filter that follows from it.

Series are taken apart by the discrete cosine transform, which is that of the series and its mirror
image: drifts over a scan then make no jump at its ends, as they would in a Fourier transform.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct, idct

Floats = NDArray[np.float64]
Span = tuple[float, float]

KNEE_HZ = 0.1
"""Where the red noise is told; as in `level2_noise_stats`."""
_WHITE_ABOVE_HZ = 10.0
_N_BINS = 60
_SLOPES = (-3.0, -0.5)
_LOG_POWERS = (-14.0, 14.0)
"""Of the red power over the white one, at 0.1 Hz."""
_ROUNDS, _N_TRIED, _ZOOM = 5, 29, 0.15
_USUAL_SLOPE, _SLOPE_SPREAD = -1.4, 0.7
_LEAST_SAMPLES = 100
_CLIP_SIGMA = 6.0


@dataclass(frozen=True)
class GainSpectrum:
    """Power of the gain's estimate: ``sigma_red^2 (f / 0.1 Hz)^alpha + sigma_white^2``.

    Attributes
    ----------
    sigma_red, sigma_white : float
        Relative, a sample.
    alpha : float
    """

    sigma_red: float
    alpha: float
    sigma_white: float

    def red(self, frequency_hz: Floats) -> Floats:
        """Return the power of the gain itself; infinite at 0 Hz."""
        with np.errstate(divide="ignore"):
            power: Floats = self.sigma_red**2 * (frequency_hz / KNEE_HZ) ** self.alpha
        return power

    def wiener(self, frequency_hz: Floats) -> Floats:
        """Return how much of the estimate is gain; 0 at 0 Hz, as a level is not taken away."""
        moving = frequency_hz > 0
        red = self.red(frequency_hz[moving])
        part = np.zeros_like(frequency_hz)
        part[moving] = red / (red + self.sigma_white**2)
        return part


def cosine_frequencies(n_samples: int, rate_hz: float) -> Floats:
    """Return the frequency of each coefficient of the cosine transform, Hz."""
    return np.arange(n_samples) * rate_hz / (2 * n_samples)


def cosine_power(series: Floats) -> Floats:
    """Return the power at each of them, along the last axis; white noise has its variance."""
    power: Floats = dct(series - series.mean(axis=-1, keepdims=True), norm="ortho", axis=-1) ** 2
    return power


def fitted(power: Floats, frequency_hz: Floats, sigma_white: float) -> GainSpectrum:
    """Return the likeliest spectrum of a series, whose white noise is known.

    The likelihood is that of independent normal coefficients (Whittle's), with the slope held
    loosely to what the receiver usually has: short scans have few slow coefficients. Its maximum
    is looked for on a grid, and then on finer ones around it.

    Parameters
    ----------
    power : (n,) float64
        Of `cosine_power`.
    frequency_hz : (n,) float64
    sigma_white : float
        What the radiometer equation says; if there is more at high frequencies, that is taken.
    """
    high = frequency_hz > _WHITE_ABOVE_HZ
    measured = float(power[high].mean()) if high.any() else 0.0
    white = max(sigma_white**2, measured)
    count, centre_hz, mean = _binned(power[1:], frequency_hz[1:])
    ratio = mean / white
    powers, slopes = _LOG_POWERS, _SLOPES
    found = (0.0, 0.0)
    for _ in range(_ROUNDS):
        grids = np.linspace(*powers, _N_TRIED), np.linspace(*slopes, _N_TRIED)
        worst = _unlikely(*grids, count, centre_hz, ratio)
        first, second = divmod(int(np.argmin(worst)), _N_TRIED)
        found = float(grids[0][first]), float(grids[1][second])
        powers = _around(found[0], powers, _LOG_POWERS)
        slopes = _around(found[1], slopes, _SLOPES)
    return GainSpectrum(float(np.exp(found[0] / 2)) * white**0.5, found[1], white**0.5)


def _around(middle: float, span: Span, limits: Span) -> Span:
    half = _ZOOM * (span[1] - span[0])
    return max(middle - half, limits[0]), min(middle + half, limits[1])


def _unlikely(
    log_power: Floats, slope: Floats, count: Floats, frequency_hz: Floats, ratio: Floats
) -> Floats:
    """Return minus the logarithm of the likelihood, (log_power, slope)."""
    red = np.exp(
        log_power[:, np.newaxis, np.newaxis]
        + np.multiply.outer(slope, np.log(frequency_hz / KNEE_HZ))
    )
    fit = 0.5 * (np.log1p(red) + ratio / (1 + red)) @ count
    held: Floats = fit + 0.5 * ((slope - _USUAL_SLOPE) / _SLOPE_SPREAD) ** 2
    return held


def _binned(power: Floats, frequency_hz: Floats) -> tuple[Floats, Floats, Floats]:
    """Return how many, their mean frequency and mean power, of logarithmic bins."""
    edges = np.geomspace(frequency_hz[0], frequency_hz[-1] * (1 + 1e-9), _N_BINS + 1)
    which = np.clip(np.searchsorted(edges, frequency_hz, side="right") - 1, 0, _N_BINS - 1)
    count = np.bincount(which, minlength=_N_BINS).astype(np.float64)
    there = count > 0
    centre = np.exp(np.bincount(which, np.log(frequency_hz), _N_BINS)[there] / count[there])
    return count[there], centre, np.bincount(which, power, _N_BINS)[there] / count[there]


def filtered(gain: Floats, sigma: Floats, rate_hz: float) -> tuple[Floats, GainSpectrum]:
    """Return the gain without most of its white noise, and its spectrum.

    Samples without a gain, and those that lie further from the result than noise can, are filled
    in between their neighbours.

    Parameters
    ----------
    gain : (time,) float64
        Estimates of one scan; may be NaN.
    sigma : (time,) float64
        Their white noise.
    rate_hz : float

    Returns
    -------
    (time,) float64
        With a mean of 0. All 0 if there is too little to tell, as then nothing is to be taken
        away; its spectrum is NaN.
    """
    good = np.isfinite(gain) & np.isfinite(sigma)
    if good.sum() < _LEAST_SAMPLES:
        return np.zeros_like(gain), GainSpectrum(np.nan, np.nan, np.inf)
    white = float(np.median(sigma[good]))
    smooth, spectrum = _filtered_once(gain, good, white, rate_hz)
    away = np.abs(gain - np.mean(gain[good]) - smooth, where=good, out=np.full(len(gain), np.inf))
    clean = away < _CLIP_SIGMA * spectrum.sigma_white
    if clean.sum() < good.sum() and clean.sum() >= _LEAST_SAMPLES:
        smooth, spectrum = _filtered_once(gain, clean, white, rate_hz)
    return smooth, spectrum


def _filtered_once(
    gain: Floats, good: NDArray[np.bool_], white: float, rate_hz: float
) -> tuple[Floats, GainSpectrum]:
    place = np.arange(len(gain))
    whole = gain if good.all() else np.interp(place, place[good], gain[good])
    coefficients = dct(whole - whole.mean(), norm="ortho")
    frequency_hz = cosine_frequencies(len(gain), rate_hz)
    spectrum = fitted(coefficients**2, frequency_hz, white)
    smooth: Floats = idct(coefficients * spectrum.wiener(frequency_hz), norm="ortho")
    return smooth, spectrum
