"""The pointing model: there and back, and fitted to what it predicts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.errors import BadData
from gnomon.instruments.comap.science.pointing_model import PointingModel, fitted

small = st.floats(-0.1, 0.1)
models = st.builds(
    PointingModel, small, small, small, small, small, small, st.floats(-180.0, 180.0)
)


@given(models, st.floats(0.0, 360.0), st.floats(10.0, 80.0))
def test_there_and_back(model, az, el):
    again = model.encoders_of(*model.sky_of(az, el))
    assert again.lon_deg == pytest.approx(az, abs=1e-7)
    assert again.lat_deg == pytest.approx(el, abs=1e-7)


def test_terms_have_the_signs_of_the_definition():
    az, el = 30.0, 50.0
    sky = PointingModel(ia=0.1, ie=0.2).sky_of(az, el)
    assert sky.lon_deg == pytest.approx(az - 0.1 / np.cos(np.radians(el)))
    assert sky.lat_deg == pytest.approx(el - 0.2)
    tilted = PointingModel(aw=0.1, off=60.0).errors(az, el)
    assert tilted.lat_deg == pytest.approx(0.1)
    turn = np.cos(np.radians(az)) * np.tan(np.radians(el)) / np.cos(np.radians(el))
    assert tilted.lon_deg == pytest.approx(0.1 * turn)


def test_a_fit_finds_the_model():
    chance = np.random.default_rng(1)
    az, el = chance.uniform(0, 360, 200), chance.uniform(25, 75, 200)
    true = PointingModel(0.03, -0.05, 0.01, 0.02, -0.015, 0.04, 25.0)
    d_az, d_el = true.errors(az, el)
    noise = chance.normal(size=(2, 200)) * 2.0 / 3600.0
    found = fitted(az, el, d_az * np.cos(np.radians(el)) + noise[0], d_el + noise[1])
    again = found.errors(az, el)
    away = (again.lon_deg - d_az) * np.cos(np.radians(el)), again.lat_deg - d_el
    assert np.hypot(*away).std() * 3600 < 1.0
    assert found.off == pytest.approx(25.0, abs=3.0)
    assert found.aw == pytest.approx(0.02, abs=0.001)


def test_without_a_tilt_nothing_is_turned():
    az, el = np.linspace(0, 300, 12), np.linspace(30, 60, 12)
    true = PointingModel(ia=0.02, ie=0.01)
    d_az, d_el = true.errors(az, el)
    found = fitted(az, el, d_az * np.cos(np.radians(el)), d_el)
    assert found.off == 0.0
    assert found.ia == pytest.approx(0.02, abs=1e-6)


def test_too_few_directions_are_refused():
    three = np.array([10.0, 20.0, 30.0])
    with pytest.raises(BadData, match="3 directions"):
        fitted(three, three, three, three)


def test_parameters_in_their_order():
    assert PointingModel.of_parameters([1, 2, 3, 4, 5, 6, 7]).ca == 6.0
    with pytest.raises(BadData, match="npae"):
        PointingModel.of_parameters([1, 2, 3])


def test_the_zenith_has_no_encoders():
    with pytest.raises(BadData, match="zenith"):
        PointingModel(npae=0.1, aw=0.1).encoders_of(10.0, 89.95)
