"""Which samples look at a source whose place is known: they are sky, whatever they do.

Sources are followed in azimuth and elevation, where the telescope's pointing is exact: their
directions are found every few seconds, and a straight line between two of them errs by less than
0.01".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.receiver import BEAM_FWHM_ARCMIN, SAMPLE_RATE_HZ
from gnomon.instruments.comap.science.calibrators import FIXED, known, sky_of
from gnomon.instruments.comap.science.coordinates import horizontal_of

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

_KNOT_D = 5.0 / 86400
_ARCMIN = np.pi / 180 / 60


@dataclass(frozen=True)
class Place:
    """A source at a fixed place: RA and Dec (ICRS) in degrees, and how far it reaches."""

    ra_deg: float
    dec_deg: float
    radius_arcmin: float


@dataclass(frozen=True)
class Pointing:
    """Where a feed looks.

    Attributes
    ----------
    mjd : (time,) float64
        UTC, ascending.
    az_deg, el_deg : (time,) float64
        Azimuth from north through east, elevation.
    """

    mjd: Floats
    az_deg: Floats
    el_deg: Floats

    def during(self, samples: slice) -> Pointing:
        """Return part of it."""
        return Pointing(self.mjd[samples], self.az_deg[samples], self.el_deg[samples])


def on_source(
    pointing: Pointing, source: str, radius_arcmin: float, further: Sequence[Place] = ()
) -> Truths:
    """Tell which samples look at a known source.

    Parameters
    ----------
    pointing : Pointing
    source : str
        What is observed; counts if it is a calibrator. The three brightest that do not move count
        always.
    radius_arcmin : float
        How far calibrators reach.
    further : sequence of Place

    Returns
    -------
    (time,) bool
    """
    seen = np.isfinite(pointing.mjd + pointing.az_deg + pointing.el_deg)
    found = np.zeros(len(seen), bool)
    if not seen.any():
        return found
    mjd = pointing.mjd[seen]
    looks = _vectors(pointing.az_deg[seen], pointing.el_deg[seen])
    for one, radius in _reaching(source, radius_arcmin, further):
        knots, path = _path(one, float(mjd.min()), float(mjd.max()))
        along = [np.interp(mjd, knots, component) for component in path]
        chord = sum((a - b) ** 2 for a, b in zip(looks, along, strict=True))
        found[seen] |= chord < (2 * np.sin(radius * _ARCMIN / 2)) ** 2
    return found


def crossing_samples(
    pointing: Pointing, fwhm_arcmin: float = BEAM_FWHM_ARCMIN, rate_hz: float = SAMPLE_RATE_HZ
) -> float:
    """Return how many samples the beam's width takes to cross a point, at the usual speed.

    Returns
    -------
    float
        inf for a telescope that stands still.
    """
    turn_deg = (np.diff(pointing.az_deg) + 180) % 360 - 180
    along_deg = turn_deg * np.cos(np.radians(pointing.el_deg[1:]))
    step_deg = np.hypot(along_deg, np.diff(pointing.el_deg))
    moved = step_deg[np.isfinite(step_deg)]
    # Over a second, so that the encoders' steps are no speed.
    n = max(1, min(len(moved), round(rate_hz)))
    second = np.convolve(moved, np.ones(n) / n, "valid") if len(moved) else np.zeros(1)
    usual_arcmin = float(np.median(second)) * 60
    return fwhm_arcmin / usual_arcmin if usual_arcmin > 0 else float("inf")


def _reaching(
    source: str, radius_arcmin: float, further: Sequence[Place]
) -> list[tuple[str | Place, float]]:
    """Return calibrators and further places, each with how far it reaches."""
    names = {*FIXED, source} if known(source) else set(FIXED)
    found: list[tuple[str | Place, float]] = [(name, radius_arcmin) for name in sorted(names)]
    return found + [(one, one.radius_arcmin) for one in further]


@lru_cache(maxsize=64)
def _path(
    source: str | Place, first_mjd: float, last_mjd: float
) -> tuple[Floats, tuple[Floats, Floats, Floats]]:
    """Return times, and where a source stands at each; all feeds of an observation share it."""
    knots = np.arange(first_mjd, last_mjd + _KNOT_D, _KNOT_D)
    if isinstance(source, Place):
        place = horizontal_of(source.ra_deg, source.dec_deg, knots)
    else:
        place = horizontal_of(*sky_of(source, knots), knots)
    return knots, _vectors(place.lon_deg, place.lat_deg)


def _vectors(lon_deg: Floats, lat_deg: Floats) -> tuple[Floats, Floats, Floats]:
    lon, lat = np.radians(lon_deg), np.radians(lat_deg)
    return np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)
