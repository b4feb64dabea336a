"""From the horizon to ICRS and back, by SOFA's routines, without refraction.

Precession, nutation and aberration are taken at the middle of each minute, and the Earth's rotation
at each sample: exact to a thousandth of an arcsecond.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.receiver import HEIGHT_M, LATITUDE_DEG, LONGITUDE_DEG

Floats = NDArray[np.float64]
_MJD = 2_400_000.5
_BLOCK_D = 60 / 86400


def to_icrs(mjd: Floats, az_deg: Floats, el_deg: Floats) -> tuple[Floats, Floats]:
    """Return right ascension and declination of directions; all (time,), degrees, MJD in UTC."""
    import erfa  # noqa: PLC0415 - an extra

    ra, dec = np.empty_like(az_deg), np.empty_like(az_deg)
    az, zenith = np.radians(az_deg), np.radians(90 - el_deg)
    for block, astrom in _blocks(mjd):
        ri, di = erfa.atoiq("A", az[block], zenith[block], astrom)
        ra[block], dec[block] = erfa.aticq(ri, di, astrom)
    return np.degrees(ra), np.degrees(dec)


def to_horizon(mjd: Floats, ra_deg: float, dec_deg: float) -> tuple[Floats, Floats]:
    """Return azimuth and elevation of a place in ICRS; (time,), degrees."""
    import erfa  # noqa: PLC0415 - an extra

    az, el = np.empty_like(mjd), np.empty_like(mjd)
    for block, astrom in _blocks(mjd):
        ri, di = erfa.atciqz(np.radians(ra_deg), np.radians(dec_deg), astrom)
        azimuth, zenith, *_ = erfa.atioq(ri, di, astrom)
        az[block], el[block] = np.degrees(azimuth), 90 - np.degrees(zenith)
    return az, el


def _blocks(mjd: Floats) -> list[tuple[slice, Any]]:
    """Return the minutes of a series, each with SOFA's parameters of its samples."""
    import erfa  # noqa: PLC0415 - an extra

    starts = np.flatnonzero(np.diff((mjd - mjd[0]) // _BLOCK_D, prepend=-1.0))
    bounds = [*starts.tolist(), len(mjd)]
    place = np.radians(LONGITUDE_DEG), np.radians(LATITUDE_DEG), HEIGHT_M
    blocks = []
    for first, last in itertools.pairwise(bounds):
        block = slice(first, last)
        middle = float(mjd[block].mean())
        dut1_s = _ut1_minus_utc_s(middle)
        astrom, _ = erfa.apco13(_MJD, middle, dut1_s, *place, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5)
        ut1 = mjd[block] + dut1_s / 86400
        blocks.append((block, erfa.aper13(_MJD, ut1, astrom)))
    return blocks


def _ut1_minus_utc_s(mjd: float) -> float:
    from astropy.utils.iers import IERS_B  # noqa: PLC0415 - an extra

    return float(IERS_B.open().ut1_utc(_MJD, mjd).to_value("s"))
