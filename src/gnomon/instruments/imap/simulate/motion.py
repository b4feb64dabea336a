"""Where the simulated spacecraft is and how it turns, in closed form.

Nothing here asks SPICE, so that frames which come from the simulated kernels are compared with
something else. The Earth goes round the Sun on a circle in the ecliptic of J2000, the spacecraft
with it, at 0.99 of its distance. It spins about its +Z axis, which is pointed anew at every
midnight UTC, 4 degrees beside the Sun. All matrices take components in J2000 to components in the
frame of their name: v_frame = M @ v_j2000.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from gnomon.timescales.tt2000 import tt2000_of_utc

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

AU_KM = 149_597_870.7
DISTANCE_OF_EARTH = 0.99
YEAR_S = 365.25 * 86_400.0
EARTH_LONGITUDE_RAD = np.radians(100.46)
OBLIQUITY_RAD = np.radians(84_381.448 / 3600)
"""Of ECLIPJ2000 in SPICE."""
SPIN_PERIOD_S = 15.0
ASIDE_RAD = np.radians(4.0)
SUN_POLE_RAD = (np.radians(286.13), np.radians(63.87))
DIPOLE_RAD = (np.radians(-72.68), np.radians(80.65))
"""Right ascension and declination; longitude and latitude on the Earth."""
EARTH_TURN_DEG = (190.147, 360.985_623_5)
"""The prime meridian at J2000, and degrees a day of TDB."""
MAG_BASE_TO_SPACECRAFT = np.array([[0.0, -1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])


def tdb_seconds(tt2000: Times) -> Floats:
    """Return TDB, seconds since J2000, of TT2000, to some microseconds."""
    seconds = tt2000 / 1e9
    mean = 6.239996 + 1.99096871e-7 * seconds
    return np.asarray(seconds + 1.657e-3 * np.sin(mean + 1.671e-2 * np.sin(mean)))


def midnight(day: date) -> int:
    """Return the TT2000 at which a UTC day begins."""
    return int(tt2000_of_utc(np.datetime64(day.isoformat(), "ns")))


def earth_longitude(seconds: Floats) -> Floats:
    """Return the ecliptic longitude of the Earth as the Sun sees it, radians."""
    return np.asarray(EARTH_LONGITUDE_RAD + 2 * np.pi * seconds / YEAR_S)


def _from_ecliptic(vectors: Floats) -> Floats:
    """Turn ecliptic components into components of J2000."""
    cos, sin = np.cos(OBLIQUITY_RAD), np.sin(OBLIQUITY_RAD)
    return np.asarray(vectors @ np.array([[1, 0, 0], [0, cos, sin], [0, -sin, cos]]))


def outward(seconds: Floats) -> Floats:
    """Return the unit vectors from the Sun to the Earth, in J2000, shape (n, 3)."""
    longitude = earth_longitude(np.asarray(seconds))
    plane = np.stack([np.cos(longitude), np.sin(longitude), np.zeros_like(longitude)], axis=-1)
    return _from_ecliptic(plane)


def velocity(seconds: Floats) -> Floats:
    """Return the derivative of `outward`, per second."""
    ahead = outward(np.asarray(seconds) + YEAR_S / 4)
    return np.asarray(ahead * 2 * np.pi / YEAR_S)


def _pole(right_ascension: float, declination: float) -> Floats:
    cos = np.cos(declination)
    return np.array(
        [cos * np.cos(right_ascension), cos * np.sin(right_ascension), np.sin(declination)]
    )


def _axes(x: Floats, z: Floats) -> Floats:
    """Return matrices whose rows are X, Y and the part of Z across X, shape (n, 3, 3)."""
    y = np.cross(z, x)
    y /= np.linalg.norm(y, axis=-1, keepdims=True)
    return np.stack([x, y, np.cross(x, y)], axis=-2)


def gse(tt2000: Times) -> Floats:
    """X to the Sun, Z to the ecliptic pole."""
    sunward = -outward(tdb_seconds(tt2000))
    return _axes(sunward, np.broadcast_to(_from_ecliptic(np.array([0.0, 0, 1])), sunward.shape))


def gsm(tt2000: Times) -> Floats:
    """X to the Sun, the magnetic dipole in the plane of X and Z."""
    seconds = tdb_seconds(tt2000)
    start, rate = EARTH_TURN_DEG
    # The pole of the simulated Earth is that of J2000; its node lies 90 degrees from the meridian.
    longitude = np.radians(start + 90.0 + rate * seconds / 86_400.0) + DIPOLE_RAD[0]
    cos = np.cos(DIPOLE_RAD[1])
    dipole = np.stack(
        [
            cos * np.cos(longitude),
            cos * np.sin(longitude),
            np.full_like(longitude, np.sin(DIPOLE_RAD[1])),
        ],
        axis=-1,
    )
    return _axes(-outward(seconds), dipole)


def rtn(tt2000: Times) -> Floats:
    """R from the Sun, N the part across R of the Sun's axis."""
    radial = outward(tdb_seconds(tt2000))
    return _axes(radial, np.broadcast_to(_pole(*SUN_POLE_RAD), radial.shape))


def pointing(day: date) -> Floats:
    """Return the despun frame of one UTC day, shape (3, 3)."""
    sunward = -outward(tdb_seconds(np.array([midnight(day)])))[0]
    pole = _from_ecliptic(np.array([0.0, 0, 1]))
    aside = np.cross(pole, sunward)
    spin_axis = np.cos(ASIDE_RAD) * sunward + np.sin(ASIDE_RAD) * aside
    x = np.cross(pole, spin_axis)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(spin_axis, x), spin_axis])


def dsrf(tt2000: Times, first: date, days: int) -> Floats:
    """Return the despun frames of epochs in some days; those outside have the nearest day's."""
    starts = np.array([midnight(_day(first, n)) for n in range(days)])
    each = np.stack([pointing(_day(first, n)) for n in range(days)])
    at = np.clip(np.searchsorted(starts, tt2000, side="right") - 1, 0, days - 1)
    return np.asarray(each[at])


def spin(tt2000: Times) -> Floats:
    """Return what takes the despun frame to the spacecraft's, shape (n, 3, 3)."""
    phase = 2 * np.pi * np.mod(tdb_seconds(tt2000), SPIN_PERIOD_S) / SPIN_PERIOD_S
    cos, sin, zero, one = np.cos(phase), np.sin(phase), np.zeros_like(phase), np.ones_like(phase)
    rows = [[cos, sin, zero], [-sin, cos, zero], [zero, zero, one]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def srf(tt2000: Times, first: date, days: int) -> Floats:
    """Return the spacecraft's own frames."""
    return np.asarray(spin(tt2000) @ dsrf(tt2000, first, days))


def _day(first: date, number: int) -> date:
    return date.fromordinal(first.toordinal() + number)
