"""What a gain filter does to sky and noise, measured: a source is injected into made-up spectra.

The spectra have a known system temperature and gain, so both the bias of a filter and what it
gains are figures, not opinions; the benchmark ``comap_gain`` prints them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.fft import idct

from gnomon.instruments.comap.receiver import (
    BEAM_FWHM_ARCMIN,
    N_BANDS,
    SAMPLE_RATE_HZ,
)
from gnomon.instruments.comap.science.binning import (
    half_weights,
    used_channels,
    without_centre,
)
from gnomon.instruments.comap.science.gain.filters import Method
from gnomon.instruments.comap.science.gain.reduction import (
    SKY_ORDER,
    BandSums,
    Calibration,
    Channels,
    band_sums,
    red_power,
    reduced,
)
from gnomon.instruments.comap.science.gain.spectrum import GainSpectrum, cosine_frequencies
from gnomon.instruments.comap.simulate.spectra import PIVOT_GHZ, frequencies_ghz, radiometer

Floats = NDArray[np.float64]
Structure = Literal["weak", "strong", "smooth", "flat"]

_LEVEL_K = 45.0
_STRUCTURES: dict[Structure, tuple[float, float, float, float]] = {
    "weak": (0.12, 1.7, 0.006, 3.0),
    "strong": (0.30, 1.7, 0.030, 6.0),
    "smooth": (0.12, 12.0, 0.006, 3.0),
    "flat": (0.0, 1.0, 0.0, 1.0),
}
"""Ripple, its period in GHz, part of channels with spikes, and the highest of these in levels."""
USUAL_GAIN = GainSpectrum(1e-3, -1.4, 0.0)
"""Near to what the production database has: 45 mK at 0.1 Hz."""
_SWEEP_DEG, _SWEEP_S, _DRIFT_DEG = 0.75, 12.0, 0.15


def system_temperature(structure: Structure, n_channels: int, seed: int = 0) -> Floats:
    """Return a system temperature with known structure, (band, channel), K."""
    ripple, period_ghz, spiked, height = _STRUCTURES[structure]
    draw = np.random.default_rng(seed)
    phase = draw.uniform(0, 2 * np.pi)
    waves = 1 + ripple * np.sin(2 * np.pi * frequencies_ghz(n_channels) / period_ghz + phase)
    spikes = draw.random(waves.shape) < spiked
    return _LEVEL_K * waves * np.where(spikes, draw.uniform(1.5, 1 + height, waves.shape), 1.0)


def crossings(n_samples: int) -> Floats:
    """Return what a point source of 1 K gives in sweeps across it that drift by, (time,)."""
    time_s = np.arange(n_samples) / SAMPLE_RATE_HZ
    along = _SWEEP_DEG * np.sin(2 * np.pi * time_s / _SWEEP_S)
    across = _DRIFT_DEG * np.linspace(-1, 1, n_samples)
    fwhm_deg = BEAM_FWHM_ARCMIN / 60
    seen: Floats = np.exp(-4 * np.log(2) * (along**2 + across**2) / fwhm_deg**2)
    return seen


@dataclass(frozen=True)
class Problem:
    """One feed, one scan.

    Attributes
    ----------
    tsys_k : (band, channel) float64
        The level; its noise follows from the radiometer equation.
    n_samples : int
    gain : GainSpectrum
        Of the relative gain, common to all channels.
    source_k : float
        Amplitude of the injected source at 30 GHz.
    slope : float
        Of its spectrum: ``(nu / 30 GHz)^slope``.
    seed : int
    """

    tsys_k: Floats
    n_samples: int = 15_000
    gain: GainSpectrum = USUAL_GAIN
    source_k: float = 1.0
    slope: float = -0.3
    seed: int = 0


@dataclass(frozen=True)
class Response:
    """What a filter did.

    Attributes
    ----------
    amplitude : (band, half) float64
        Of the source after the filter, over that before it: 1 is right.
    white_before, white_after, red_before, red_after : float
        K a sample; the median over bands and halves. Red: at 0.1 Hz.
    sigma_gain : float
        What the filter says of its own noise, relative, a sample.
    """

    amplitude: Floats
    white_before: float
    white_after: float
    red_before: float
    red_after: float
    sigma_gain: float


def measured(
    problem: Problem,
    method: Method | None,
    *,
    profile: Floats | None = None,
    order: int = SKY_ORDER,
) -> Response:
    """Inject a source into one problem, filter with and without it, and compare.

    Parameters
    ----------
    problem : Problem
    method : str, optional
    profile : (time,) float64, optional
        What a source of 1 K gives; default: `crossings`.
    order : int
        Of the sky's spectrum in the filter.
    """
    seen = crossings(problem.n_samples) if profile is None else profile
    moving = seen - seen.mean()
    scans = np.array([[0, problem.n_samples]])
    without, with_source = (
        reduced(sums, scans, method) for sums in _both(problem, moving, scans, order)
    )

    def found(stream: str) -> Floats:
        change: Floats = (getattr(with_source, stream) - getattr(without, stream)) @ moving
        return change

    return Response(
        found("filtered") / found("raw"),
        *(_white(without.raw), _white(without.filtered)),
        *(_red(without.raw), _red(without.filtered)),
        float(np.nanmedian(without.sigma_gain)) if method else np.nan,
    )


def sums_of(problem: Problem) -> dict[int, BandSums]:
    """Return the sums of all bands of a problem with its source."""
    scans = np.array([[0, problem.n_samples]])
    return _both(problem, crossings(problem.n_samples), scans, SKY_ORDER)[1]


def gain_series(problem: Problem) -> Floats:
    """Return the gain of a problem, (time,)."""
    draw = np.random.default_rng([problem.seed, N_BANDS])
    frequency_hz = cosine_frequencies(problem.n_samples, SAMPLE_RATE_HZ)
    power = np.zeros(problem.n_samples)
    power[1:] = problem.gain.red(frequency_hz[1:])
    gain: Floats = idct(draw.standard_normal(problem.n_samples) * np.sqrt(power), norm="ortho")
    return gain


def _both(
    problem: Problem, profile: Floats, scans: NDArray[np.int64], order: int
) -> tuple[dict[int, BandSums], dict[int, BandSums]]:
    """Return the sums of all bands, without and with the source."""
    gain = gain_series(problem)
    without, with_source = {}, {}
    for band in range(N_BANDS):
        spectra = _spectra(problem, band, gain)
        source = _source(problem, band)[:, np.newaxis] * profile.astype(np.float32)
        without[band] = _sums(spectra.copy(), problem, band, scans, order)
        with_source[band] = _sums(spectra + source, problem, band, scans, order)
    return without, with_source


def _spectra(problem: Problem, band: int, gain: Floats) -> NDArray[np.float32]:
    draw = np.random.default_rng([problem.seed, band])
    level = problem.tsys_k[band].astype(np.float32)[:, np.newaxis]
    shape = (len(level), problem.n_samples)
    noise = draw.standard_normal(shape, np.float32) * np.float32(radiometer(len(level)))
    noise += (1 + gain).astype(np.float32)
    noise *= level
    return noise


def _source(problem: Problem, band: int) -> NDArray[np.float32]:
    frequency_ghz = frequencies_ghz(problem.tsys_k.shape[1])[band]
    spectrum = problem.source_k * (frequency_ghz / PIVOT_GHZ) ** problem.slope
    return np.asarray(spectrum, np.float32)


def _sums(
    tod: NDArray[np.float32], problem: Problem, band: int, scans: NDArray[np.int64], order: int
) -> BandSums:
    tsys, n_samples = problem.tsys_k[band], problem.n_samples
    used = used_channels(tsys)
    rms_k = tsys * radiometer(len(tsys))
    level = np.tile(tsys.astype(np.float32), (len(scans), 1))
    calibration = Calibration(
        *(np.ones((1, len(tsys)), np.float32), np.ones((1, n_samples), np.float32)),
        *(level, np.zeros_like(level), np.ones(n_samples, np.float32)),
    )
    weights = half_weights(rms_k, np.ones(len(tsys)), used)
    channels = Channels(frequencies_ghz(len(tsys))[band], without_centre(used), rms_k, weights)
    return band_sums(tod, scans, calibration, channels, order)


def _white(stream: Floats) -> float:
    steps = np.diff(stream, axis=-1)[..., ::2]
    return float(np.nanmedian(steps.std(axis=-1)) / np.sqrt(2))


def _red(stream: Floats) -> float:
    return float(np.sqrt(np.nanmedian(red_power(stream))))
