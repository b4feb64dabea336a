"""Where the telescope looks: azimuth and elevation to RA and Dec (ICRS) and back, exactly.

The transformation is that of the IAU's Standards of Fundamental Astronomy (precession, nutation,
aberration, the Sun's deflection, polar motion, UT1 of the bundled Bulletin A), for an observer at
the site's height and without refraction, which the telescope's control takes away. Earth's attitude
and velocity are computed once a minute and only turned in between, which errs by less than 0.01".
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import astropy_iers_data  # type: ignore[import-untyped]
import erfa
import numpy as np
from numpy.typing import ArrayLike, NDArray

from gnomon.instruments.comap.receiver import HEIGHT_M, LATITUDE_DEG, LONGITUDE_DEG

Floats = NDArray[np.float64]
MJD_ZERO = 2400000.5
_BLOCK_D = 60.0 / 86400.0
_ARCSEC = np.pi / 180.0 / 3600.0
_LAST_LEAP_SECOND_MJD = 57754.0
# Where Bulletin A has its columns: MJD, x and y of the pole in arcsec, UT1 - UTC in s.
_COLUMNS = (slice(7, 15), slice(18, 27), slice(37, 46), slice(58, 68))


class Sky(NamedTuple):
    """A direction: longitude and latitude on some sphere, both in degrees, of one shape."""

    lon_deg: Floats
    lat_deg: Floats


class EarthOrientation(NamedTuple):
    """How Earth is turned, day by day: (day,) MJD, s, and radians of the pole."""

    mjd: Floats
    ut1_utc_s: Floats
    pole_x: Floats
    pole_y: Floats

    def at(self, mjd: Floats | float) -> tuple[Any, Any, Any]:
        """Return UT1 - UTC in s and the pole in radians; beyond the table, those of its end."""
        values = (self.ut1_utc_s, self.pole_x, self.pole_y)
        ut1, x, y = (np.interp(mjd, self.mjd, column) for column in values)
        return ut1, x, y


@cache
def earth_orientation() -> EarthOrientation:
    """Return Bulletin A as `astropy-iers-data` has it, since the last leap second."""
    with Path(astropy_iers_data.IERS_A_FILE).open(encoding="ascii") as lines:
        rows = [[line[column] for column in _COLUMNS] for line in lines if line[58:68].strip()]
    mjd, x, y, ut1 = np.array(rows, np.float64).T
    kept = mjd >= _LAST_LEAP_SECOND_MJD
    return EarthOrientation(mjd[kept], ut1[kept], x[kept] * _ARCSEC, y[kept] * _ARCSEC)


def equatorial_of(az_deg: ArrayLike, el_deg: ArrayLike, mjd: ArrayLike) -> Sky:
    """Return RA and Dec (ICRS) of a direction seen from the site.

    Parameters
    ----------
    az_deg, el_deg : array_like
        Azimuth from north through east, elevation; degrees.
    mjd : array_like
        UTC. All three broadcast together.

    Returns
    -------
    Sky
        RA in [0, 360), Dec; NaN where an input is not finite.
    """
    az, el, when = _together(az_deg, el_deg, mjd)
    ra, dec = np.full(az.shape, np.nan), np.full(az.shape, np.nan)
    for some, seen in _minutes(when, np.isfinite(az + el)):
        zenith_distance = np.pi / 2 - np.radians(el[some])
        cirs = erfa.atoiq("A", np.radians(az[some]), zenith_distance, seen)
        found = erfa.aticq(*cirs, seen)
        ra[some], dec[some] = np.degrees(found[0]), np.degrees(found[1])
    shape = np.broadcast_shapes(np.shape(az_deg), np.shape(el_deg), np.shape(mjd))
    return Sky(np.mod(ra, 360.0).reshape(shape), dec.reshape(shape))


def horizontal_of(ra_deg: ArrayLike, dec_deg: ArrayLike, mjd: ArrayLike) -> Sky:
    """Return azimuth and elevation, seen from the site, of a direction of the ICRS.

    Parameters
    ----------
    ra_deg, dec_deg : array_like
        Degrees.
    mjd : array_like
        UTC. All three broadcast together.

    Returns
    -------
    Sky
        Azimuth in [0, 360), elevation; NaN where an input is not finite.
    """
    ra, dec, when = _together(ra_deg, dec_deg, mjd)
    az, el = np.full(ra.shape, np.nan), np.full(ra.shape, np.nan)
    for some, seen in _minutes(when, np.isfinite(ra + dec)):
        cirs = erfa.atciqz(np.radians(ra[some]), np.radians(dec[some]), seen)
        found = erfa.atioq(*cirs, seen)
        az[some], el[some] = np.degrees(found[0]), 90.0 - np.degrees(found[1])
    shape = np.broadcast_shapes(np.shape(ra_deg), np.shape(dec_deg), np.shape(mjd))
    return Sky(np.mod(az, 360.0).reshape(shape), el.reshape(shape))


def offsets(lon_deg: ArrayLike, lat_deg: ArrayLike, origin: Sky) -> Sky:
    """Return how far directions lie from an origin, on the sphere.

    Parameters
    ----------
    lon_deg, lat_deg : array_like
        Degrees, on the sphere of `origin` (horizontal or equatorial).
    origin : Sky
        One direction, or one for each.

    Returns
    -------
    Sky
        Degrees along the parallel (already times the cosine of the latitude) and along the
        meridian: orthographic, so exact at the origin and for its rotation.
    """
    turn = np.radians(np.asarray(lon_deg) - origin.lon_deg)
    lat, lat0 = np.radians(lat_deg), np.radians(origin.lat_deg)
    along = np.cos(lat) * np.sin(turn)
    up = np.sin(lat) * np.cos(lat0) - np.cos(lat) * np.sin(lat0) * np.cos(turn)
    return Sky(np.degrees(along), np.degrees(up))


def observer(mjd: float) -> Any:
    """Return what SOFA knows of the site at an instant (an ``eraASTROM``)."""
    ut1, x, y = earth_orientation().at(mjd)
    longitude, latitude = np.radians(LONGITUDE_DEG), np.radians(LATITUDE_DEG)
    no_air = (0.0, 0.0, 0.0, 1.0)
    seen, _ = erfa.apco13(MJD_ZERO, mjd, ut1, longitude, latitude, HEIGHT_M, x, y, *no_air)
    return seen


def _minutes(mjd: Floats, usable: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.intp], Any]]:
    """Yield the samples of each minute with Earth as it is turned at each of them."""
    (known,) = np.nonzero(usable & np.isfinite(mjd))
    number = np.floor(mjd[known] / _BLOCK_D)
    order = np.argsort(number, kind="stable")
    cuts = np.flatnonzero(np.diff(number[order])) + 1
    for block in np.split(order, cuts) if len(order) else ():
        some = known[block]
        seen = observer(float(mjd[some].mean()))
        ut1_utc = earth_orientation().at(mjd[some])[0]
        angle = erfa.era00(MJD_ZERO, mjd[some] + ut1_utc / 86400.0)
        yield some, erfa.aper(angle, seen)


def _together(*values: ArrayLike) -> tuple[Floats, ...]:
    arrays = np.broadcast_arrays(*(np.asarray(value, np.float64) for value in values))
    return tuple(array.ravel() for array in arrays)
