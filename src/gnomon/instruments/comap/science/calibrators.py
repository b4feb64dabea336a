"""Calibrators: where they are and how bright they are, without network.

Planets come of the mean elements of Simon et al. (1994), erfa's ``plan94``: good enough to find
them and for their distance, not for a pointing model (see `place_error_arcsec`).

Flux densities: Weiland et al. (2011), tables 16 and 17 (TauA, CasA, with their secular decrease);
Baars et al. (1977) for CygA; Jupiter's brightness temperature as Karim et al. (2014).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import erfa
import numpy as np
from numpy.typing import ArrayLike, NDArray

from gnomon.errors import UnknownName
from gnomon.instruments.comap.science.coordinates import MJD_ZERO, Sky, observer

Floats = NDArray[np.float64]
BOLTZMANN_J_PER_K: Final = 1.380649e-23
LIGHT_M_PER_S: Final = 299792458.0
LIGHT_AU_PER_D: Final = 173.14463267424034
JANSKY: Final = 1e-26
"""W / (m2 Hz)."""
_J2000_MJD, _YEAR_D = 51544.5, 365.25
_KNOT_D = 60.0 / 86400.0


class Position(NamedTuple):
    """RA and Dec, ICRS, degrees; as `mjd` in shape."""

    ra_deg: Floats
    dec_deg: Floats


@dataclass(frozen=True)
class Spectrum:
    """log10(S/Jy) is a polynomial of log10(nu / 40 GHz), and S fades linearly.

    Attributes
    ----------
    coefficients : tuple of float
        The constant first.
    epoch : float
        Julian year at which it holds.
    change_per_year : float
        Relative.
    """

    coefficients: tuple[float, ...]
    epoch: float = 2000.0
    change_per_year: float = 0.0

    def flux_jy(self, frequency_ghz: Floats, mjd: Floats) -> Floats:
        """Return the flux density."""
        level = np.polynomial.Polynomial(self.coefficients)(np.log10(frequency_ghz / 40.0))
        years = 2000.0 + (mjd - _J2000_MJD) / _YEAR_D - self.epoch
        flux: Floats = 10.0**level * (1.0 + self.change_per_year * years)
        return flux


@dataclass(frozen=True)
class Fixed:
    """A source beyond the Solar System: degrees, ICRS."""

    ra_deg: float
    dec_deg: float
    spectrum: Spectrum


@dataclass(frozen=True)
class Disc:
    """A planet's disc: T = kelvin (nu / 30 GHz)^slope, and its solid angle at a distance."""

    kelvin: float
    slope: float
    solid_angle_sr: float
    distance_au: float

    def flux_jy(self, frequency_ghz: Floats, distance_au: Floats) -> Floats:
        """Return the flux density."""
        temperature = self.kelvin * (frequency_ghz / 30.0) ** self.slope
        solid_angle = self.solid_angle_sr * (self.distance_au / distance_au) ** 2
        return temperature * flux_of_kelvin(frequency_ghz) * solid_angle


@dataclass(frozen=True)
class Planet:
    """A planet.

    Attributes
    ----------
    number : int
        In erfa's ``plan94``.
    error_arcsec : float
        The most by which its place errs, at its nearest: erfa's figures, seen from Earth.
    disc : Disc, optional
        Where we have a model of it.
    """

    number: int
    error_arcsec: float
    disc: Disc | None = None


FIXED: Final[Mapping[str, Fixed]] = {
    "TauA": Fixed(83.633083, 22.014500, Spectrum((2.506, -0.302), 2005.0, -0.0021)),
    "CasA": Fixed(350.850000, 58.815000, Spectrum((2.204, -0.682, 0.038), 2000.0, -0.0051)),
    "CygA": Fixed(299.868153, 40.733916, Spectrum((1.480, -1.172))),
}
PLANETS: Final[Mapping[str, Planet]] = {
    "Jupiter": Planet(5, 90.0, Disc(145.0, 0.2824, 2.481e-8, 5.2)),
    "Venus": Planet(2, 15.0),
    "Mars": Planet(4, 50.0),
}


def known(source: str) -> bool:
    """Tell whether we know where a source is."""
    return source in FIXED or source in PLANETS


def has_flux(source: str) -> bool:
    """Tell whether we know how bright a source is."""
    return source in FIXED or (source in PLANETS and PLANETS[source].disc is not None)


def place_error_arcsec(source: str) -> float:
    """Return the most by which `position_of` may err."""
    return PLANETS[source].error_arcsec if source in PLANETS else 0.0


