"""What a feed sees at every sample: air, sky, vane, and how its gain fluctuates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.receiver import CMB_K, GROUND_FEED, SAMPLE_RATE_HZ
from gnomon.instruments.comap.science.coordinates import equatorial_of
from gnomon.instruments.comap.simulate.focal_plane import offsets_deg
from gnomon.instruments.comap.simulate.noise import generator, red
from gnomon.instruments.comap.simulate.spectra import N_MODES
from gnomon.instruments.comap.simulate.timeline import Timeline
from gnomon.instruments.comap.simulate.truth import Truth

Floats = NDArray[np.float64]
GROUND_K = 290.0
_FWHM_FACTOR = 4 * np.log(2)
_AIR_ALPHA = -8 / 3
_WAVES = 12
_WAVE_DEG = (0.4, 2.0)
"""Shortest and longest wave of the diffuse sky."""


@dataclass(frozen=True)
class Pointing:
    """Where a feed looks, as its file says; (time,) each, degrees, ICRS."""

    az: Floats
    el: Floats
    ra: Floats
    dec: Floats


@dataclass(frozen=True)
class Seen:
    """What one feed sees; arrays are (time,).

    Attributes
    ----------
    pointing : Pointing
    airmass : array
    source, diffuse_k, line : array
        Above the atmosphere: the response to a source of 1, the diffuse sky at 30 GHz, and the
        response to a line of 1.
    spikes_k : array
    gain : array
        Relative to the truth's, for all channels.
    modes : (N_MODES, time) array
        Relative fluctuations that channels mix in.
    is_nan : array of bool
    """

    pointing: Pointing
    airmass: Floats
    source: Floats
    diffuse_k: Floats
    line: Floats
    spikes_k: Floats
    gain: Floats
    modes: Floats
    is_nan: NDArray[np.bool_]


def pointing(timeline: Timeline, feed: int) -> Pointing:
    """Return where a feed looks."""
    return _pointing(timeline, feed, (0.0, 0.0))


def _pointing(timeline: Timeline, feed: int, error_deg: tuple[float, float]) -> Pointing:
    """Return where a feed looks, less an error."""
    az, el = timeline.boresight_deg
    across, up = offsets_deg(feed)
    el = el + (up - error_deg[1])
    az = az + (across - error_deg[0]) / np.cos(np.radians(el))
    return Pointing(np.mod(az, 360), el, *equatorial_of(az, el, timeline.mjd))


def seen(truth: Truth, timeline: Timeline, feed: int) -> Seen:
    """Return what a feed sees."""
    said = pointing(timeline, feed)
    true = said
    if any(truth.pointing_error_deg):
        true = _pointing(timeline, feed, truth.pointing_error_deg)
    source, sees_sky = truth.source, feed != GROUND_FEED
    away = separation_deg(true.ra, true.dec, source.ra_deg, source.dec_deg) * 60
    return Seen(
        said,
        1 / np.sin(np.radians(true.el)),
        sees_sky * _blob(away, source.fwhm_arcmin),
        sees_sky * diffuse_k(truth, true.ra, true.dec),
        sees_sky * _blob(away, source.line_size_arcmin),
        _spikes_k(truth, timeline, feed),
        _gain(truth, timeline, feed),
        _modes(truth, timeline, feed),
        _is_nan(truth, timeline, feed),
    )


def _blob(away: Floats, fwhm: float) -> Floats:
    return np.asarray(np.exp(-_FWHM_FACTOR * (away / fwhm) ** 2))


def separation_deg(ra_deg: Floats, dec_deg: Floats, to_ra_deg: float, to_dec_deg: float) -> Floats:
    """Return angles between directions and a place (haversine formula)."""
    ra, dec = np.radians(ra_deg - to_ra_deg), np.radians(dec_deg)
    to_dec = np.radians(to_dec_deg)
    across = np.cos(dec) * np.cos(to_dec) * np.sin(ra / 2) ** 2
    half = np.sin((dec - to_dec) / 2) ** 2 + across
    return np.asarray(np.degrees(2 * np.arcsin(np.sqrt(half))))


def diffuse_k(truth: Truth, ra_deg: Floats, dec_deg: Floats) -> Floats:
    """Return the diffuse sky at 30 GHz: waves in all directions, shape as `ra_deg`."""
    source = truth.source
    total = np.zeros_like(ra_deg)
    if not source.diffuse_k:
        return total
    # The sky is the same in all observations of a field.
    random = np.random.default_rng([truth.seed, round(source.ra_deg * 1e4)])
    across = (np.mod(ra_deg - source.ra_deg + 180, 360) - 180) * np.cos(np.radians(source.dec_deg))
    up = dec_deg - source.dec_deg
    for length_deg in random.uniform(*_WAVE_DEG, _WAVES):
        angle, phase = random.uniform(0, 2 * np.pi, 2)
        along = across * np.cos(angle) + up * np.sin(angle)
        total += np.sin(2 * np.pi * along / length_deg + phase)
    return np.asarray(source.diffuse_k * (2 / _WAVES) ** 0.5 * total)


def opacity(truth: Truth, timeline: Timeline, band: int) -> Floats:
    """Return the opacity at the zenith in a band; (time,)."""
    air = truth.air
    hours = timeline.seconds / 3600
    zenith = (air.zenith_k + band * air.band_step_k) / air.temperature_k
    wander = red(generator(truth, "air"), timeline.n_samples, air.sigma_red, _AIR_ALPHA)
    return zenith * (1 + air.drift_per_h * hours + wander)


def load_k(
    truth: Truth, timeline: Timeline, airmass: Floats, band: int, feed: int
) -> tuple[Floats, Floats]:
    """Return what comes in besides the sky's own signals, and what is left of those; (time,) each.

    Behind a part of the vane there is less of the sky.
    """
    covered = timeline.covered
    hot = covered * truth.vane.temperature_k
    if feed == GROUND_FEED:
        return hot + (1 - covered) * GROUND_K, np.zeros(timeline.n_samples)
    left = np.exp(-opacity(truth, timeline, band) * airmass)
    air = truth.air.temperature_k * (1 - left) + CMB_K * left
    return hot + (1 - covered) * air, (1 - covered) * left


def _spikes_k(truth: Truth, timeline: Timeline, feed: int) -> Floats:
    how, n_samples = truth.blemishes, timeline.n_samples
    random, spikes = generator(truth, "spikes", feed), np.zeros(n_samples)
    count = random.poisson(how.spikes_per_min * n_samples / SAMPLE_RATE_HZ / 60)
    places = random.integers(0, n_samples - 1, count)
    heights = how.spike_k * random.uniform(0.5, 2, count)
    spikes[places] = heights
    is_long = random.random(count) < 0.5  # noqa: PLR2004 - half of them
    spikes[places[is_long] + 1] = heights[is_long] / 2
    return spikes


def _gain(truth: Truth, timeline: Timeline, feed: int) -> Floats:
    has = truth.receiver
    wander = red(
        generator(truth, "gain", feed), timeline.n_samples, has.gain_sigma_red, has.gain_alpha
    )
    return 1 + has.gain_drift_per_h * timeline.seconds / 3600 + wander


def _modes(truth: Truth, timeline: Timeline, feed: int) -> Floats:
    has, random = truth.receiver, generator(truth, "modes", feed)
    rows = [
        red(random, timeline.n_samples, has.channel_sigma_red, has.gain_alpha)
        for _ in range(N_MODES)
    ]
    return np.array(rows)


def _is_nan(truth: Truth, timeline: Timeline, feed: int) -> NDArray[np.bool_]:
    how, n_samples = truth.blemishes, timeline.n_samples
    is_nan = generator(truth, "nan", feed).random(n_samples) < how.nan_spectra
    is_nan[n_samples - how.nan_tail :] = True
    return is_nan | (feed in how.nan_feeds)
