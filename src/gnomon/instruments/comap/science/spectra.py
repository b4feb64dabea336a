"""Power spectra of streams, and streams made whole for them.

Power is ``|FFT(x)|² / n``, so white noise of standard deviation s has the power s² at every
frequency. A taper at both ends keeps the steep noise of low frequencies from leaking upwards; what
it takes of the power is given back, and the information that it takes is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.receiver import SAMPLE_RATE_HZ
from gnomon.instruments.comap.science.running_median import running_median

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

N_BINS = 100
TAPER = 0.2
_SMOOTHED = 101
"""Samples of the running median across which gaps are bridged."""


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

    n = int(fft.prev_fast_len(max(1, len(values)), real=True))
    window = _taper(n, taper)
    squared = window * window
    total = float(squared.sum())
    tapered = values[:n] - np.sum(window * values[:n]) / window.sum()
    tapered *= window
    changes: Any = fft.rfft(tapered)
    first, behind = max(1, int(np.ceil(low_hz * n / rate_hz))), (n + 1) // 2
    if behind - first < 1:
        return Spectrum(np.zeros(0), np.zeros(0), np.zeros(0))
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


def filled(values: Floats, good: Truths, white: float, seed: Sequence[int]) -> Floats:
    """Return a stream whose bad samples are a bridge over them with white noise on it.

    Parameters
    ----------
    values : (time,) float64
    good : (time,) bool
        One at least is.
    white : float
        Standard deviation of the noise.
    seed : sequence of int
        The same seed gives the same noise.
    """
    if good.all():
        return values
    bridge = running_median(values, good, _SMOOTHED)
    noise = np.random.default_rng(seed).normal(scale=white, size=len(values))
    return np.where(good, values, bridge + noise)


def _taper(n: int, share: float) -> Floats:
    """Return Tukey's window (tapered cosine): 1 in the middle."""
    window = np.ones(n)
    width = min(int(share * n / 2), n // 2)
    if width:
        rise = np.sin(np.pi / 2 * (np.arange(width) + 0.5) / width) ** 2
        window[:width], window[n - width :] = rise, rise[::-1]
    return window
