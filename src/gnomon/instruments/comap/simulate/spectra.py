"""What differs from channel to channel: frequencies, receiver temperatures, gains, colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.receiver import (
    BAND_START_GHZ,
    BAND_WIDTH_GHZ,
    DOWNWARD_BANDS,
    SAMPLE_RATE_HZ,
)
from gnomon.instruments.comap.simulate.noise import generator
from gnomon.instruments.comap.simulate.truth import H59_ALPHA_GHZ, Truth, numbered_k

Floats = NDArray[np.float64]
PIVOT_GHZ = 30.0
N_MODES = 4
"""Independent series that the fluctuations of single channels are mixed of."""
_LIGHT_KM_S = 299_792.458
_FWHM_FACTOR = 4 * np.log(2)


def frequencies_ghz(n_channels: int) -> Floats:
    """Return the middles of all channels, in the order of the file; (band, channel)."""
    within = (np.arange(n_channels) + 0.5) * BAND_WIDTH_GHZ / n_channels
    rows = [
        start + (within[::-1] if band in DOWNWARD_BANDS else within)
        for band, start in enumerate(BAND_START_GHZ)
    ]
    return np.array(rows)


def radiometer(n_channels: int) -> float:
    """Return the relative noise of one sample of a channel: 1 / sqrt(bandwidth * time)."""
    return float((BAND_WIDTH_GHZ * 1e9 / n_channels / SAMPLE_RATE_HZ) ** -0.5)


@dataclass(frozen=True)
class Spectra:
    """One feed and band; arrays are (channel,).

    Attributes
    ----------
    receiver_k : array
    counts_per_k : array
    source_k, diffuse, line_k : array
        Peak of the point source, colour of the diffuse sky (1 at 30 GHz), and the line.
    modes : (channel, N_MODES) array
        Relative fluctuations of channels, for series of variance 1 at 0.1 Hz.
    """

    receiver_k: Floats
    counts_per_k: Floats
    source_k: Floats
    diffuse: Floats
    line_k: Floats
    modes: Floats


def spectra(truth: Truth, feed: int, band: int) -> Spectra:
    """Return the truth of a feed and band along its channels."""
    frequency = frequencies_ghz(truth.n_channels)[band]
    random = generator(truth, "spectra", feed, band)
    source = truth.source
    shift = H59_ALPHA_GHZ * (1 - source.line_velocity_km_s / _LIGHT_KM_S)
    width = H59_ALPHA_GHZ * source.line_width_km_s / _LIGHT_KM_S
    return Spectra(
        _receiver_k(truth, feed, band, random),
        _counts_per_k(truth, feed, band, random),
        source.amplitude_k * (frequency / PIVOT_GHZ) ** source.index,
        (frequency / PIVOT_GHZ) ** source.diffuse_index,
        source.line_k * np.exp(-_FWHM_FACTOR * ((frequency - shift) / width) ** 2),
        random.standard_normal((truth.n_channels, N_MODES)) / N_MODES**0.5,
    )


def _receiver_k(truth: Truth, feed: int, band: int, random: np.random.Generator) -> Floats:
    has = truth.receiver
    if has.is_numbered:
        return np.full(truth.n_channels, numbered_k(feed, band))
    along = np.linspace(0, 2 * np.pi, truth.n_channels)
    turns, phases = random.uniform(1, 8, 3), random.uniform(0, 2 * np.pi, 3)
    ripple = np.sin(along[:, None] * turns + phases).sum(axis=1)
    level = has.temperature_k * random.uniform(0.9, 1.1)
    values = level * (1 + has.ripple * ripple / np.abs(ripple).max())
    n_spiked = max(1, round(has.spiked * truth.n_channels)) if has.spiked else 0
    inner = np.arange(truth.n_channels // 10, truth.n_channels - truth.n_channels // 10)
    values[random.choice(inner, n_spiked, replace=False)] *= random.uniform(1.5, 4, n_spiked)
    return np.asarray(values)


def _counts_per_k(truth: Truth, feed: int, band: int, random: np.random.Generator) -> Floats:
    has, n_channels = truth.receiver, truth.n_channels
    if has.is_numbered:
        return 1000.0 * feed + 100.0 * band + np.arange(n_channels) / n_channels
    edge = np.minimum(np.arange(n_channels) + 0.5, n_channels - np.arange(n_channels) - 0.5)
    shape = 1 - 0.7 * np.exp(-edge / (0.02 * n_channels))
    rough = 1 + 0.05 * random.standard_normal(n_channels)
    return np.asarray(has.counts_per_k * random.uniform(0.7, 1.3) * shape * rough)
