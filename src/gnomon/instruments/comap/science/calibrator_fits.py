"""What the streams of one feed say of a calibrator: flux density, beam and pointing.

The fit is made in azimuth and elevation, where the beam and an error of the pointing stand still
while the sky turns, and with directions from the source as it moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.receiver import BEAM_FWHM_ARCMIN, N_BANDS, N_HALVES
from gnomon.instruments.comap.science.calibrators import (
    flux_jy,
    flux_of_kelvin,
    has_flux,
    position_of,
    sky_of,
)
from gnomon.instruments.comap.science.coordinates import Sky, equatorial_of, horizontal_of, offsets
from gnomon.instruments.comap.science.crossings import Crossings
from gnomon.instruments.comap.science.gaussian import (
    Gaussian,
    Measured,
    brightest,
    fit_gaussian,
    half_turn,
)

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

BEAM_STD_DEG = BEAM_FWHM_ARCMIN / 60.0 / np.sqrt(8.0 * np.log(2.0))
_KNOT_D = 1.0 / 86400.0
_SR_PER_DEG2 = (np.pi / 180.0) ** 2
_STEP_DEG = 1e-3

MEASURED = (
    *("amplitudes", "ra_offset", "dec_offset", "az_offset", "el_offset"),
    *("major_std", "minor_std", "position_angle"),
)
"""Names of the layout, each with its ``_errors``."""


@dataclass(frozen=True)
class Limits:
    """What a fit must be like to count.

    Attributes
    ----------
    radius_deg : float
        Samples farther from the source's nominal place are not looked at, and the centre must be
        nearer.
    widest : float
        In standard deviations of the beam.
    least_snr : float
        Amplitude over its error.
    """

    radius_deg: float
    widest: float
    least_snr: float


class Track(NamedTuple):
    """A source's way over the sky: (time,) azimuth and elevation, degrees."""

    sky: Sky
    source: str
    mjd: Floats


@dataclass
class FeedFits:
    """Arrays by the names of the layout, (band, half), NaN where there is no fit; and why not.

    Attributes
    ----------
    mjd : float
        When the feed saw the source; NaN where it did not.
    """

    values: dict[str, Floats]
    mjd: float
    failed: list[str]


def track_of(source: str, mjd: Floats) -> Track:
    """Return where a source stands at each sample: exact once a second, straight in between."""
    if not len(mjd):
        return Track(Sky(np.empty(0), np.empty(0)), source, mjd)
    knots = np.arange(mjd.min(), mjd.max() + 2 * _KNOT_D, _KNOT_D)
    az, el = horizontal_of(*position_of(source, knots), knots)
    sky = Sky(np.interp(mjd, knots, np.unwrap(az, period=360.0)), np.interp(mjd, knots, el))
    return Track(sky, source, mjd)


def with_az_step(az_deg: Floats, step_arcsec: float) -> Floats:
    """Return azimuths with a step added where the telescope moves to larger ones."""
    return az_deg + np.where(np.gradient(az_deg) > 0.0, step_arcsec / 3600.0, 0.0)


def fit_feed(
    track: Track,
    seen: Sky,
    streams: Floats,
    good: Truths,
    frequency_ghz: Floats,
    limits: Limits,
) -> FeedFits:
    """Fit a source in all streams of a feed.

    Parameters
    ----------
    track : Track
    seen : Sky
        (time,) azimuth and elevation at which the feed looks, degrees.
    streams : (band, half, time) float64
        Kelvin.
    good : (band, half, time) bool
        Samples to use.
    frequency_ghz : (band, half) float64
    limits : Limits

    Returns
    -------
    FeedFits
        With no reason and no fit where the feed never came near the source.
    """
    x, y = offsets(seen.lon_deg, seen.lat_deg, track.sky)
    near = np.hypot(x, y) < limits.radius_deg
    made = _nothing()
    crossings = Crossings.found(x, y, near & good.any((0, 1)))
    if not len(crossings):
        return made
    index = crossings.time.astype(np.intp)
    shared, taken = crossings.only(np.ones(len(index), np.bool_))
    start = _start(shared, streams[..., index[taken]], good[..., index[taken]], limits.radius_deg)
    if start is None:
        return made
    made.mjd = _when(track, shared, start)
    turn = _towards_equator(track.source, made.mjd)
    last = None
    for band, half in np.ndindex(N_BANDS, N_HALVES):
        usable = good[band, half, index] & np.isfinite(streams[band, half, index])
        if last is None or not np.array_equal(usable, last):
            (own, kept), last = crossings.only(usable), usable
        found = fit_gaussian(own, streams[band, half, index[kept]], start, BEAM_STD_DEG)
        reason = _refused(found, limits)
        if found is None or reason:
            made.failed.append(f"band {band} half {half}: {reason}")
        else:
            _put(made, (band, half), found, turn, float(frequency_ghz[band, half]))
    if has_flux(track.source):
        made.values["model_flux"][...] = flux_jy(track.source, frequency_ghz, made.mjd)
    return made


