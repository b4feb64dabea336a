"""Random series whose spectra are known."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.receiver import SAMPLE_RATE_HZ
from gnomon.instruments.comap.simulate.truth import Truth

Floats = NDArray[np.float64]
REFERENCE_HZ = 0.1


def generator(truth: Truth, what: str, *numbers: int) -> np.random.Generator:
    """Return a source of random numbers that belongs to one part of an observation."""
    seeds = (truth.seed, truth.obsid, zlib.crc32(what.encode()), *numbers)
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seeds)))


def red(random: np.random.Generator, n_samples: int, sigma_red: float, alpha: float) -> Floats:
    """Return a series with the spectrum ``sigma_red**2 * (f / 0.1 Hz)**alpha``.

    The spectrum is |FFT|^2 / N, so white noise of variance 1 has 1 everywhere. The series is a part
    of one twice as long, so its ends do not meet.
    """
    if sigma_red == 0 or n_samples == 0:
        return np.zeros(n_samples)
    length = 1 << (2 * n_samples - 1).bit_length()
    spectrum = np.fft.rfft(random.standard_normal(length))
    frequency = np.fft.rfftfreq(length, 1 / SAMPLE_RATE_HZ)
    spectrum[0] = 0
    spectrum[1:] *= sigma_red * (frequency[1:] / REFERENCE_HZ) ** (alpha / 2)
    return np.fft.irfft(spectrum, length)[:n_samples]