def position_of(source: str, mjd: ArrayLike) -> Position:
    """Return where a source is: catalogue place, or for planets the place seen from the site.

    Parameters
    ----------
    source : str
        ``TauA``, ``CasA``, ``CygA``, ``Jupiter``, ``Venus`` or ``Mars``.
    mjd : array_like
        UTC.

    Returns
    -------
    Position
        For planets corrected for light time and parallax but not for aberration, so that
        `coordinates.horizontal_of` gives where they stand in the sky.

    Raises
    ------
    UnknownName
        It is none of those.
    """
    when = np.asarray(mjd, np.float64)
    if source in FIXED:
        place = FIXED[source]
        return Position(np.full(when.shape, place.ra_deg), np.full(when.shape, place.dec_deg))
    longitude, latitude = erfa.c2s(_along(source, when))
    return Position(np.mod(np.degrees(longitude), 360.0), np.degrees(latitude))


def sky_of(source: str, mjd: ArrayLike) -> Sky:
    """Return `position_of` as a direction of `coordinates`."""
    return Sky(*position_of(source, mjd))


def distance_au(source: str, mjd: ArrayLike) -> Floats:
    """Return how far a planet is from the site; as `mjd` in shape."""
    distance: Floats = np.linalg.norm(_along(source, np.asarray(mjd, np.float64)), axis=-1)
    return distance


def flux_jy(source: str, frequency_ghz: ArrayLike, mjd: ArrayLike) -> Floats:
    """Return the flux density that a calibrator should have.

    Parameters
    ----------
    source : str
    frequency_ghz, mjd : array_like
        Broadcast together; UTC.

    Raises
    ------
    UnknownName
        There is no model of it.
    """
    frequency, when = np.asarray(frequency_ghz, np.float64), np.asarray(mjd, np.float64)
    if source in FIXED:
        return FIXED[source].spectrum.flux_jy(frequency, when)
    planet = PLANETS.get(source)
    if planet is None or planet.disc is None:
        raise UnknownName("calibrator with a flux", source, filter(has_flux, (*FIXED, *PLANETS)))
    return planet.disc.flux_jy(frequency, distance_au(source, when))


def flux_of_kelvin(frequency_ghz: ArrayLike) -> Floats:
    """Return the flux density, Jy / (K sr), of brightness temperature (Rayleigh-Jeans)."""
    wavelength_m = LIGHT_M_PER_S / (np.asarray(frequency_ghz, np.float64) * 1e9)
    factor: Floats = 2.0 * BOLTZMANN_J_PER_K / wavelength_m**2 / JANSKY
    return factor


def _along(source: str, mjd: Floats) -> Floats:
    """Return the vectors, au, ICRS, from the site to a planet: (..., 3).

    They are found once a minute at most, and interpolated.
    """
    if source not in PLANETS:
        raise UnknownName("calibrator", source, (*FIXED, *PLANETS))
    flat = mjd.ravel()
    if flat.size == 0:
        return np.empty((*mjd.shape, 3))
    first, last = float(flat.min()), float(flat.max())
    count = min(flat.size, int((last - first) / _KNOT_D) + 2)
    knots = np.unique(flat) if count == flat.size else np.linspace(first, last, count)
    vectors = np.array([_vector(PLANETS[source].number, knot) for knot in knots])
    columns = [np.interp(flat, knots, column).reshape(mjd.shape) for column in vectors.T]
    return np.stack(columns, axis=-1)


def _vector(number: int, mjd: float) -> Floats:
    """Return one such vector: where the planet was when the light left it."""
    site = np.asarray(observer(mjd)["eb"])
    tdb = mjd + (float(erfa.dat(*_calendar(mjd))) + 32.184) / 86400.0
    delay_d = 0.0
    for _ in range(3):
        along: Floats = _from_barycentre(number, tdb - delay_d) - site
        delay_d = float(np.linalg.norm(along)) / LIGHT_AU_PER_D
    return along


def _from_barycentre(number: int, tdb: float) -> Floats:
    earth_from_sun, earth = erfa.epv00(MJD_ZERO, tdb)
    planet = erfa.plan94(MJD_ZERO, tdb, number)
    place: Floats = planet["p"] + earth["p"] - earth_from_sun["p"]
    return place


def _calendar(mjd: float) -> tuple[int, int, int, float]:
    year, month, day, part = erfa.jd2cal(MJD_ZERO, mjd)
    return int(year), int(month), int(day), float(part)
