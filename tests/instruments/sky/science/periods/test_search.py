"""The period of a curve: that of real and simulated stars, and none where there is none."""

import csv
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import ConfigError
from gnomon.instruments.sky.curves.batches import Curve, curves_of
from gnomon.instruments.sky.curves.reading import read_curves
from gnomon.instruments.sky.curves.schema import BTJD, MJD_UTC, Answer, part_table
from gnomon.instruments.sky.science.periods.aliases import aliases_of
from gnomon.instruments.sky.science.periods.lombscargle import Peak
from gnomon.instruments.sky.science.periods.period import Alias, Search
from gnomon.instruments.sky.science.periods.search import (
    find_period,
    find_periods,
    periodogram_of,
)
from gnomon.instruments.sky.science.periods.table import SCHEMA, flat_table, period_table

NIGHTS = 58_000 + np.sort(
    np.random.default_rng(2).choice(600, 160, replace=False)
    + np.random.default_rng(3).normal(0.2, 0.08, 160)
)
LS = Search(terms=2, min_period_d=0.2, max_period_d=60, oversampling=5)


def seen(star, band="r", noise=0.02, seed=0):
    value = star.magnitude(band, NIGHTS) + noise * np.random.default_rng(seed).normal(size=160)
    return Curve(star.name, band, NIGHTS, value, np.full(160, noise), "mag", MJD_UTC)


def kind(sky, name):
    return next(star for star in sky.stars if star.variability == name)


def test_an_rr_lyrae_star_is_found(sky):
    star = kind(sky, "rrlyrae")
    found = find_period(seen(star), LS)
    assert found.significant
    assert not found.reason
    assert found.period_d == pytest.approx(star.period_d, abs=4 * found.period_error_d)
    assert found.period_error_d < 1e-4
    assert found.log10_fap < -20
    # Phase 0 is where it is brightest.
    bright = star.magnitude("r", NIGHTS[0] + np.linspace(0, star.period_d, 400)).min()
    assert star.magnitude("r", np.array([found.epoch_d]))[0] == pytest.approx(bright, abs=0.05)


def test_aliases_are_peaks_in_a_known_relation():
    others = [Peak(3.0, 0.9), Peak(1.0, 0.85), Peak(0.31, 0.95), Peak(1.0001, 0.84), Peak(4, 0.1)]
    found = aliases_of(Peak(2.0, 1.0), others, 1000.0)
    assert [(one.relation, one.period_d) for one in found] == [("f+1/d", 1 / 3), ("f/2", 1.0)]


@pytest.mark.parametrize(("variability", "reason"), [
    ("constant", "false-alarm probability"),
    ("trend", "trend"),
])  # fmt: skip
def test_no_period_is_an_answer(sky, variability, reason):
    found = find_period(seen(kind(sky, variability)), replace(LS, max_period_d=0))
    assert not found.significant
    assert math.isnan(found.period_d)
    assert math.isnan(found.period_error_d)
    assert reason in found.reason
    assert found.candidate_d > 0


def test_an_eclipsing_binary_is_found_by_boxes(sky):
    star = kind(sky, "eclipsing")
    search = Search("bls", min_period_d=1, max_period_d=6, durations_d=(0.2,), oversampling=4)
    found = find_period(seen(star), search)
    assert found.significant
    assert found.period_d == pytest.approx(star.period_d, rel=1e-3)
    assert found.depth > 0.1
    assert found.n_transits > 2


