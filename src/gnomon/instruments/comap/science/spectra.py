"""Power spectra of streams, and streams made whole for them.

Power is ``|FFT(x)|² / n``, so white noise of standard deviation s has the power s² at every
frequency. A taper at both ends keeps the steep noise of low frequencies from leaking upwards; what
it takes of the power is given back, and the information that it takes is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.compiled import compiled
from gnomon.instruments.comap.receiver import SAMPLE_RATE_HZ

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

N_BINS = 100
TAPER = 0.5
_LEAST_SAMPLES = 4
_PIER = 60
"""Samples at each side of a gap on whose mean a bridge rests: 1.2 s."""


@dataclass(frozen=True)
class Spectrum:
    """A power spectrum in bins of about equal width in log frequency.

    Attributes
    ----------
    frequency_hz : (bin,) float64
        Geometric middle.
    power : (bin,) float64
        Mean, in the stream's unit squared.
    n_modes : (bin,) float64
        Independent frequencies of a bin: its power is spread as a gamma distribution of this shape.
    """

    frequency_hz: Floats
    power: Floats
    n_modes: Floats


def spectrum_of(
    values: Floats,
    *,
    low_hz: float = 0.0,
    n_bins: int = N_BINS,
    rate_hz: float = SAMPLE_RATE_HZ,
    taper: float = TAPER,
) -> Spectrum:
    """Return the spectrum of a stream.

    Parameters
    ----------
    values : (time,) float64
        Finite. Up to 2 % of them, at the end, are left out where their number is slow to transform.
    low_hz : float
        Frequencies below count not; zero and Nyquist's never do.
    taper : float
        Share of the stream, both ends together, that a cosine brings to zero.

    Returns
    -------
    Spectrum
        Without bins if the stream is too short.
    """
    from scipy import fft  # noqa: PLC0415 - takes long to load

    none = Spectrum(np.zeros(0), np.zeros(0), np.zeros(0))
    if len(values) < _LEAST_SAMPLES:
        return none
    n = int(fft.prev_fast_len(len(values), real=True))
    window = _taper(n, taper)
    squared = window * window
    total = float(squared.sum())
    tapered = values[:n] - np.sum(window * values[:n]) / window.sum()
    tapered *= window
    changes: Any = fft.rfft(tapered)
    first, behind = max(1, int(np.ceil(low_hz * n / rate_hz))), (n + 1) // 2
    if behind - first < 1:
        return none
    power = changes.real[first:behind] ** 2 + changes.imag[first:behind] ** 2
    edges = np.unique(np.round(np.geomspace(first, behind, n_bins + 1)).astype(np.int64))
    count = np.diff(edges)
    means = np.add.reduceat(power, edges[:-1] - first) / (count * total)
    middle_hz = np.sqrt(edges[:-1] * (edges[1:] - 1.0)) * rate_hz / n
    return Spectrum(middle_hz, means, count * (total**2 / (n * np.sum(squared * squared))))


def pair_rms(values: Floats, good: Truths) -> float:
    """Return the white noise that differences of neighbours show; NaN of fewer than two pairs.

    Parameters
    ----------
    values : (time,) float64
    good : (time,) bool
        A pair counts if both are.
    """
    even = len(values) // 2 * 2
    pairs, both = values[:even].reshape(-1, 2), good[:even].reshape(-1, 2).all(axis=1)
    differences = pairs[both, 0] - pairs[both, 1]
    return float(np.std(differences, ddof=1)) / np.sqrt(2) if len(differences) > 1 else np.nan


def filled(
    values: Floats, good: Truths, power: Callable[[Floats], Floats], seed: Sequence[int]
) -> Floats:
    """Return a stream whose bad samples are a bridge over them with noise on it.

    A bridge is a line between the means of good samples at both sides. The noise on it is what
    simulated noise of that power has above its own bridge over the same samples.

    Parameters
    ----------
    values : (time,) float64
    good : (time,) bool
        One at least is.
    power : function
        Of the noise, in the unit squared, at frequencies in Hz above 0.
    seed : sequence of int
        The same seed gives the same noise.
    """
    if good.all():
        return values
    noise = _simulated(len(values), power, seed)
    bridged = np.where(good, values - noise, 0.0)
    _bridge(bridged, good, _PIER)
    return np.where(good, values, bridged + noise)


@compiled
def _bridge(values: Floats, good: Truths, pier: int) -> None:
    """Put straight lines over runs of bad samples, between means of good ones at both sides."""
    n, first = len(values), 0
    while first < n:
        if good[first]:
            first += 1
            continue
        behind = first
        while behind < n and not good[behind]:
            behind += 1
        from_at, from_value = _pier(values, good, first - 1, -1, pier)
        to_at, to_value = _pier(values, good, behind, 1, pier)
        if from_at < 0:
            from_at, from_value = to_at - 1, to_value
        if to_at < 0:
            to_at, to_value = from_at + 1, from_value
        slope = (to_value - from_value) / (to_at - from_at)
        for k in range(first, behind):
            values[k] = from_value + slope * (k - from_at)
        first = behind


@compiled
def _pier(values: Floats, good: Truths, start: int, step: int, most: int) -> tuple[float, float]:
    """Return the middle place and the mean of the good samples next to a gap; -1: there is none."""
    place, total, n, k = 0.0, 0.0, 0, start
    while 0 <= k < len(values) and n < most:
        if good[k]:
            place += k
            total += values[k]
            n += 1
        elif n > 0 and abs(k - start) > most:
            break
        k += step
    return (place / n, total / n) if n else (-1.0, 0.0)


def _simulated(n: int, power: Callable[[Floats], Floats], seed: Sequence[int]) -> Floats:
    """Return noise, (n,) float64, of mean 0."""
    from scipy import fft  # noqa: PLC0415

    long = fft.next_fast_len(n, real=True)
    parts = np.random.default_rng(seed).normal(size=(2, long // 2 + 1))
    wanted = power(fft.rfftfreq(long, 1 / SAMPLE_RATE_HZ)[1:])
    parts[:, 1:] *= np.sqrt(wanted * (long / 2))
    parts[:, 0] = 0.0
    made: Floats = fft.irfft(parts[0] + 1j * parts[1], long)[:n]
    return made


def _taper(n: int, share: float) -> Floats:
    """Return Tukey's window (tapered cosine): 1 in the middle."""
    window = np.ones(n)
    width = min(int(share * n / 2), n // 2)
    if width:
        rise = np.sin(np.pi / 2 * (np.arange(width) + 0.5) / width) ** 2
        window[:width], window[n - width :] = rise, rise[::-1]
    return window
