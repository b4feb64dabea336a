"""How gain and sky are told apart.

A spectrometer's counts are gain times temperature, and the gain fluctuates. With the mean level
L(nu) of a scan taken away and divided by,

    y(nu, t) = g(t) + sum_k c_k(t) P_k(nu) / L(nu) + noise,

where g is the relative gain, common to all channels, and the sky and atmosphere are a smooth
spectrum, a sum of Legendre polynomials P_k with amplitudes c_k in kelvin. The level has spikes and
ripples that the sky has not, so both can be solved for at each sample. Nothing at all is assumed
about the c_k, so whatever is smooth in frequency cannot end up in g. (The method is that of
Lunde et al. 2025, arXiv:2510.23502, with a richer spectrum of the sky: with only a constant and a
slope, the curvature of a power law leaks into g wherever the level has smooth structure too.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

MIDDLE_GHZ = 30.0
HALF_WIDTH_GHZ = 4.0
_RIDGE = 1e-10
_LEAST_INFORMATION = 1e-8


def sky_spectra(frequency_ghz: Floats, order: int) -> Floats:
    """Return the spectra that the sky may have, (order + 1, channel)."""
    place = (frequency_ghz - MIDDLE_GHZ) / HALF_WIDTH_GHZ
    return np.asarray(legendre.legvander(place, order).T, np.float64)


@dataclass(frozen=True)
class Columns:
    """The model of one band in one scan.

    Attributes
    ----------
    values : (k + 1, channel) float64
        Those of the sky, P_k / L in 1/K, and, last, that of the gain, which is 1.
    weight : (channel,) float64
        One over the variance of y; 0 for channels that are not used.
    level_k : (channel,) float64
    """

    values: Floats
    weight: Floats
    level_k: Floats

    @classmethod
    def of(cls, level_k: Floats, rms_k: Floats, sky: Floats, used: NDArray[np.bool_]) -> Columns:
        """Make them from the level and the white noise of each channel, and the sky's spectra.

        Channels whose level is not positive, or that have no noise, are not used.
        """
        good = used & (level_k > 0) & (rms_k > 0)
        level = np.where(good, level_k, 1.0)
        weight = np.where(good, (level / np.where(good, rms_k, 1.0)) ** 2, 0.0)
        return cls(np.vstack([sky / level, np.ones_like(level)]), weight, level)

    @property
    def rows(self) -> Floats:
        """Weights of the sums over kelvin that are the right-hand side, (k + 1, channel)."""
        return self.values * (self.weight / self.level_k)

    @property
    def products(self) -> Floats:
        """What each channel adds to the upper triangle of the normal matrix, (pair, channel)."""
        first, second = np.triu_indices(len(self.values))
        return self.values[first] * self.values[second] * self.weight

    @property
    def normal(self) -> Floats:
        """The normal matrix, (k + 1, k + 1)."""
        return (self.values * self.weight) @ self.values.T


def from_triangle(pairs: Floats) -> Floats:
    """Return the symmetric matrices, (time, n, n), of upper triangles, (pair, time)."""
    n = int((np.sqrt(8 * len(pairs) + 1) - 1) / 2)
    first, second = np.triu_indices(n)
    matrices = np.empty((pairs.shape[1], n, n))
    matrices[:, first, second] = matrices[:, second, first] = pairs.T
    return matrices


@dataclass(frozen=True)
class Solver:
    """What takes the gain out of right-hand sides.

    Attributes
    ----------
    combination : (..., k + 1) float64
        The gain is this times the right-hand side; NaN where gain cannot be told from sky.
    sigma : (...) float64
        White noise of the gain, relative, a sample; infinite where it cannot be told.
    """

    combination: Floats
    sigma: Floats

    @classmethod
    def of(cls, normal: Floats) -> Solver:
        """Make it from normal matrices, (..., k + 1, k + 1)."""
        diagonal = np.sqrt(np.diagonal(normal, axis1=-2, axis2=-1))
        scale = np.where(diagonal > 0, diagonal, 1.0)
        scaled = normal / (scale[..., :, np.newaxis] * scale[..., np.newaxis, :])
        scaled = scaled + _RIDGE * np.eye(normal.shape[-1])
        unit = np.zeros((*normal.shape[:-1], 1))
        unit[..., -1, 0] = 1.0
        found = np.linalg.solve(scaled, unit)[..., 0]
        told = (diagonal[..., -1] > 0) & (found[..., -1] > 0)
        told &= found[..., -1] * _LEAST_INFORMATION < 1
        variance = np.where(told, found[..., -1], np.inf) / scale[..., -1] ** 2
        combination = found / (scale * scale[..., -1:])
        return cls(np.where(told[..., np.newaxis], combination, np.nan), np.sqrt(variance))
