"""Matches by position: those of the plain definition, at the poles and at right ascension 0 too."""

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import ConfigError
from gnomon.instruments.sky.science.crossmatch import (
    match,
    mean_places,
    separations_arcsec,
    unit_vectors,
)

PLACES = st.lists(
    st.tuples(
        st.one_of(st.floats(0, 360), st.sampled_from([0.0, 1e-5, 359.99999, 180.0])),
        st.one_of(st.floats(-90, 90), st.sampled_from([90.0, -90.0, 89.99999, 0.0])),
    ),
    max_size=12,
)


def arrays(places):
    both = np.array(places, float).reshape(-1, 2)
    return both[:, 0], both[:, 1]


@settings(max_examples=60, deadline=None)
@given(PLACES, PLACES, st.sampled_from([1e-3, 2.0, 3600.0, 200_000.0, 648_000.0]))
def test_matches_are_all_pairs_within_the_radius(places, entries, radius):
    found = match(arrays(places), arrays(entries), radius)
    told = set(zip(found.object.tolist(), found.entry.tolist(), strict=True))
    every, other = (SkyCoord(*arrays(one), unit="deg") for one in (places, entries))
    apart = every[:, None].separation(other[None, :]).arcsec
    for pair, arcsec in np.ndenumerate(apart):
        if abs(arcsec - radius) > 1e-6:
            assert (pair in told) == (arcsec < radius)
    order = list(zip(found.object, found.separation_arcsec, found.entry, strict=True))
    assert order == sorted(order)


@settings(max_examples=40, deadline=None)
@given(PLACES, PLACES)
def test_the_nearest_is_the_first_of_all(places, entries):
    every = match(arrays(places), arrays(entries), 90_000.0)
    nearest = match(arrays(places), arrays(entries), 90_000.0, nearest=True)
    first = np.unique(every.object, return_index=True)[1]
    assert nearest.object.tolist() == every.object[first].tolist()
    assert nearest.entry.tolist() == every.entry[first].tolist()


def test_neither_a_pole_nor_the_origin_of_right_ascension_is_special():
    ra, dec = np.array([359.9999, 10.0, 200.0]), np.array([0.0, 89.9999, -89.9999])
    entries = np.array([0.0001, 190.0, 20.0]), np.array([0.0, 89.9999, -89.9999])
    found = match((ra, dec), entries, 1.0)
    assert list(zip(found.object, found.entry, strict=True)) == [(0, 0), (1, 1), (2, 2)]
    assert found.separation_arcsec == pytest.approx([0.72, 0.72, 0.72], abs=1e-6)


def test_angles_are_those_of_astropy_however_small_or_large():
    chance = np.random.default_rng(2)
    ra, dec = chance.uniform(0, 360, 200), np.degrees(np.arcsin(chance.uniform(-1, 1, 200)))
    for step in (1e-9, 1e-5, 1.0, 179.99999):
        angle = chance.uniform(0, 360, 200) * units.deg
        here = SkyCoord(ra, dec, unit="deg")
        there = here.directional_offset_by(angle, step * units.deg)
        other = unit_vectors(there.ra.deg, there.dec.deg)
        found = separations_arcsec(unit_vectors(ra, dec), other)
        assert found == pytest.approx(here.separation(there).arcsec, rel=1e-9, abs=2e-10)


def test_places_that_are_none_match_nothing():
    found = match((np.array([np.nan, 1.0]), np.zeros(2)), (np.array([1.0]), np.array([np.nan])), 5)
    assert len(found) == 0
    none = np.empty(0)
    assert len(match((none, none), (np.array([1.0]), np.array([1.0])), 5)) == 0


@pytest.mark.parametrize("radius", [0.0, -1.0, float("nan"), 1e9])
def test_a_radius_that_is_none_is_refused(radius):
    with pytest.raises(ConfigError, match="arcsec"):
        match((np.zeros(1), np.zeros(1)), (np.zeros(1), np.zeros(1)), radius)


def test_the_middle_of_places_around_the_origin_is_there():
    ra, dec = np.array([359.0, 1.0, 50.0, np.nan]), np.array([0.0, 0.0, 20.0, 5.0])
    found = mean_places(ra, dec, np.array([0, 0, 1, 2]), 3)
    assert np.mod(found[0][0] + 180, 360) == pytest.approx(180)
    assert found[0][1:] == pytest.approx([50.0, np.nan], nan_ok=True)
    assert found[1] == pytest.approx([0.0, 20.0, np.nan], nan_ok=True)
