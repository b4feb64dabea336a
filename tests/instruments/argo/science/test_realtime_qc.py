"""Each test fires on its fault and nowhere else; clean water passes; real data centres agree."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.instruments.argo.files.core import read_profiles
from gnomon.instruments.argo.science.realtime_qc import (
    BAD,
    DATE,
    DEEPEST_PRESSURE,
    DENSITY_INVERSION,
    DIGIT_ROLLOVER,
    GLOBAL_RANGE,
    GOOD,
    GRADIENT,
    LOCATION,
    MEDITERRANEAN,
    NONE,
    PRESSURE_INCREASING,
    PROBABLY_BAD,
    RED_SEA,
    REGIONAL_RANGE,
    SPIKE,
    STUCK_VALUE,
    Agreement,
    Casts,
    Rules,
    compare,
    examine,
    within,
)

LEVELS, PROFILES = 60, 3
PRES = np.linspace(5.0, 1480.0, LEVELS)
RULES = Rules()


def clean(profiles=PROFILES, levels=LEVELS):
    """Return stable profiles in the open North Atlantic."""
    pres = np.tile(PRES[:levels], profiles)
    return Casts(
        counts=np.full(profiles, levels),
        pres=pres.astype("f4"),
        temp=(4 + 16 * np.exp(-pres / 400)).astype("f4"),
        psal=(35 + 0.2 * np.exp(-pres / 400)).astype("f4"),
        juld=25_000.0 + 10 * np.arange(profiles),
        latitude=np.full(profiles, 35.0),
        longitude=np.full(profiles, -40.0),
        primary=np.ones(profiles, bool),
        descending=np.zeros(profiles, bool),
    )


def changed(casts, name, at, value):
    """Return the casts with other values of a parameter."""
    values = getattr(casts, name).copy()
    values[at] = value
    return dataclasses.replace(casts, **{name: values})


def failed(verdict, test):
    """Return the levels that fail a test."""
    return np.flatnonzero(verdict.failed >> test & 1).tolist()


def flagged(verdict, name):
    """Return the levels whose flag of a parameter is not good."""
    return np.flatnonzero(np.isin(verdict.flags[name], (3, 4))).tolist()


def only(verdict, *tests):
    """Tell whether no other test than these fired."""
    allowed = sum(1 << test for test in tests)
    return not (verdict.failed & ~np.int32(allowed)).any()


MIDDLE = LEVELS + 30  # of the second profile, at 755 dbar


def test_clean_profiles_pass_all():
    verdict = examine(clean(), Rules(deepest_pressure=2000.0))
    assert not verdict.failed.any()
    assert all((flags == GOOD).all() for flags in verdict.flags.values())


def test_simulated_floats_pass_but_where_they_are_made_bad(gdac):
    for path in gdac.folder.glob("dac/*/*/*_prof.nc"):
        p = read_profiles(path)
        stands = p.stands
        raw, qc = (array[:, 0][:, stands] for array in (p.values, p.qc))
        casts = Casts(
            stands.sum(axis=1), *raw, p.juld, p.latitude, p.longitude, p.n_prof == 0,
            p.direction == b"D",
        )  # fmt: skip
        verdict = examine(casts, RULES)
        bad = np.isin(qc, (3, 4)).any(axis=0)
        marked = np.convolve(bad, np.ones(3), "same") > 0  # a bad level takes its neighbours along
        tests = {n for n in range(30) if (verdict.failed >> n & 1)[~marked].any()}
        assert not tests, (path.name, tests)


@pytest.mark.parametrize(
    ("name", "at", "size", "fires"),
    [
        ("temp", 3, 7.0, True),
        ("temp", 3, 5.0, False),
        ("temp", MIDDLE, 2.5, True),
        ("temp", MIDDLE, 1.9, False),
        ("psal", 10, -1.0, True),
        ("psal", 10, -0.8, False),
        ("psal", MIDDLE, -0.35, True),
        ("psal", MIDDLE, -0.25, False),
    ],
)
def test_spikes_have_thresholds_by_depth(name, at, size, fires):
    casts = clean()
    verdict = examine(changed(casts, name, at, getattr(casts, name)[at] + size), RULES)
    assert failed(verdict, SPIKE) == ([at] if fires else [])
    assert only(verdict, SPIKE, GRADIENT, DENSITY_INVERSION), "light water below dense"
    assert set(flagged(verdict, name.upper())) <= {at - 1, at, at + 1}


def test_the_gradient_is_recorded_and_flags_only_when_asked():
    casts = clean()
    shifted = changed(casts, "temp", slice(MIDDLE, 2 * LEVELS), casts.temp[MIDDLE] - 8)
    verdict = examine(shifted, RULES)
    assert failed(verdict, GRADIENT)
    assert not failed(verdict, SPIKE)
    assert only(verdict, GRADIENT)
    assert not flagged(verdict, "TEMP")
    strict = examine(shifted, Rules(gradient_flags=True))
    assert MIDDLE in flagged(strict, "TEMP")


def test_a_rollover_condemns_both_sides_of_the_jump():
    casts = clean()
    rolled = changed(casts, "psal", slice(MIDDLE, 2 * LEVELS), 29.0)
    verdict = examine(rolled, RULES)
    assert failed(verdict, DIGIT_ROLLOVER) == [MIDDLE - 1, MIDDLE]
    assert {MIDDLE - 1, MIDDLE} <= set(flagged(verdict, "PSAL"))


def test_profiles_do_not_touch_each_other():
    casts = clean()
    warm = changed(casts, "temp", slice(LEVELS, 2 * LEVELS), casts.temp[:LEVELS] + 12)
    assert not examine(warm, RULES).failed.any(), "the jump lies between two profiles"


def test_a_stuck_sensor_condemns_its_profile():
    verdict = examine(changed(clean(), "psal", slice(LEVELS, 2 * LEVELS), 35.0), RULES)
    assert failed(verdict, STUCK_VALUE) == list(range(LEVELS, 2 * LEVELS))
    assert flagged(verdict, "PSAL") == list(range(LEVELS, 2 * LEVELS))
    assert not flagged(verdict, "TEMP")
    few = clean(profiles=2, levels=2)
    assert not failed(examine(changed(few, "temp", slice(None), 20.0), RULES), STUCK_VALUE)


def test_an_inversion_condemns_both_levels():
    casts = clean()
    verdict = examine(changed(casts, "psal", MIDDLE, casts.psal[MIDDLE] + 0.2), RULES)
    assert only(verdict, DENSITY_INVERSION)
    assert failed(verdict, DENSITY_INVERSION) == [MIDDLE, MIDDLE + 1]
    assert flagged(verdict, "TEMP") == flagged(verdict, "PSAL") == [MIDDLE, MIDDLE + 1]
    slight = changed(casts, "psal", MIDDLE, casts.psal[MIDDLE] + 0.03)
    assert not examine(slight, RULES).failed.any()


@pytest.mark.parametrize(
    ("name", "value", "flag"),
    [
        ("pres", -6.0, BAD),
        ("pres", -3.0, PROBABLY_BAD),
        ("temp", 41.0, BAD),
        ("temp", -2.6, BAD),
        ("psal", 1.9, BAD),
        ("psal", 41.5, BAD),
    ],
)
def test_values_out_of_range(name, value, flag):
    at = LEVELS if name == "pres" else MIDDLE
    verdict = examine(changed(clean(), name, at, value), RULES)
    assert only(verdict, GLOBAL_RANGE)
    assert failed(verdict, GLOBAL_RANGE) == [at]
    assert verdict.flags[name.upper()][at] == flag
    salinity = flag if name != "psal" else BAD
    assert verdict.flags["PSAL"][at] == salinity, "it is computed from the others"


def test_a_wild_pressure_does_not_cost_the_profile_below_it():
    verdict = examine(changed(clean(), "pres", LEVELS + 4, 1687.3), RULES)
    assert failed(verdict, PRESSURE_INCREASING) == [LEVELS + 4]
    assert all(flagged(verdict, name) == [LEVELS + 4] for name in ("PRES", "TEMP", "PSAL"))


def test_zeros_at_the_end_and_repeats_are_bad():
    casts = changed(clean(), "pres", slice(2 * LEVELS - 5, 2 * LEVELS), 0.0)
    assert failed(examine(casts, RULES), PRESSURE_INCREASING) == list(
        range(2 * LEVELS - 5, 2 * LEVELS)
    )
    casts = changed(clean(), "pres", [MIDDLE, MIDDLE + 1], clean().pres[MIDDLE - 1])
    assert failed(examine(casts, RULES), PRESSURE_INCREASING) == [MIDDLE, MIDDLE + 1]


@given(st.lists(st.integers(0, 12), min_size=1, max_size=12))
@settings(max_examples=150, deadline=None)
def test_what_is_left_of_any_pressures_increases_and_is_most_of_them(values):
    n = len(values)
    base = clean(profiles=1, levels=LEVELS)
    casts = dataclasses.replace(
        base,
        counts=np.array([n]),
        pres=np.array(values, "f4") * 10,
        temp=np.full(n, np.nan, "f4"),
        psal=np.full(n, np.nan, "f4"),
    )
    kept = casts.pres[examine(casts, RULES).flags["PRES"] == GOOD]
    assert (np.diff(kept) > 0).all()
    best = [1] * n
    for i in range(n):
        best[i] += max((best[j] for j in range(i) if values[j] < values[i]), default=0)
    assert len(kept) == max(best)


def test_regions_have_ranges_of_their_own():
    casts = dataclasses.replace(
        clean(), latitude=np.array([35.0, 36.0, np.nan]), longitude=np.array([-40.0, 18.0, 18.0])
    )
    verdict = examine(casts, RULES)
    cold = np.flatnonzero(casts.temp[LEVELS : 2 * LEVELS] < 10) + LEVELS
    assert failed(verdict, REGIONAL_RANGE) == cold.tolist()


def test_points_in_the_manuals_regions():
    points = {"Suez": (32.6, 29.9), "Jeddah": (38.0, 21.0), "Aden": (47.0, 12.5)}
    points |= {"Crete": (26.0, 34.0), "Ligurian": (8.5, 43.5), "Atlantic": (-20.0, 36.0)}
    places = np.array(list(points.values())).T
    red, med = (within(*places, region.corners) for region in (RED_SEA, MEDITERRANEAN))
    assert dict(zip(points, red.tolist(), strict=True))["Jeddah"]
    assert dict(zip(points, med.tolist(), strict=True)) == {
        name: name in {"Crete", "Ligurian"} for name in points
    }
    assert not within(np.array([np.nan]), np.array([np.nan]), RED_SEA.corners).any()


def test_date_and_location_are_recorded_and_flag_no_value():
    casts = dataclasses.replace(
        clean(),
        juld=np.array([16_000.0, 25_000.0, np.nan]),
        latitude=np.array([35.0, 95.0, np.nan]),
    )
    verdict = examine(casts, RULES)
    assert failed(verdict, DATE) == list(range(LEVELS))
    assert failed(verdict, LOCATION) == list(range(LEVELS, 2 * LEVELS))
    assert all((flags == GOOD).all() for flags in verdict.flags.values())


def test_deeper_than_programmed_is_probably_bad():
    casts = clean()
    verdict = examine(casts, Rules(deepest_pressure=1000.0))
    below = np.flatnonzero(casts.pres > 1100).tolist()
    assert failed(verdict, DEEPEST_PRESSURE) == below
    assert set(verdict.flags["TEMP"][below]) == {PROBABLY_BAD}


def test_missing_values_are_not_judged_and_no_neighbours():
    casts = changed(clean(), "psal", [MIDDLE - 1, MIDDLE], np.nan)
    verdict = examine(casts, RULES)
    assert not verdict.failed.any()
    assert verdict.flags["PSAL"][MIDDLE] == NONE
    empty = dataclasses.replace(
        clean(), counts=np.zeros(3, int), **{n: np.zeros(0, "f4") for n in ("pres", "temp", "psal")}
    )
    assert len(examine(empty, RULES).failed) == 0


def test_agreement_counts_both_ways():
    ours, dac = np.array([1, 4, 4, 1, -1, 1], "i1"), np.array([1, 4, 1, 3, 4, 9], "i1")
    assert compare(ours, dac) == Agreement(n_values=4, n_ours=2, n_dac=2, n_both=1)
    assert compare(ours, dac).share == 0.5
    assert np.isnan(Agreement(0, 0, 0, 0).share)


@pytest.mark.parametrize(
    ("name", "caught", "share"),
    [
        ("incois/2902269", 0.999, 0.99),
        ("kordi/2901780", 0.55, 0.998),
        ("incois/2902227", 0.7, 0.99),
    ],
)
def test_real_floats_agree_with_their_data_centres(real, name, caught, share):
    (path,) = (real / "dac" / name).glob("*_prof.nc")
    p = read_profiles(path)
    stands = p.stands
    raw, qc = (array[:, 0][:, stands] for array in (p.values, p.qc))
    casts = Casts(
        stands.sum(axis=1), *raw, p.juld, p.latitude, p.longitude, p.n_prof == 0,
        p.direction == b"D",
    )  # fmt: skip
    verdict = examine(casts, RULES)
    found = [
        compare(verdict.flags[n], q) for n, q in zip(("PRES", "TEMP", "PSAL"), qc, strict=True)
    ]
    assert found[0].n_both / found[0].n_dac > caught
    assert all(agreement.share > share for agreement in found)
    wild = casts.pres < -2000
    assert (verdict.flags["PRES"][wild] == BAD).all()
    assert wild.any() == (name == "kordi/2901780")