def _nothing() -> FeedFits:
    names = [name + error for name in (*MEASURED, "flux") for error in ("", "_errors")]
    shape = (N_BANDS, N_HALVES)
    values = {name: np.full(shape, np.nan) for name in (*names, "chi2", "model_flux")}
    return FeedFits(values, np.nan, [])


def _start(
    crossings: Crossings, streams: Floats, good: Truths, radius_deg: float
) -> tuple[float, float] | None:
    """Return where the mean of all streams is brightest."""
    usable = good & np.isfinite(streams)
    counts = usable.sum((0, 1))
    own, kept = crossings.only(counts > 0)
    if not len(own):
        return None
    mean = np.where(usable, streams, 0.0).sum((0, 1))[kept] / counts[kept]
    return brightest(own, mean, BEAM_STD_DEG, radius_deg)


def _when(track: Track, crossings: Crossings, centre_deg: tuple[float, float]) -> float:
    """Return the mean time of the samples on the source, each counting as the beam sees it."""
    away = np.hypot(crossings.x_deg - centre_deg[0], crossings.y_deg - centre_deg[1])
    weight = np.exp(-0.5 * (away / BEAM_STD_DEG) ** 2)
    mjd = track.mjd[crossings.time.astype(np.intp)]
    return float(mjd[0] + np.average(mjd - mjd[0], weights=weight + 1e-30))


def _towards_equator(source: str, mjd: float) -> Floats:
    """Return what turns offsets along azimuth and elevation into those along RA and Dec."""
    place = sky_of(source, mjd)
    az, el = horizontal_of(*place, mjd)
    steps = np.array([[0.0, 0.0], [_STEP_DEG / np.cos(np.radians(el)), 0.0], [0.0, _STEP_DEG]])
    moved = equatorial_of(az + steps[:, 0], el + steps[:, 1], mjd)
    away = np.array(offsets(*moved, place))
    turned: Floats = (away[:, 1:] - away[:, :1]) / _STEP_DEG
    return turned


def _refused(found: Gaussian | None, limits: Limits) -> str:
    """Return why a fit does not count; empty where it does."""
    if found is None:
        return "no fit"
    if not found.amplitude.value > limits.least_snr * found.amplitude.error:
        return "no source above the noise"
    if not found.major_std_deg.value < limits.widest * BEAM_STD_DEG:
        return f"{found.major_std_deg.value / BEAM_STD_DEG:.1f} times as wide as the beam"
    if not np.hypot(found.x_deg.value, found.y_deg.value) < limits.radius_deg:
        return "the peak lies outside the radius"
    return ""


def _put(
    made: FeedFits, at: tuple[int, int], found: Gaussian, turn: Floats, frequency_ghz: float
) -> None:
    places = (turn @ [found.x_deg.value, found.y_deg.value]).tolist()
    errors = np.sqrt(np.diag(turn @ found.centre_covariance @ turn.T)).tolist()
    ra, dec = (Measured(place, error) for place, error in zip(places, errors, strict=True))
    jansky = float(flux_of_kelvin(frequency_ghz)) * _SR_PER_DEG2
    said = {
        "amplitudes": found.amplitude,
        "ra_offset": ra,
        "dec_offset": dec,
        "az_offset": found.x_deg,
        "el_offset": found.y_deg,
        "major_std": found.major_std_deg,
        "minor_std": found.minor_std_deg,
        "position_angle": _from_east(found.position_angle_rad, turn),
        "flux": Measured(found.volume.value * jansky, found.volume.error * jansky),
    }
    for name, measured in said.items():
        made.values[name][at] = measured.value
        made.values[f"{name}_errors"][at] = measured.error
    made.values["chi2"][at] = found.chi2


def _from_east(angle: Measured, turn: Floats) -> Measured:
    """Return the angle of an axis from east towards north, of that from azimuth to elevation."""
    east, north = (turn @ [np.cos(angle.value), np.sin(angle.value)]).tolist()
    return Measured(half_turn(float(np.arctan2(north, east))), angle.error)
