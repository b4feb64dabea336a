"""Sums over the samples of crossings that the fit of a Gaussian is made of: see `gaussian`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gnomon.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

N_PARAMETERS = 6
"""Amplitude, x and y of the centre, a, b, c."""
_FAR = 80.0  # in q: exp(-40) is nothing


@compiled
def _derivatives(dx: float, dy: float, p: Floats, into: Floats) -> float:
    """Write the derivatives of one sample, return the model."""
    along, up = p[3] * dx + p[4] * dy, p[4] * dx + p[5] * dy
    q = along * dx + up * dy
    if q > _FAR:
        into[:] = 0.0
        return 0.0
    into[0] = np.exp(-0.5 * q)
    model = p[0] * into[0]
    into[1], into[2] = model * along, model * up
    into[3], into[4], into[5] = -0.5 * model * dx * dx, -model * dx * dy, -0.5 * model * dy * dy
    return float(model)


@compiled
def _clock(time: Floats, start: int, stop: int) -> tuple[float, float]:
    """Return the mean of a crossing's times, and one over their norm."""
    mean = 0.0
    for i in range(start, stop):
        mean += time[i]
    mean /= stop - start
    square = 0.0
    for i in range(start, stop):
        square += (time[i] - mean) ** 2
    return mean, 1.0 / np.sqrt(square) if square > 0.0 else 0.0


@compiled
def sums(
    x: Floats,
    y: Floats,
    time: Floats,
    values: Floats,
    starts: Ints,
    p: Floats,
    matrix: Floats,
    vector: Floats,
) -> float:
    """Write J'J and J'r, return r'r: those of the samples without levels and slopes."""
    one = np.empty(N_PARAMETERS + 1)
    whole = np.zeros((N_PARAMETERS + 1, N_PARAMETERS + 1))
    for crossing in range(len(starts) - 1):
        start, stop = starts[crossing], starts[crossing + 1]
        mean, norm = _clock(time, start, stop)
        level, slope = np.zeros(N_PARAMETERS + 1), np.zeros(N_PARAMETERS + 1)
        for i in range(start, stop):
            model = _derivatives(x[i] - p[1], y[i] - p[2], p, one)
            one[N_PARAMETERS] = values[i] - model
            at = (time[i] - mean) * norm
            for j in range(N_PARAMETERS + 1):
                level[j] += one[j]
                slope[j] += one[j] * at
                for k in range(j + 1):
                    whole[j, k] += one[j] * one[k]
        for j in range(N_PARAMETERS + 1):
            for k in range(j + 1):
                whole[j, k] -= level[j] * level[k] / (stop - start) + slope[j] * slope[k]
    for j in range(N_PARAMETERS):
        vector[j] = whole[N_PARAMETERS, j]
        for k in range(j + 1):
            matrix[j, k] = matrix[k, j] = whole[j, k]
    return float(whole[N_PARAMETERS, N_PARAMETERS])


@compiled
def residuals(
    x: Floats,
    y: Floats,
    time: Floats,
    values: Floats,
    starts: Ints,
    p: Floats,
    slopes: Floats,
    rest: Floats,
) -> None:
    """Write the derivatives and the residuals, without levels and slopes of crossings."""
    for i in range(len(values)):
        rest[i] = values[i] - _derivatives(x[i] - p[1], y[i] - p[2], p, slopes[i])
    for crossing in range(len(starts) - 1):
        start, stop = starts[crossing], starts[crossing + 1]
        mean, norm = _clock(time, start, stop)
        _flatten(rest[start:stop], time[start:stop], mean, norm)
        for j in range(N_PARAMETERS):
            _flatten(slopes[start:stop, j], time[start:stop], mean, norm)


@compiled
def _flatten(values: Floats, time: Floats, mean: float, norm: float) -> None:
    level, slope = 0.0, 0.0
    for i in range(len(values)):
        level += values[i]
        slope += values[i] * (time[i] - mean) * norm
    level /= len(values)
    for i in range(len(values)):
        values[i] -= level + slope * (time[i] - mean) * norm


@compiled
def products(rest: Floats, starts: Ints, lags: int) -> tuple[Floats, Floats]:
    """Return the sums of products of residuals of a crossing at each lag, and how many they are."""
    found, pairs = np.zeros(lags), np.zeros(lags)
    for crossing in range(len(starts) - 1):
        start, stop = starts[crossing], starts[crossing + 1]
        for lag in range(min(lags, stop - start)):
            total = 0.0
            for i in range(start, stop - lag):
                total += rest[i] * rest[i + lag]
            found[lag] += total
            pairs[lag] += stop - start - lag
    return found, pairs


@compiled
def expected(time: Floats, starts: Ints, noise: Floats) -> Floats:
    """Return what `products` gives on average for noise that covaries so, levels and slopes gone.

    With E the (orthonormal) level and slope of a crossing and B the noise's covariance, it is the
    sums along the diagonals of (1 - EE') B (1 - EE').
    """
    found = np.zeros(len(noise))
    for crossing in range(len(starts) - 1):
        start, n = starts[crossing], starts[crossing + 1] - starts[crossing]
        mean, norm = _clock(time, start, start + n)
        basis = np.empty((2, n))
        for i in range(n):
            basis[0, i], basis[1, i] = 1.0 / np.sqrt(n), (time[start + i] - mean) * norm
        seen, both = _smeared(basis, noise)
        for lag in range(min(len(noise), n)):
            found[lag] += (n - lag) * noise[lag]
            for i in range(n - lag):
                for j in range(2):
                    found[lag] -= basis[j, i] * seen[j, i + lag] + seen[j, i] * basis[j, i + lag]
                    for k in range(2):
                        found[lag] += basis[j, i] * both[j, k] * basis[k, i + lag]
    return found


@compiled
def _smeared(basis: Floats, noise: Floats) -> tuple[Floats, Floats]:
    """Return E'B, (2, n), and E'B E, (2, 2)."""
    n = basis.shape[1]
    seen, both = np.zeros((2, n)), np.zeros((2, 2))
    for i in range(n):
        for j in range(max(0, i - len(noise) + 1), min(n, i + len(noise))):
            seen[0, i] += noise[abs(i - j)] * basis[0, j]
            seen[1, i] += noise[abs(i - j)] * basis[1, j]
        for j in range(2):
            both[j, 0] += basis[j, i] * seen[0, i]
            both[j, 1] += basis[j, i] * seen[1, i]
    return seen, both


@compiled
def weighted(slopes: Floats, starts: Ints, noise: Floats) -> Floats:
    """Return J'C J, where C falls with the distance in samples as `noise` says."""
    made = np.zeros((N_PARAMETERS, N_PARAMETERS))
    column = np.empty(N_PARAMETERS)
    for crossing in range(len(starts) - 1):
        start, stop = starts[crossing], starts[crossing + 1]
        if np.abs(slopes[start:stop]).max() == 0.0:
            continue
        for i in range(start, stop):
            column[:] = 0.0
            for other in range(max(start, i - len(noise) + 1), min(stop, i + len(noise))):
                weight = noise[abs(other - i)]
                for j in range(N_PARAMETERS):
                    column[j] += weight * slopes[other, j]
            for j in range(N_PARAMETERS):
                for k in range(N_PARAMETERS):
                    made[j, k] += slopes[i, j] * column[k]
    return made
