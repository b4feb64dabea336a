"""What a perfect reduction of a simulated observation would find."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.receiver import (
    CMB_K,
    GROUND_FEED,
    N_BANDS,
    N_CHANNELS,
    N_FEEDS,
    N_HALVES,
    SAMPLE_RATE_HZ,
    row_of,
)
from gnomon.instruments.comap.simulate.sky import load_k, opacity, pointing
from gnomon.instruments.comap.simulate.spectra import Spectra, radiometer, spectra
from gnomon.instruments.comap.simulate.timeline import Segment, Timeline
from gnomon.instruments.comap.simulate.truth import Truth

Floats = NDArray[np.float64]
_END_CUT = 50


@dataclass(frozen=True)
class Expected:
    """Arrays as in a Level-2 file (see `level2.layout`); NaN for feeds that the file lacks.

    Attributes
    ----------
    vane_mjd : (event,) array
    tsys_k, gain : (event, feed, band, channel) arrays
        As a vane measures them: with the air in the system temperature, and its absorption in the
        gain, counts/K; without fluctuations of the gain.
    scan_edges : (scan, 2) int array
        Whole scans, nothing trimmed: the first sample and the one after the last.
    tau_k : (feed, band) array
        Temperature times opacity at the zenith, as the change with airmass shows it after a vane's
        calibration: within 2 % of the truth's, which lies between the two.
    amplitude_k : (feed, band, half) array
        Of the source, calibrated by the vane, channels weighted as binning does.
    sigma_white_k, sigma_red_k : (feed, band, half) arrays
        Of a binned stream before any filter of the gain.
    alpha : float
    """

    vane_mjd: Floats
    tsys_k: Floats
    gain: Floats
    scan_edges: NDArray[np.int64]
    tau_k: Floats
    amplitude_k: Floats
    sigma_white_k: Floats
    sigma_red_k: Floats
    alpha: float


def expected(truth: Truth) -> Expected:
    """Return what a perfect reduction finds."""
    timeline = Timeline(truth)
    events = timeline.of("vane")
    per_channel = (len(events), N_FEEDS, N_BANDS, truth.n_channels)
    tsys, gain = np.full(per_channel, np.nan), np.full(per_channel, np.nan)
    tau = np.full((N_FEEDS, N_BANDS), np.nan)
    amplitude, white, red = (np.full((N_FEEDS, N_BANDS, N_HALVES), np.nan) for _ in range(3))
    for feed in truth.feeds:
        if feed == GROUND_FEED:
            continue
        row, airmass = row_of(feed), 1 / np.sin(np.radians(pointing(timeline, feed).el))
        for band in range(N_BANDS):
            of = spectra(truth, feed, band)
            air, left = load_k(truth, timeline, airmass, band, feed)
            for n, event in enumerate(events):
                tsys[n, row, band], gain[n, row, band] = _vane(truth, of, air, event)
            tau[row, band] = _tau_k(truth, timeline, air, left, band)
            found = _binned(truth, timeline, of, air, left)
            amplitude[row, band], white[row, band], red[row, band] = found
    return Expected(
        np.array([_middle_mjd(timeline, event) for event in events]),
        tsys,
        gain,
        np.array([(s.first, s.last) for s in timeline.of("scan")], np.int64).reshape(-1, 2),
        tau,
        amplitude,
        white,
        red,
        truth.receiver.gain_alpha,
    )


def _middle_mjd(timeline: Timeline, event: Segment) -> float:
    return float(timeline.mjd[0]) + (event.first + event.last - 1) / 2 / SAMPLE_RATE_HZ / 86400


def _vane(truth: Truth, of: Spectra, air: Floats, event: Segment) -> tuple[Floats, Floats]:
    """Return what the two loads give: (Vh - Vc) / (Th - Tc) and (Th - Y Tc) / (Y - 1)."""
    hot_k = truth.vane.temperature_k
    drift = truth.receiver.gain_drift_per_h / 3600 / SAMPLE_RATE_HZ
    counts = of.counts_per_k * (1 + drift * (event.first + event.last) / 2)
    cold = counts * (of.receiver_k + air[event.first])
    hot = counts * (of.receiver_k + hot_k)
    ratio = hot / cold
    return (hot_k - ratio * CMB_K) / (ratio - 1), (hot - cold) / (hot_k - CMB_K)


def _tau_k(truth: Truth, timeline: Timeline, air: Floats, left: Floats, band: int) -> float:
    """Return how the calibrated temperature changes with airmass, in the first scan."""
    during = _during(timeline)
    at_zenith = opacity(truth, timeline, band)[during] * left[during]
    per_airmass = (truth.air.temperature_k - CMB_K) * float(at_zenith.mean())
    return per_airmass / calibration(truth, float(air[0]))


def _during(timeline: Timeline) -> slice:
    scans = timeline.of("scan")
    return scans[0].samples if scans else slice(None)


def calibration(truth: Truth, air_k: float) -> float:
    """Return by how much a vane's gain is below the true one: the air's emission behind it."""
    hot_k = truth.vane.temperature_k
    return (hot_k - air_k) / (hot_k - CMB_K)


def _binned(
    truth: Truth, timeline: Timeline, of: Spectra, air: Floats, left: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return amplitude, white and red noise of the two halves of a band."""
    during = _during(timeline)
    behind = calibration(truth, float(air[0]))
    total_k = (of.receiver_k + air[during].mean()) / behind
    sigma_k = total_k * radiometer(truth.n_channels) * max(truth.receiver.noise, 1e-12)
    cut = -(-_END_CUT * truth.n_channels // N_CHANNELS)
    weight = sigma_k**-2
    weight[:cut] = weight[truth.n_channels - cut :] = 0
    halves = weight.reshape(N_HALVES, -1)
    norm = halves.sum(axis=1)
    source_k = of.source_k * left[during].mean() / behind
    mean = [
        (values.reshape(N_HALVES, -1) * halves).sum(axis=1) / norm for values in (source_k, total_k)
    ]
    return mean[0], norm**-0.5, mean[1] * truth.receiver.gain_sigma_red
