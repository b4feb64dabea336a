"""One feed: from the spectra of its bands to binned streams, before and after the gain filter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.receiver import N_BANDS, N_HALVES, SAMPLE_RATE_HZ
from gnomon.instruments.comap.science.binning import calibrate_and_sum, mean_of_left, outside
from gnomon.instruments.comap.science.gain.filters import Gain, Method, Sums, gain_of
from gnomon.instruments.comap.science.gain.spectrum import cosine_frequencies, cosine_power
from gnomon.instruments.comap.science.gain.templates import Columns, sky_spectra
from gnomon.instruments.comap.science.medians import known_mean

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Scans = NDArray[np.int64]

SKY_ORDER = 3
RED_HZ = (0.05, 0.2)
"""Where the red noise is compared, before and after."""
_LEAST_COEFFICIENTS = 4
_BRIGHT = 9.0
"""Times the median deviation: six standard deviations."""


@dataclass(frozen=True)
class Calibration:
    """What turns the counts of a slab into kelvin above the atmosphere.

    Attributes
    ----------
    gain : (event, channel) float32
        Counts per kelvin at the vane events.
    share : (event, time) float32
        How much each event counts at each sample; sums to 1.
    offset_k, temperature_k : (scan, channel) float32
        The atmosphere is ``offset + temperature * airmass``.
    airmass : (time,) float32
    """

    gain: Singles
    share: Singles
    offset_k: Singles
    temperature_k: Singles
    airmass: Singles


@dataclass(frozen=True)
class Channels:
    """What is known of the channels of one feed and band.

    Attributes
    ----------
    frequency_ghz : (channel,) float64
    telling : (channel,) bool
        Those that the gain is told from.
    rms_k : (channel,) float64
        White noise, K, a sample.
    weights : (half, channel) float64
        Of `binning.half_weights`.
    """

    frequency_ghz: Floats
    telling: NDArray[np.bool_]
    rms_k: Floats
    weights: Floats


@dataclass(frozen=True)
class BandSums:
    """All that is needed of the spectra of one band; 0 outside scans.

    Attributes
    ----------
    binned, level_k : (half, time) float64
        K above the atmosphere, and the level that the gain multiplies.
    right : (k + 1, time) float64
    lost : (pair, time) float32
    normal : (scan, k + 1, k + 1) float64
        See `filters.Sums`.
    """

    binned: Floats
    level_k: Floats
    right: Floats
    lost: Singles
    normal: Floats

    def of_scan(self, scan: int, first: int, last: int) -> Sums:
        """Return what the gain of one scan is told from."""
        lost = self.lost[:, first:last].astype(np.float64)
        return Sums(self.normal[scan], self.right[:, first:last], lost)


@dataclass(frozen=True)
class FeedStreams:
    """The streams of one feed, and what the filter did; NaN for bands that it has not.

    Attributes
    ----------
    raw, filtered : (band, half, time) float64
        K.
    continuum_transfer : (band, half) float64
        What is left of a flat continuum where the gain is taken away in full.
    suppression : (band, half, scan) float64
        Power around 0.1 Hz before over after; bright sources are left out, a faint sky is not.
    sigma_gain, sigma_red, alpha : (band, scan) float64
        See `filters.Gain`.
    """

    raw: Floats
    filtered: Floats
    continuum_transfer: Floats
    suppression: Floats
    sigma_gain: Floats
    sigma_red: Floats
    alpha: Floats

    @classmethod
    def empty(cls, n_samples: int, n_scans: int) -> FeedStreams:
        """Return streams of which nothing is known."""
        halves = (N_BANDS, N_HALVES)
        shapes = (
            *((*halves, n_samples), (*halves, n_samples), halves, (*halves, n_scans)),
            *[(N_BANDS, n_scans)] * 3,
        )
        return cls(*(np.full(shape, np.nan) for shape in shapes))


def band_sums(
    tod: Singles, scans: Scans, calibration: Calibration, channels: Channels, order: int
) -> BandSums:
    """Calibrate a slab in place, and add up what is needed of it; see `BandSums`.

    Parameters
    ----------
    tod : (channel, time) float32
        Counts; kelvin above the atmosphere afterwards, and 0 outside scans.
    scans : (scan, 2) int64
    calibration : Calibration
    channels : Channels
    order : int
        Of the sky's spectrum.
    """
    n_columns, n_samples = order + 2, tod.shape[1]
    made = BandSums(
        np.zeros((N_HALVES, n_samples)),
        np.zeros((N_HALVES, n_samples)),
        np.zeros((n_columns, n_samples)),
        np.zeros((n_columns * (n_columns + 1) // 2, n_samples), np.float32),
        np.zeros((len(scans), n_columns, n_columns)),
    )
    sky = sky_spectra(channels.frequency_ghz, order)
    for first, last in outside(scans, n_samples):
        tod[:, first:last] = 0
    for nth, (first, last) in enumerate(scans):
        _scan_sums(tod, (nth, slice(first, last)), calibration, channels, sky, made)
    return made


def _scan_sums(
    tod: Singles,
    scan: tuple[int, slice],
    calibration: Calibration,
    channels: Channels,
    sky: Floats,
    into: BandSums,
) -> None:
    nth, span = scan
    offset, warm = calibration.offset_k[nth], calibration.temperature_k[nth]
    air = calibration.airmass[span]
    level = (offset + warm * np.mean(air)).astype(np.float64)
    columns = Columns.of(level, channels.rms_k, sky, channels.telling)
    level = np.where(level > 0, level, 0)
    halves, absent = _normalised(np.where(level > 0, channels.weights, 0))
    rows = np.vstack([halves, columns.rows])
    terms = np.vstack([halves, halves * level, columns.products])
    sums, lost = calibrate_and_sum(
        *(tod, span),
        (calibration.gain, calibration.share[:, span]),
        (offset, warm, air),
        *(rows.astype(np.float32), terms.astype(np.float32)),
    )
    gone = np.where(absent, 1, lost[:N_HALVES].astype(np.float64))
    mean_level = (halves @ level)[:, np.newaxis]
    into.binned[:, span] = mean_of_left(sums[:N_HALVES].astype(np.float64), gone)
    into.level_k[:, span] = mean_of_left(mean_level - lost[N_HALVES : 2 * N_HALVES], gone)
    into.right[:, span] = sums[N_HALVES:]
    into.lost[:, span] = lost[2 * N_HALVES :]
    into.normal[nth] = columns.normal


def _normalised(weights: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    total = weights.sum(axis=1, keepdims=True)
    return np.divide(weights, total, out=np.zeros_like(weights), where=total > 0), total == 0


def reduced(
    bands: Mapping[int, BandSums],
    scans: Scans,
    method: Method | None,
    *,
    per_band: bool = False,
) -> FeedStreams:
    """Return the streams of one feed.

    Parameters
    ----------
    bands : mapping of int to BandSums
        Those of the feed that could be used.
    scans : (scan, 2) int64
        At least one.
    method : str, optional
        The gain filter; none leaves the streams as they are.
    per_band : bool
        Each band has its own gain, instead of the feed.
    """
    n_samples = next((one.binned.shape[1] for one in bands.values()), 0)
    made = FeedStreams.empty(n_samples, len(scans))
    for band, of in bands.items():
        made.raw[band] = made.filtered[band] = of.binned
    transfers = np.ones((len(scans), N_BANDS, N_HALVES))
    groups = [[band] for band in bands] if per_band or not bands else [list(bands)]
    for nth, (first, last) in enumerate(scans):
        scan = (nth, slice(first, last))
        sums = {band: of.of_scan(nth, first, last) for band, of in bands.items()}
        for band, gain in (_gains(sums, groups, method) if method else {}).items():
            level = bands[band].level_k[:, scan[1]]
            _take_away(gain, band, level, scan, made)
            transfers[nth, band] = 1 - gain.taken[0] * known_mean(level, axis=-1)
        for band in bands:
            _compare(made, band, scan)
    for band in bands:
        made.continuum_transfer[band] = transfers[:, band].mean(axis=0)
    return made


def _gains(sums: Mapping[int, Sums], groups: list[list[int]], method: Method) -> dict[int, Gain]:
    """Return the gain of each band; bands of a group share theirs."""
    found: dict[int, Gain] = {}
    for group in groups:
        first, *others = (sums[band] for band in group)
        gain = gain_of(sum(others, first), method)
        found |= dict.fromkeys(group, gain)
    return found


def _take_away(
    gain: Gain, band: int, level_k: Floats, scan: tuple[int, slice], made: FeedStreams
) -> None:
    nth, span = scan
    made.filtered[band][:, span] -= gain.values * level_k
    made.sigma_gain[band, nth] = gain.sigma
    made.sigma_red[band, nth] = gain.spectrum.sigma_red
    made.alpha[band, nth] = gain.spectrum.alpha


def _compare(made: FeedStreams, band: int, scan: tuple[int, slice]) -> None:
    nth, span = scan
    for half in range(N_HALVES):
        streams = np.stack([made.raw[band, half, span], made.filtered[band, half, span]])
        streams[:, ~_is_quiet(streams[0])] = np.nan
        before, after = red_power(streams)
        if after > 0:
            made.suppression[band, half, nth] = before / after


def _is_quiet(stream: Floats) -> NDArray[np.bool_]:
    """Return which samples are noise: neither holes nor bright sources."""
    known = np.isfinite(stream)
    if not known.any():
        return known
    away = np.abs(stream - np.median(stream[known]))
    quiet: NDArray[np.bool_] = away <= _BRIGHT * np.median(away[known])
    return quiet


def red_power(streams: Floats) -> Floats:
    """Return the mean power around 0.1 Hz of each stream, in units of its variance a sample.

    Parameters
    ----------
    streams : (..., time) float64
        NaN counts as the stream's mean; too short ones have a power of NaN.
    """
    frequency_hz = cosine_frequencies(streams.shape[-1], SAMPLE_RATE_HZ)
    red = (frequency_hz >= RED_HZ[0]) & (frequency_hz <= RED_HZ[1])
    if red.sum() < _LEAST_COEFFICIENTS:
        return np.full(streams.shape[:-1], np.nan)
    middle = known_mean(streams, axis=-1)[..., np.newaxis]
    whole = np.where(np.isfinite(streams), streams, middle)
    power: Floats = cosine_power(whole)[..., red].mean(axis=-1)
    return power
