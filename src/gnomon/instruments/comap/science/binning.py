"""From 1,024 channels to two: calibration, atmosphere and weighted sums in one pass over a slab.

Everything after the calibration is linear in the spectra, so all that later work needs of a slab
are a few weighted sums over its channels at each sample: those of the two halves, and those by
which gain is told from sky (`gain.templates`). They are taken while a piece of the slab is in the
processor's cache, so the slab is read once and written once.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gnomon.compiled import compiled, summing
from gnomon.instruments.comap.receiver import N_CHANNELS, N_HALVES

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Truths = NDArray[np.bool_]

BLOCK = 2048
"""Samples that are worked on together: their sums stay in the cache."""
_LEAST_LEFT = 1e-3


def used_channels(tsys_k: Floats, end_cut: int = 50) -> Truths:
    """Return which channels to bin: those with a system temperature, without the band's ends.

    Channels with spikes of it stay: they weigh little, and they tell gain from sky.

    Parameters
    ----------
    tsys_k : (channel,) float64
    end_cut : int
        Channels at each end, of 1,024; fewer where a file has fewer channels.
    """
    n = len(tsys_k)
    used: Truths = np.isfinite(tsys_k) & (tsys_k > 0)
    cut = _scaled(end_cut, n)
    used[:cut] = used[n - cut :] = False
    return used


def without_centre(used: Truths, centre_cut: int = 50) -> Truths:
    """Return which channels to tell the gain from: none of those around the band's middle.

    Parameters
    ----------
    used : (channel,) bool
    centre_cut : int
        Channels around the middle, of 1,024.
    """
    n, left = len(used), used.copy()
    cut = _scaled(centre_cut, n)
    left[(n - cut) // 2 : (n - cut) // 2 + cut] = False
    return left


def _scaled(cut: int, n_channels: int) -> int:
    return -(-cut * n_channels // N_CHANNELS)


def half_weights(auto_rms: Floats, gain: Floats, used: Truths) -> Floats:
    """Return the weight of each channel in each half of the band.

    Parameters
    ----------
    auto_rms : (channel,) float64
        White noise, counts.
    gain : (channel,) float64
        Counts per kelvin.
    used : (channel,) bool

    Returns
    -------
    (half, channel) float64
        One over the variance in kelvin; each half sums to 1, or is 0 where no channel is used.
    """
    n = len(auto_rms)
    rms_k = np.divide(auto_rms, gain, out=np.zeros(n), where=used)
    weight = np.divide(1, rms_k**2, out=np.zeros(n), where=used & (rms_k > 0))
    halves = np.zeros((N_HALVES, n))
    halves[0, : n // 2] = weight[: n // 2]
    halves[1, n // 2 :] = weight[n // 2 :]
    total = halves.sum(axis=1, keepdims=True)
    made: Floats = np.divide(halves, total, out=np.zeros_like(halves), where=total > 0)
    return made


def centres_and_widths(frequency_ghz: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return the mean frequency of each half and its standard deviation, GHz, as weighted.

    Parameters
    ----------
    frequency_ghz : (channel,) float64
    weights : (half, channel) float64
        As from `half_weights`; both results are NaN where no channel is used.
    """
    empty = ~weights.any(axis=1)
    centre = weights @ frequency_ghz
    spread = (weights * (frequency_ghz - centre[:, np.newaxis]) ** 2).sum(axis=1)
    return np.where(empty, np.nan, centre), np.where(empty, np.nan, np.sqrt(spread))


