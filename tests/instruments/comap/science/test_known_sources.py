"""Which samples look at a known source."""

import numpy as np
import pytest
from tests.instruments.comap.streams import MJD, Scene

from gnomon.instruments.comap.science.calibrators import sky_of
from gnomon.instruments.comap.science.coordinates import Sky
from gnomon.instruments.comap.science.known_sources import (
    Place,
    Pointing,
    crossing_samples,
    on_source,
)

SOMEWHERE = Sky(50.0, 20.0)


def pointing_of(scene):
    return Pointing(scene.mjd, scene.az, scene.el)


@pytest.mark.parametrize("source", ["TauA", "CasA", "Jupiter"])
def test_calibrators_are_followed(source):
    place = sky_of(source, np.array([MJD]))
    scene = Scene(centre=Sky(*(one.item() for one in place)), height_deg=0.3)
    found = on_source(pointing_of(scene), source, 12.0)
    sure = np.abs(scene.away_arcmin - 12) > 0.02
    assert np.array_equal(found[sure], scene.away_arcmin[sure] < 12)
    assert found.any()


def test_the_brightest_count_in_any_observation_and_planets_only_in_their_own():
    tau = pointing_of(Scene())
    assert on_source(tau, "co2", 12.0).any()
    place = sky_of("Jupiter", np.array([MJD]))
    jupiter = pointing_of(Scene(centre=Sky(*(one.item() for one in place))))
    assert not on_source(jupiter, "co2", 12.0).any()


def test_places_may_be_given():
    scene = Scene(centre=SOMEWHERE)
    assert not on_source(pointing_of(scene), "field1", 12.0).any()
    found = on_source(pointing_of(scene), "field1", 12.0, [Place(*SOMEWHERE, 5.0)])
    sure = np.abs(scene.away_arcmin - 5) > 0.02
    assert np.array_equal(found[sure], scene.away_arcmin[sure] < 5)


def test_pointing_that_is_not_known_looks_at_nothing():
    scene = Scene()
    scene.az[:100] = np.nan
    assert not on_source(pointing_of(scene), "TauA", 12.0)[:100].any()
    scene.az[:] = np.nan
    assert not on_source(pointing_of(scene), "TauA", 12.0).any()


def test_the_beam_crosses_in_its_width_over_the_speed():
    n = np.arange(1000)
    turning = Pointing(MJD + n / 50 / 86400, (359 + n * 0.01) % 360, np.full(1000, 60.0))
    assert crossing_samples(turning) == pytest.approx(4.5 / (0.01 * 60 * 0.5), rel=1e-3)


def test_a_telescope_that_stands_still_crosses_nothing():
    still = Pointing(np.arange(10.0), np.ones(10), np.ones(10))
    assert crossing_samples(still) == np.inf
    assert crossing_samples(Pointing(np.zeros(0), np.zeros(0), np.zeros(0))) == np.inf
