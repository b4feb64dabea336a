"""Sums of harmonics, fitted exactly: the model of Lomb-Scargle at one frequency at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnomon.compiled import compiled

Floats = NDArray[np.float64]

_GOLDEN = (math.sqrt(5) - 1) / 2
_PHASES = 2000
_LEAST_WEIGHT = 1e-24


@dataclass(frozen=True, slots=True)
class Fit:
    """``mean + sum of c_k cos(2 pi k f t) + s_k sin(2 pi k f t)``, k from 1 to `terms`.

    Attributes
    ----------
    frequency : float
        Cycles per day.
    start_d : float
        The time from which t counts.
    numbers : ndarray of float64, shape (2 * terms + 1,)
        mean, c_1, s_1, c_2, ...
    power : float
        The part of the weighted variance that it explains.
    """

    frequency: float
    start_d: float
    numbers: Floats
    power: float

    def at(self, time_d: Floats) -> Floats:
        """Return the model at some times; shape as `time_d`."""
        angle = 2 * np.pi * self.frequency * (np.asarray(time_d) - self.start_d)
        value = np.full(angle.shape, self.numbers[0])
        for k in range(1, len(self.numbers) // 2 + 1):
            value += self.numbers[2 * k - 1] * np.cos(k * angle)
            value += self.numbers[2 * k] * np.sin(k * angle)
        return value

    def extremes(self) -> tuple[float, float, float, float]:
        """Return least and greatest value, and the first times of both from `start_d` on."""
        phase = np.arange(_PHASES) / _PHASES
        times = self.start_d + phase / self.frequency
        value = self.at(times)
        low, high = int(np.argmin(value)), int(np.argmax(value))
        return float(value[low]), float(value[high]), float(times[low]), float(times[high])


def weights_of(error: Floats) -> Floats:
    """Return weights that sum to 1: of equal size where any error is not known; shape (n,)."""
    if not np.all(np.isfinite(error) & (error > 0)):
        return np.full(len(error), 1 / len(error))
    weight = np.maximum((error.min() / error) ** 2, _LEAST_WEIGHT)
    return np.asarray(weight / weight.sum())


def fit(time_d: Floats, value: Floats, error: Floats, frequency: float, terms: int) -> Fit:
    """Return the weighted least-squares fit of harmonics, and a mean, at one frequency.

    Parameters
    ----------
    time_d, value, error : ndarray of float64, shape (n,)
    frequency : float
        Cycles per day.
    """
    weight, start = weights_of(error), float(time_d[0])
    mean = float(weight @ value)
    numbers = np.zeros(2 * terms + 1)
    power = power_at(time_d - start, value - mean, weight, frequency, terms, numbers)
    numbers[0] += mean
    return Fit(frequency, start, numbers, power)


@compiled
def explained(normal: Floats, right: Floats, numbers: Floats) -> float:
    """Solve normal equations in place, and return the sum of squares that the model explains.

    Cholesky's way; a number that the points do not tell from those before it is 0.

    Parameters
    ----------
    normal : ndarray of float64, shape (n, n)
        Its lower half is read, and overwritten.
    right, numbers : ndarray of float64, shape (n,)
        The model is written into `numbers`.
    """
    n = len(right)
    found = 0.0
    for a in range(n):
        for b in range(a):
            rest = normal[a, b]
            for k in range(b):
                rest -= normal[a, k] * normal[b, k]
            normal[a, b] = rest * normal[b, b]
        rest, moved = normal[a, a], right[a]
        for k in range(a):
            rest -= normal[a, k] * normal[a, k]
            moved -= normal[a, k] * numbers[k]
        # The diagonal holds inverse roots.
        normal[a, a] = 1.0 / np.sqrt(rest) if rest > 1e-7 else 0.0  # noqa: PLR2004
        numbers[a] = moved * normal[a, a]
        found += numbers[a] * numbers[a]
    for a in range(n - 1, -1, -1):
        rest = numbers[a]
        for k in range(a + 1, n):
            rest -= normal[k, a] * numbers[k]
        numbers[a] = rest * normal[a, a]
    return found


@compiled
def solved(
    sums: NDArray[np.complex128], with_value: NDArray[np.complex128], total: float
) -> Floats:
    """Return the power at every frequency, from sums over the points.

    Parameters
    ----------
    sums : ndarray of complex128, shape (2 * terms, n_frequencies)
        Of ``weight * exp(i k angle)``, k from 1 on; the weights sum to 1.
    with_value : ndarray of complex128, shape (terms, n_frequencies)
        Of ``weight * value * exp(i k angle)``; the values have a weighted mean of 0.
    total : float
        Sum of ``weight * value ** 2``.
    """
    terms, n_frequencies = with_value.shape
    n = 2 * terms + 1
    normal, right, numbers = np.zeros((n, n)), np.zeros(n), np.zeros(n)
    power = np.zeros(n_frequencies)
    for f in range(n_frequencies):
        normal[0, 0], right[0] = 1.0, 0.0
        for a in range(1, terms + 1):
            normal[2 * a - 1, 0], normal[2 * a, 0] = sums[a - 1, f].real, sums[a - 1, f].imag
            right[2 * a - 1] = with_value[a - 1, f].real
            right[2 * a] = with_value[a - 1, f].imag
            for b in range(1, a + 1):
                up, down = sums[a + b - 1, f], complex(1.0, 0.0)
                if a > b:
                    down = sums[a - b - 1, f]
                normal[2 * a - 1, 2 * b - 1] = 0.5 * (down.real + up.real)
                normal[2 * a, 2 * b] = 0.5 * (down.real - up.real)
                normal[2 * a, 2 * b - 1] = 0.5 * (up.imag + down.imag)
                if a > b:
                    normal[2 * a - 1, 2 * b] = 0.5 * (up.imag - down.imag)
        power[f] = explained(normal, right, numbers) / total
    return power


@compiled
def power_at(
    time_d: Floats, value: Floats, weight: Floats, frequency: float, terms: int, numbers: Floats
) -> float:
    """Return the power at one frequency, and its model in `numbers`, shape (2 * terms + 1,).

    Parameters
    ----------
    time_d, value, weight : ndarray of float64, shape (n,)
        The values have a weighted mean of 0, the weights sum to 1.
    """
    n = 2 * terms + 1
    normal, right, row = np.zeros((n, n)), np.zeros(n), np.ones(n)
    total = 0.0
    for i in range(len(time_d)):
        turn = frequency * time_d[i]
        angle = 2 * np.pi * (turn - np.floor(turn))
        cos, sin = np.cos(angle), np.sin(angle)
        row[1], row[2] = cos, sin
        for k in range(3, n, 2):
            row[k] = row[k - 2] * cos - row[k - 1] * sin
            row[k + 1] = row[k - 1] * cos + row[k - 2] * sin
        total += weight[i] * value[i] * value[i]
        for a in range(n):
            scaled = weight[i] * row[a]
            right[a] += scaled * value[i]
            for b in range(a + 1):
                normal[a, b] += scaled * row[b]
    return explained(normal, right, numbers) / total if total > 0 else 0.0


@compiled
def highest_near(
    time_d: Floats, value: Floats, weight: Floats, frequency: float, step: float, terms: int
) -> tuple[float, float, float]:
    """Return frequency and power of the peak near a frequency, and its second derivative there.

    Golden-section search within one step to both sides.
    """
    numbers = np.zeros(2 * terms + 1)
    low, high = frequency - step, frequency + step
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left = power_at(time_d, value, weight, left, terms, numbers)
    at_right = power_at(time_d, value, weight, right, terms, numbers)
    for _ in range(32):
        if at_left > at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = power_at(time_d, value, weight, left, terms, numbers)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = power_at(time_d, value, weight, right, terms, numbers)
    best = (low + high) / 2
    power = power_at(time_d, value, weight, best, terms, numbers)
    before = power_at(time_d, value, weight, best - step / 4, terms, numbers)
    after = power_at(time_d, value, weight, best + step / 4, terms, numbers)
    return best, power, (before - 2 * power + after) / (step / 4) ** 2