def calibrate_and_sum(
    tod: Singles,
    span: slice,
    gain: tuple[Singles, Singles],
    atmosphere: tuple[Singles, Singles, Singles],
    rows: Singles,
    terms: Singles,
) -> tuple[Singles, Singles]:
    """Calibrate one scan of a slab in place and add its channels up.

    Parameters
    ----------
    tod : (channel, time) float32
        Counts; kelvin above the atmosphere afterwards, in the scan.
    span : slice
        The scan's samples; all that follows has only these.
    gain : ((event, channel) float32, (event, time) float32)
        Counts per kelvin at the vane events, and how much each counts at each sample.
    atmosphere : ((channel,) float32, (channel,) float32, (time,) float32)
        Offset and temperature, K, and airmass; ``offset + temperature * airmass`` is taken away.
    rows : (row, channel) float32
        Weights of the sums.
    terms : (term, channel) float32
        Weights of what is lost where a channel is not a number.

    Returns
    -------
    sums : (row, time) float32
        Over the channels that are numbers.
    lost : (term, time) float32
        Sums of `terms` over those that are not.
    """
    n_samples = len(atmosphere[-1])
    sums = np.zeros((len(rows), n_samples), np.float32)
    lost = np.zeros((len(terms), n_samples), np.float32)
    gains = (gain[0], np.ascontiguousarray(gain[1]))
    air = (*atmosphere[:2], np.ascontiguousarray(atmosphere[2]))
    _calibrate_and_sum(tod, span.start, gains, air, (rows, terms), (sums, lost))
    return sums, lost


def outside(scans: NDArray[np.int64], n_samples: int) -> list[tuple[int, int]]:
    """Return the spans of samples that are in no scan."""
    spans, done = [], 0
    for first, last in scans:
        spans.append((done, int(first)))
        done = int(last)
    return [(first, last) for first, last in [*spans, (done, n_samples)] if last > first]


def mean_of_left(sums: Floats, lost: Floats) -> Floats:
    """Return weighted means where some of the weight, which sums to 1, was lost; NaN if all."""
    left = 1 - lost
    mean: Floats = np.divide(sums, left, out=np.full(sums.shape, np.nan), where=left > _LEAST_LEFT)
    return mean


@compiled
def _calibrate_and_sum(
    tod: Singles,
    start: int,
    gains: tuple[Singles, Singles],
    atmosphere: tuple[Singles, Singles, Singles],
    weights: tuple[Singles, Singles],
    into: tuple[Singles, Singles],
) -> None:
    """Work through one scan in blocks: only whole rows of whole arrays, so loops are vectors."""
    gain, share = gains
    offset, warm, air = atmosphere
    rows, terms = weights
    sums, lost = into
    scale = np.empty(BLOCK, np.float32)
    used = np.array([np.any(rows[:, channel] != 0) for channel in range(rows.shape[1])])
    for begin in range(0, sums.shape[1], BLOCK):
        end = min(begin + BLOCK, sums.shape[1])
        for channel in range(tod.shape[0]):
            piece = tod[channel, start + begin : start + end]
            for i in range(end - begin):
                scale[i] = 0
            for event in range(gain.shape[0]):
                _add(share[event, begin:end], gain[event, channel], scale)
            _calibrate(piece, scale, offset[channel], warm[channel], air[begin:end])
            if used[channel]:
                _add_to_all(piece, begin, rows[:, channel], sums)
        if not np.all(np.isfinite(sums[:, begin:end])):
            sums[:, begin:end] = 0
            for one in np.flatnonzero(used):
                piece = tod[one, start + begin : start + end]
                if not math.isfinite(_total(piece)):
                    _note_lost(piece, begin, terms[:, one], lost)
                    piece = np.where(np.isfinite(piece), piece, np.float32(0))
                _add_to_all(piece, begin, rows[:, one], sums)


@compiled
def _add_to_all(piece: Singles, begin: int, weights: Singles, sums: Singles) -> None:
    for row in range(len(weights)):
        if weights[row] != 0:
            _add(piece, weights[row], sums[row, begin : begin + len(piece)])


@compiled
def _add(values: Singles, weight: float, sums: Singles) -> None:
    for i in range(len(values)):
        sums[i] += weight * values[i]


@compiled
def _calibrate(piece: Singles, scale: Singles, offset: float, warm: float, air: Singles) -> None:
    for i in range(len(piece)):
        piece[i] = piece[i] / scale[i] - (offset + warm * air[i])


@summing
def _total(piece: Singles) -> float:
    total = piece[0]
    for i in range(1, len(piece)):
        total += piece[i]
    return float(total)


@compiled
def _note_lost(piece: Singles, begin: int, terms: Singles, lost: Singles) -> None:
    for i in range(len(piece)):
        if not math.isfinite(piece[i]):
            for term in range(len(terms)):
                lost[term, begin + i] += terms[term]