def test_eclipses_of_two_depths_have_twice_the_period_of_the_best_box(sky):
    """Where half the period may be searched, its box explains more."""
    time_d = np.arange(0, 25, 0.01)
    chance = np.random.default_rng(2)
    for star in (star for star in sky.stars if star.variability == "eclipsing"):
        flux = star.flux_e_s(time_d + 56_999.5)
        flux = flux / np.median(flux) + 0.001 * chance.normal(size=len(flux))
        curve = Curve(star.name, "TESS", time_d, flux, np.full(len(flux), 0.001), "1", BTJD)
        found = find_period(curve, Search("bls", min_period_d=0.5, durations_d=(0.2,)))
        assert found.period_d == pytest.approx(star.period_d, rel=2e-3)
        assert found.depth == pytest.approx(star.amplitude, rel=0.15)
        middle = star.epoch_d + 58_000 - 56_999.5
        from_middle = (found.epoch_d - middle + star.period_d / 2) % star.period_d
        assert from_middle == pytest.approx(star.period_d / 2, abs=0.02)
    assert "every second dip is shallower" in found.note


def test_a_planet_in_flux_is_found_by_boxes(sky):
    star = kind(sky, "transit")
    time_d = np.arange(0, 25, 0.01)
    flux = star.flux_e_s(time_d + 56_999.5)
    flux = flux / np.median(flux) + 0.001 * np.random.default_rng(1).normal(size=len(flux))
    curve = Curve(star.name, "TESS", time_d, flux, np.full(len(flux), 0.001), "1", BTJD)
    found = find_period(curve, Search("bls", min_period_d=0.8))
    assert found.period_d == pytest.approx(star.period_d, rel=2e-3)
    assert found.depth == pytest.approx(star.amplitude, rel=0.1)
    assert found.duration_d == pytest.approx(star.duration_d, rel=0.15)
    assert found.terms == 0


def test_one_dip_has_no_period():
    time_d = np.arange(0, 20, 0.02)
    value = 1 - 0.02 * (np.abs(time_d - 9) < 0.1) + 1e-4 * np.sin(1e5 * time_d)
    curve = Curve("x", "TESS", time_d, value, np.full(len(value), 1e-3), "1", BTJD)
    found = find_period(curve, Search("bls", min_period_d=0.8, max_period_d=30))
    assert not found.significant
    assert found.reason == "one dip alone has no period"


@pytest.mark.parametrize(("curve", "reason"), [
    (Curve("x", "g", np.empty(0), np.empty(0), np.empty(0)), "0 points: at least 10 are needed"),
    (Curve("x", "g", np.arange(9.0), np.arange(9.0), np.ones(9)), "9 points"),
    (Curve("x", "g", np.arange(20.0), np.ones(20), np.ones(20)), "every value is the same"),
    (Curve("x", "g", np.arange(20) / 1e3, np.arange(20.0), np.ones(20)), "it spans 0.019 d"),
    (Curve("x", "g", np.zeros(20), np.arange(20.0), np.ones(20)), "it spans 0 d"),
])  # fmt: skip
@pytest.mark.parametrize("method", ["ls", "bls"])
def test_what_cannot_be_searched_says_why(curve, reason, method):
    found, power = periodogram_of(curve, Search(method, min_period_d=0.2))
    assert not found.significant
    assert found.reason.startswith(reason)
    assert math.isnan(found.candidate_d)
    assert len(power.period_d) == 0


@pytest.mark.parametrize("terms", [1, 2])
def test_curves_that_share_their_times_give_what_each_gives_alone(sky, terms):
    columns = {"object": [], "band": [], "time": [], "value": [], "error": []}
    for number, star in enumerate(sky.stars[:5]):
        for band in "gr":
            one = seen(star, band, seed=number)
            columns["object"] += [star.name] * 160
            columns["band"] += [band] * 160
            columns["time"] += list(one.time_d)
            columns["value"] += list(one.value)
            columns["error"] += list(one.error)
    table = part_table(columns, survey="ztf", time=MJD_UTC, unit="mag", answer=Answer())
    curves, search = curves_of(table), replace(LS, terms=terms)
    together = find_periods(curves, search)
    for curve, found in zip(curves, together, strict=True):
        alone = find_period(curve, search)
        assert (found.object, found.band) == (curve.object, curve.band)
        assert (found.significant, found.reason) == (alone.significant, alone.reason)
        assert found.candidate_d == pytest.approx(alone.candidate_d, rel=1e-9)


