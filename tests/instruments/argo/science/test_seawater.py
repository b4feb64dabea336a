"""Sea water by TEOS-10: values of the library's own checks, and no value out of nothing."""

import sys

import numpy as np
import pytest

from gnomon.errors import MissingExtra
from gnomon.instruments.argo.science.seawater import Derived, derive
from gnomon.instruments.argo.tables.columns import DERIVED

NAN = np.nan
# Check values of the GSW manual, gsw_SA_from_SP and others, at 188 E, 4 N.
SP = np.array([34.5487, 34.7275, 34.8605, 34.6810, 34.5680, 34.5600], "f4")
T = np.array([28.7856, 28.4329, 22.8103, 10.2600, 6.8863, 4.4036], "f4")
P = np.array([10, 50, 125, 250, 600, 1000], "f4")
SA = [34.711778, 34.891523, 35.025545, 34.847229, 34.736628, 34.732363]
CT = [28.809920, 28.439199, 22.786177, 10.226189, 6.827214, 4.323576]
LATITUDE, LONGITUDE = np.full(6, 4.0), np.full(6, 188.0 - 360)


def test_check_values_of_the_gsw_manual():
    water = derive(P, T, SP, LATITUDE, LONGITUDE)
    np.testing.assert_allclose(water.absolute_salinity_g_kg, SA, atol=1e-4)  # of another atlas
    np.testing.assert_allclose(water.conservative_temperature_c, CT, atol=1e-4)
    assert (np.diff(water.sigma0_kg_m3) > 0).all()
    assert (water.density_kg_m3 > 1000 + water.sigma0_kg_m3).all()
    assert (water.potential_temperature_c <= T).all()


def test_depth_needs_pressure_and_latitude_only():
    pres, latitude, none = np.full(2, 2000, "f4"), np.array([0.0, 60.0]), np.full(2, NAN, "f4")
    depth = derive(pres, none, none, latitude, np.full(2, NAN)).depth_m
    np.testing.assert_allclose(depth, [1979.6, 1971.7], atol=0.1)


def test_every_column_is_there_by_its_name():
    water = derive(P, T, SP, LATITUDE, LONGITUDE)
    assert Derived.__slots__ == tuple(column.name for column in DERIVED)
    assert {getattr(water, column.name).dtype for column in DERIVED} == {np.dtype("f4")}


@pytest.mark.parametrize("lacks", ["pres", "temp", "psal", "latitude", "longitude"])
def test_nothing_comes_of_nothing(lacks):
    given = {"pres": P, "temp": T, "psal": SP, "latitude": LATITUDE, "longitude": LONGITUDE}
    values = given[lacks].copy()
    values[2] = NAN
    water = derive(**{**given, lacks: values})
    whole = derive(**given)
    for column in DERIVED:
        found, expected = getattr(water, column.name), getattr(whole, column.name).copy()
        if column.name != "depth_m" or lacks in {"pres", "latitude"}:
            expected[2] = NAN
        np.testing.assert_array_equal(found, expected)


def test_a_negative_salinity_is_none():
    assert np.isnan(derive(P, T, np.where(P == 50, -1, SP), LATITUDE, LONGITUDE).sigma0_kg_m3[1])


def test_no_levels_at_all():
    none = np.zeros(0, "f4")
    assert derive(none, none, none, none, none).depth_m.shape == (0,)


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "gsw", None)
    with pytest.raises(MissingExtra, match=r"gnomon\[argo\]"):
        derive(P, T, SP, LATITUDE, LONGITUDE)
