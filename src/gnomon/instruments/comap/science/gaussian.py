"""A Gaussian fitted to the samples of scans across a source, each crossing with its own level.

The model of a sample is A exp(-q / 2), q = a dx^2 + 2 b dx dy + c dy^2, plus a level and a slope in
time of its crossing, which are free, so red noise slower than a crossing does no harm. They enter
through the normal equations only (each crossing's part along them is taken out of the sums), and
the six others are found by Levenberg-Marquardt. a, b, c stay well defined for a round beam, where
an angle would not.

Errors are those of correlated noise: with J the derivatives and C the covariance of the noise,
(J'J)^-1 (J'C J) (J'J)^-1. C is white noise and a few exponentials of growing length, none negative,
whose sizes are such that the products of residuals at every lag are those to be expected once
levels and slopes are gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.science import gaussian_sums as sums
from gnomon.instruments.comap.science.crossings import Crossings
from gnomon.instruments.comap.science.gaussian_sums import N_PARAMETERS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ROUNDS, _TOLERANCE = 60, 1e-10


@dataclass(frozen=True)
class Measured:
    """A value with its standard error."""

    value: float
    error: float


@dataclass(frozen=True)
class Gaussian:
    """What was fitted.

    Attributes
    ----------
    amplitude : Measured
        In the unit of the samples.
    x_deg, y_deg : Measured
        The centre.
    major_std_deg, minor_std_deg : Measured
    position_angle_rad : Measured
        Of the larger axis, from x towards y, in (-pi/2, pi/2].
    volume : Measured
        2 pi amplitude major minor; the unit of the samples times deg^2.
    chi2 : float
        Reduced, for the white noise between neighbouring samples.
    centre_covariance : (2, 2) float64
        Of x and y, deg^2.
    """

    amplitude: Measured
    x_deg: Measured
    y_deg: Measured
    major_std_deg: Measured
    minor_std_deg: Measured
    position_angle_rad: Measured
    volume: Measured
    chi2: float
    centre_covariance: Floats


def fit_gaussian(
    seen: Crossings, values: Floats, centre_deg: tuple[float, float], std_deg: float
) -> Gaussian | None:
    """Fit a Gaussian to samples.

    Parameters
    ----------
    seen : Crossings
    values : (n,) float64
        Finite.
    centre_deg : tuple of float
        Where the fit starts.
    std_deg : float
        Standard deviation of the beam, where the shape starts.

    Returns
    -------
    Gaussian or None
        None where the fit did not converge, or the samples do not tell.
    """
    if len(values) < 4 * N_PARAMETERS:
        return None
    start = np.array([0.0, centre_deg[0] / std_deg, centre_deg[1] / std_deg, 1.0, 0.0, 1.0])
    problem = _Problem(seen, values, std_deg)
    found = problem.solved(start)
    if found is None:
        return None
    covariance, chi2 = problem.errors(found)
    # Samples that miss the source leave directions in which nothing is known: no variances.
    if not np.isfinite(covariance).all() or np.linalg.eigvalsh(covariance)[0] <= 0:
        return None
    return _told(found, covariance, std_deg, chi2)


def brightest(
    seen: Crossings, values: Floats, std_deg: float, radius_deg: float
) -> tuple[float, float]:
    """Return where the samples are brightest: the peak of their smoothed map, degrees.

    Each crossing is taken from its median, and the map is weighted by its hits, so that a pixel
    with one noisy sample is no peak.
    """
    from scipy.ndimage import gaussian_filter  # noqa: PLC0415 - needed here only

    n = 2 * int(np.ceil(3.0 * radius_deg / std_deg)) + 1
    parts = np.split(values, seen.starts[1:-1])
    level = np.repeat([np.median(part) for part in parts], np.diff(seen.starts))
    edges = np.linspace(-radius_deg, radius_deg, n + 1)
    place = seen.x_deg, seen.y_deg
    total, _, _ = np.histogram2d(*place, bins=(edges, edges), weights=values - level)
    hits, _, _ = np.histogram2d(*place, bins=(edges, edges))
    width = n * std_deg / (2.0 * radius_deg)
    smooth, weight = (gaussian_filter(part, width, mode="constant") for part in (total, hits))
    peak = np.unravel_index(np.argmax(smooth / np.sqrt(weight + 0.05 * weight.max())), smooth.shape)
    middles = (edges[1:] + edges[:-1]) / 2.0
    return float(middles[peak[0]]), float(middles[peak[1]])


@dataclass(frozen=True)
class _Problem:
    """Samples; what is an angle is in units of the beam's standard deviation."""

    seen: Crossings
    values: Floats
    std_deg: float

    @cached_property
    def _samples(self) -> tuple[Floats, Floats, Floats, Floats, Ints]:
        x, y = self.seen.x_deg / self.std_deg, self.seen.y_deg / self.std_deg
        return x, y, self.seen.time, self.values, self.seen.starts

    def at(self, p: Floats) -> tuple[Floats, Floats, float]:
        """Return J'J, J'r and r'r without levels and slopes."""
        matrix, vector = np.zeros((N_PARAMETERS, N_PARAMETERS)), np.zeros(N_PARAMETERS)
        rest = sums.sums(*self._samples, p, matrix, vector)
        return matrix, vector, rest

    def solved(self, start: Floats) -> Floats | None:
        """Return the parameters of least squares; None where there are none."""
        p = start.copy()
        matrix, vector, _ = self.at(p)
        if not matrix[0, 0] > 0.0:
            return None
        p[0] = vector[0] / matrix[0, 0]
        matrix, vector, rest = self.at(p)
        damping = 1e-3
        for _ in range(_ROUNDS):
            step = _step(matrix, vector, damping)
            if step is None:
                return None
            tried = p + step
            allowed = tried[3] > 0.0 and tried[3] * tried[5] > tried[4] ** 2
            new = self.at(tried) if allowed else None
            if new is None or not new[2] <= rest:
                damping *= 8.0
                if damping > 1e12:  # noqa: PLR2004 - no step however short is better
                    return p
                continue
            gained = rest - new[2]
            p, (matrix, vector, rest) = tried, new
            damping = max(damping / 8.0, 1e-12)
            if gained <= _TOLERANCE * rest:
                return p
        return None

    def errors(self, p: Floats) -> tuple[Floats, float]:
        """Return the covariance of the parameters, and the reduced chi2."""
        n, n_crossings = len(self.values), len(self.seen)
        slopes, rest = np.empty((n, N_PARAMETERS)), np.empty(n)
        sums.residuals(*self._samples, p, slopes, rest)
        free = max(n - 2 * n_crossings - N_PARAMETERS, 1)
        noise = self._covariance_of(rest) * (1.0 + N_PARAMETERS / free)
        middle = sums.weighted(slopes, self.seen.starts, noise)
        inverse = np.linalg.pinv(slopes.T @ slopes)
        covariance = inverse @ middle @ inverse
        same = np.ones(n - 1, np.bool_)
        same[self.seen.starts[1:-1] - 1] = False
        white = np.mean(np.diff(rest)[same] ** 2) / 2.0
        return covariance, float(rest @ rest / white / free) if white > 0.0 else np.nan

    def _covariance_of(self, rest: Floats) -> Floats:
        """Return how the noise covaries, by lag, (lags,)."""
        from scipy.optimize import nnls  # noqa: PLC0415 - needed here only

        shapes, expected = self.seen.noise
        products, pairs = sums.products(rest, self.seen.starts, shapes.shape[1])
        weight = 1.0 / np.sqrt(np.maximum(pairs, 1.0))
        scale = float(products[0]) or 1.0
        sizes, _ = nnls((expected * weight).T, products * weight / scale)
        return np.asarray(scale * sizes @ shapes, np.float64)


