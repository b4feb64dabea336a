"""Directions: against astropy's own transformation, there and back, and beyond the tables."""

from __future__ import annotations

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import AltAz, EarthLocation, SkyCoord
from astropy.time import Time
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.instruments.comap.receiver import HEIGHT_M, LATITUDE_DEG, LONGITUDE_DEG
from gnomon.instruments.comap.science.coordinates import (
    Sky,
    earth_orientation,
    equatorial_of,
    horizontal_of,
    offsets,
)

MJD = 60500.0 + np.linspace(0.0, 0.04, 173)
ARCSEC = 1.0 / 3600.0


@pytest.mark.usefixtures("bulletin_a")
def test_astropy_sees_a_star_in_the_same_place() -> None:
    site = EarthLocation(LONGITUDE_DEG * u.deg, LATITUDE_DEG * u.deg, HEIGHT_M * u.m)
    frame = AltAz(obstime=Time(MJD, format="mjd"), location=site)
    theirs = SkyCoord(83.63 * u.deg, 22.01 * u.deg).transform_to(frame)
    ours = horizontal_of(83.63, 22.01, MJD)
    away = offsets(ours.lon_deg, ours.lat_deg, Sky(theirs.az.deg, theirs.alt.deg))
    assert np.hypot(*away).max() < 0.01 * ARCSEC


@settings(max_examples=40, deadline=None)
@given(st.floats(0.0, 359.999), st.floats(5.0, 88.0), st.floats(58200.0, 62000.0))
def test_there_and_back(az: float, el: float, mjd: float) -> None:
    again = horizontal_of(*equatorial_of(az, el, mjd), mjd)
    away = offsets(again.lon_deg, again.lat_deg, Sky(np.array(az), np.array(el)))
    assert np.hypot(*away) < 1e-5 * ARCSEC


def test_minutes_join_without_a_step() -> None:
    mjd = 60500.0 + np.arange(6000) * 0.02 / 86400.0
    seen = horizontal_of(83.63, 22.01, mjd)
    for values in seen:
        assert np.abs(np.diff(values, 3)).max() < 0.002 * ARCSEC


def test_the_order_of_samples_does_not_matter() -> None:
    shuffled = np.random.default_rng(1).permutation(len(MJD))
    straight, mixed = equatorial_of(120.0, 50.0, MJD), equatorial_of(120.0, 50.0, MJD[shuffled])
    np.testing.assert_allclose(mixed.lon_deg, straight.lon_deg[shuffled], atol=2e-6)


def test_what_is_not_finite_stays_so() -> None:
    found = equatorial_of([10.0, np.nan], [45.0, 45.0], [60500.0, 60500.0])
    assert np.isfinite(found.lon_deg[0])
    assert np.isnan(found.lon_deg[1])
    assert equatorial_of([], [], []).lon_deg.shape == (0,)


def test_earth_turns_on_beyond_the_table() -> None:
    table = earth_orientation()
    ut1, _, _ = table.at(table.mjd[-1] + 400.0)
    assert ut1 == table.ut1_utc_s[-1]
    assert abs(ut1) < 1.0


def test_offsets_are_those_of_the_sphere() -> None:
    along, up = offsets(10.1, 60.0, Sky(np.array(10.0), np.array(60.0)))
    assert along == pytest.approx(0.05, rel=1e-5)
    assert abs(up) < 1e-4