def test_a_period_of_a_day_is_noted():
    value = np.sin(2 * np.pi * NIGHTS * 1.0002)
    curve = Curve("x", "g", NIGHTS, value, np.full(160, 0.1), "mag")
    assert "1/d" in find_period(curve, replace(LS, terms=1)).note


def test_tables_keep_everything(sky):
    periods = [find_period(seen(kind(sky, name)), LS) for name in ("rrlyrae", "constant")]
    periods[0] = replace(periods[0], aliases=(Alias(0.5, "f+1/d", 0.9), Alias(1.2, "f/2", 0.8)))
    table = period_table(periods)
    assert table.schema == SCHEMA
    first, second = table.to_pylist()
    assert first["period_d"] == periods[0].period_d
    assert first["alias_relations"] == [alias.relation for alias in periods[0].aliases]
    assert second["alias_periods_d"] == []
    flat = flat_table(periods).to_pylist()[0]
    assert flat["alias_relations"] == "f+1/d;f/2"
    assert flat["alias_periods_d"] == "0.5;1.2"


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["ls", "bls"]),
    st.integers(1, 3),
    st.lists(st.tuples(st.integers(0, 40), st.integers(-3, 3)), min_size=10, max_size=30),
    st.sampled_from([float("nan"), 0.0, 1e-100, 0.1]),
    st.sampled_from([0.0, 1.0, 1e9]),
)
def test_any_curve_has_an_answer(method, terms, points, error, level):
    time_d, value = np.array(sorted(points), np.float64).T.copy()
    errors = np.linspace(1, 2, len(value)) * error
    curve = Curve("x", "g", time_d, value + level, errors, "mag" if level else "")
    search = Search(method, terms, 1.0, oversampling=3, durations_d=(0.5,), error_floor_mag=0)
    found = find_period(curve, search)
    assert found.significant == (found.period_d > 0)
    assert found.significant != bool(found.reason)
    assert 0 <= found.fap <= 1
    if found.significant:
        assert found.period_d * (1 + 1e-2) >= 1
        assert found.fap <= search.fap


@pytest.mark.parametrize("options", [
    {"method": "pdm"}, {"terms": 0}, {"min_period_d": 0.0}, {"max_period_d": 0.01}, {"fap": 0.0},
    {"oversampling": 0.5}, {"error_floor_mag": -1.0}, {"durations_d": ()}, {"min_points": 2},
])  # fmt: skip
def test_searches_that_make_no_sense_are_refused(options):
    with pytest.raises(ConfigError):
        Search(**options)


def test_a_real_star_without_a_period(real):
    (curve,) = read_curves(real / "ztf_dr" / "640202200001881.csv")
    found = find_period(curve, LS)
    assert not found.significant
    assert found.n_points == 107


@pytest.mark.timeout(300)
def test_rr_lyrae_stars_of_stripe_82(real, truth):
    """At least 90 % of the published periods within 1e-3, with two harmonics, in g: 113 of 120."""
    search = Search(terms=2, min_period_d=0.2, max_period_d=1.0, oversampling=5)
    published = truth["rrlyrae"]["objects"]
    n_right = n_with_aliases = 0
    for name, about in published.items():
        found = find_period(in_g(real / "rrlyrae" / f"{name}.csv"), search)
        assert found.significant
        periods = [found.period_d, *(alias.period_d for alias in found.aliases)]
        right = [abs(one / about["published_period"] - 1) < 1e-3 for one in periods]
        n_right, n_with_aliases = n_right + right[0], n_with_aliases + any(right)
    assert n_right >= 0.93 * len(published)
    assert n_with_aliases >= 0.95 * len(published)


def in_g(path):
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["band"] == "g"]
    numbers = np.array([[float(row[x]) for x in ("time", "mag", "magerr")] for row in rows])
    time_d, value, error = numbers[np.argsort(numbers[:, 0])].T.copy()
    return Curve(path.stem, "g", time_d, value, error, "mag")