def _step(matrix: Floats, vector: Floats, damping: float) -> Floats | None:
    scaled = matrix + damping * np.diag(np.diag(matrix))
    try:
        step = np.asarray(np.linalg.solve(scaled, vector), np.float64)
    except np.linalg.LinAlgError:
        return None
    return step if np.isfinite(step).all() else None


def _told(p: Floats, covariance: Floats, std_deg: float, chi2: float) -> Gaussian:
    """Return what the parameters say, in degrees, with errors carried over to first order."""
    angle = _shape(p)[2]

    def said(q: Floats) -> Floats:
        """Return all that is measured, in the order of `Gaussian`."""
        major, minor, turned = _shape(q)
        axes = major * std_deg, minor * std_deg
        # The difference of two angles is taken within half a turn.
        angles = angle + half_turn(turned - angle)
        volume = 2.0 * np.pi * q[0] * axes[0] * axes[1]
        return np.array([q[0], q[1] * std_deg, q[2] * std_deg, *axes, angles, volume])

    steps = 1e-6 * (1.0 + np.abs(p))
    slopes = [
        (said(p + one) - said(p - one)) / (2.0 * h)
        for one, h in zip(np.diag(steps), steps, strict=True)
    ]
    errors = np.sqrt([slope @ covariance @ slope for slope in np.transpose(slopes)])
    amplitude, x, y, major, minor, turned, volume = map(Measured, said(p).tolist(), errors.tolist())
    centre = covariance[1:3, 1:3] * std_deg**2
    return Gaussian(amplitude, x, y, major, minor, turned, volume, chi2, centre)


def _shape(p: Floats) -> tuple[float, float, float]:
    """Return the larger and the smaller standard deviation and the larger one's angle."""
    mean, half = (p[3] + p[5]) / 2.0, float(np.hypot((p[3] - p[5]) / 2.0, p[4]))
    major, minor = 1.0 / np.sqrt(max(mean - half, 1e-12)), 1.0 / np.sqrt(mean + half)
    along_minor = 0.5 * np.arctan2(2.0 * p[4], p[3] - p[5])
    return float(major), float(minor), half_turn(float(along_minor) + np.pi / 2)


def half_turn(angle: float) -> float:
    """Return an axis's angle in (-pi/2, pi/2]."""
    return float(np.pi / 2 - (np.pi / 2 - angle) % np.pi)
