"""Calibrators: the flux densities of the published models, and where planets stand."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.coordinates import EarthLocation, get_body
from astropy.time import Time

from gnomon.errors import UnknownName
from gnomon.instruments.comap.receiver import HEIGHT_M, LATITUDE_DEG, LONGITUDE_DEG
from gnomon.instruments.comap.science.calibrators import (
    PLANETS,
    distance_au,
    flux_jy,
    has_flux,
    known,
    place_error_arcsec,
    position_of,
)

GHZ = np.array([26.5, 30.0, 33.5])


@pytest.mark.parametrize(
    ("source", "jansky"),
    [
        ("TauA", (348.2, 335.4, 324.4)),
        ("CasA", (185.8, 170.5, 158.0)),
        ("CygA", (48.9, 42.3, 37.2)),
    ],
)
def test_fluxes_at_mjd_60500(source: str, jansky: tuple[float, ...]) -> None:
    np.testing.assert_allclose(flux_jy(source, GHZ, 60500.0), jansky, atol=0.051)


def test_jupiter_at_its_reference_distance() -> None:
    disc = PLANETS["Jupiter"].disc
    assert disc is not None
    np.testing.assert_allclose(disc.flux_jy(GHZ, np.array(5.2)), (75.0, 99.5, 128.0), atol=0.1)


def test_jupiter_fades_with_its_distance() -> None:
    mjd = np.array([60000.0, 60100.0, 60200.0])
    scaled = flux_jy("Jupiter", 30.0, mjd) * distance_au("Jupiter", mjd) ** 2
    np.testing.assert_allclose(scaled, scaled[0])
    assert 3.9 < distance_au("Jupiter", 60250.0) < 6.5


@pytest.mark.usefixtures("bulletin_a")
@pytest.mark.parametrize("planet", ["Jupiter", "Mars", "Venus"])
def test_planets_stand_where_astropy_has_them(planet: str) -> None:
    site = EarthLocation.from_geodetic(LONGITUDE_DEG, LATITUDE_DEG, HEIGHT_M)
    theirs = get_body(planet.lower(), Time(60500.3, format="mjd"), site, ephemeris="builtin")
    assert distance_au(planet, 60500.3) == pytest.approx(theirs.distance.au, abs=1e-9)
    ra, dec = position_of(planet, 60500.3)
    # GCRS has Earth's aberration in it, which is of up to 20.5".
    assert abs((ra - theirs.ra.deg) * np.cos(np.radians(dec))) * 3600 < 21.0
    assert abs(dec - theirs.dec.deg) * 3600 < 21.0


def test_positions_of_many_samples_are_those_of_each() -> None:
    mjd = 60500.0 + np.arange(20_000) * 0.02 / 86400.0
    many, one = position_of("Jupiter", mjd), position_of("Jupiter", mjd[7_777])
    assert many.ra_deg.shape == mjd.shape
    np.testing.assert_allclose(many.ra_deg[7_777], one.ra_deg, atol=1e-8)
    np.testing.assert_allclose(position_of("TauA", mjd).ra_deg, 83.633083)


def test_what_is_no_calibrator_says_so() -> None:
    assert known("TauA")
    assert known("Mars")
    assert not has_flux("Mars")
    assert place_error_arcsec("TauA") == 0.0
    assert place_error_arcsec("Jupiter") == 90.0
    assert not known("field4")
    with pytest.raises(UnknownName, match="TauA"):
        position_of("TauB", 60500.0)
    with pytest.raises(UnknownName):
        flux_jy("Mars", 30.0, 60500.0)
