"""Lomb-Scargle: equal to astropy, as significant as chance allows, and right about real stars."""

import math

import numpy as np
import pytest
from astropy.timeseries import LombScargle
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import ConfigError
from gnomon.instruments.sky.science.periods.grid import Frequencies, frequencies
from gnomon.instruments.sky.science.periods.harmonics import fit
from gnomon.instruments.sky.science.periods.lombscargle import (
    highest_maxima,
    log_fap,
    lomb_scargle,
    peaks,
    refined,
)
from gnomon.instruments.sky.science.periods.period import Search
from gnomon.instruments.sky.science.periods.significance import (
    log_beta_tail,
    log_fap_peak,
    log_fap_trials,
    probability,
)

GRID = Frequencies(0.02, 0.001, 4000)


def curve(n=60, seed=1, amplitude=0.1, period_d=0.7):
    chance = np.random.default_rng(seed)
    time_d = np.sort(chance.uniform(5000, 5100, n))
    error = chance.uniform(0.1, 0.2, n)
    value = 10 + amplitude * np.sin(2 * np.pi * time_d / period_d)
    return time_d, value + error * chance.normal(size=n), error


@pytest.mark.parametrize("terms", [1, 2, 3, 5])
def test_power_is_astropys(terms):
    time_d, value, error = curve()
    found = lomb_scargle(time_d, value, error, GRID, terms)
    exact = LombScargle(time_d, value, error, nterms=terms)
    method = "chi2" if terms > 1 else "cython"
    assert found[::20] == pytest.approx(exact.power(GRID.values[::20], method=method), abs=2e-8)


@pytest.mark.parametrize("terms", [1, 2])
def test_a_batch_gives_what_each_curve_gives_alone(terms):
    time_d, value, error = curve()
    many = np.stack([value, value[::-1], value**2])
    errors = np.stack([error, error[::-1], np.full(len(error), np.nan)])
    found = lomb_scargle(time_d, many, errors, GRID, terms)
    for one, its_error, power in zip(many, errors, found, strict=True):
        assert lomb_scargle(time_d, one, its_error, GRID, terms) == pytest.approx(power, abs=1e-9)


@pytest.mark.parametrize("terms", [1, 2, 3])
def test_points_that_cannot_tell_harmonics_apart_end_nothing(terms):
    # nifty-ls's own multi-term solver ends the process here.
    value = np.random.default_rng(0).normal(size=20)
    power = lomb_scargle(np.arange(20.0), value, np.ones(20), GRID, terms)
    assert np.all(np.isfinite(power))
    assert power.max() <= 1 + 1e-6


def test_a_peak_is_refined_beyond_the_grid():
    time_d, value, error = curve(n=200, amplitude=1.0)
    power = lomb_scargle(time_d, value, error, GRID)
    top = refined(time_d, value, error, peaks(power, GRID, 1)[0], GRID.step, 1)
    assert top.power >= power.max()
    assert top.power == pytest.approx(
        float(LombScargle(time_d, value, error).power(top.frequency, method="cython"))
    )
    assert abs(top.frequency - 1 / 0.7) < 4 * top.frequency_error < GRID.step


@settings(deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=40))
def test_maxima_come_highest_first(heights):
    power = np.array(heights, np.float64)
    found = [int(k) for k in highest_maxima(power, 5) if k >= 0]
    assert [power[k] for k in found] == sorted((power[k] for k in found), reverse=True)
    assert power[found[0]] == power.max()
    for k in found:
        assert power[max(k - 1, 0)] <= power[k] >= power[min(k + 1, len(power) - 1)]


def test_a_fit_is_the_sum_of_its_harmonics():
    time_d = np.sort(np.random.default_rng(0).uniform(0, 40, 80))
    angle = 2 * np.pi * time_d * 0.31
    value = 5 + np.cos(angle) + 0.5 * np.sin(2 * angle)
    model = fit(time_d, value, np.ones(80), 0.31, 2)
    assert model.power == pytest.approx(1)
    assert model.at(time_d) == pytest.approx(value)
    low, high, at_low, at_high = model.extremes()
    assert (low, high) == pytest.approx((value.min(), value.max()), abs=0.02)
    assert model.at(np.array([at_low, at_high])) == pytest.approx([low, high])


# -- significance


def test_one_harmonic_is_as_probable_as_astropy_says():
    time_d, value, error = curve()
    for power in (0.2, 0.3, 0.5, 0.8):
        theirs = LombScargle(time_d, value, error).false_alarm_probability(
            power, method="baluev", maximum_frequency=GRID.last - GRID.first
        )
        assert math.exp(log_fap(time_d, error, power, GRID, 1)) == pytest.approx(theirs, rel=2e-3)


@pytest.mark.parametrize("terms", [1, 2])
def test_noise_passes_as_often_as_it_may(terms):
    time_d, _, error = curve()
    noise = np.random.default_rng(5).normal(size=(200, len(time_d))) * error
    highest = lomb_scargle(time_d, noise, np.tile(error, (200, 1)), GRID, terms).max(axis=1)
    fap = np.exp([log_fap(time_d, error, power, GRID, terms) for power in highest])
    for level in (0.05, 0.2):
        # Three deviations of a binomial; the bound itself may be too careful by a little.
        spread = 3 * math.sqrt(level * (1 - level) / 200)
        assert level * 0.6 - spread < np.mean(fap < level) < level + spread


@settings(deadline=None)
@given(st.floats(1e-6, 1 - 1e-9), st.integers(5, 3000), st.integers(1, 4), st.floats(0, 1e7))
def test_probabilities_are_probabilities(power, n_points, terms, width):
    log_one = log_fap_peak(power, n_points, terms, width)
    fap, log10_fap = probability(log_one)
    assert 0 <= fap <= 1
    assert log10_fap <= 0
    # Below what one trial is expected to have, the number of crossings grows with the level.
    if power > 2 * terms / n_points:
        assert log_fap_peak(min(power * 1.05, 1.0), n_points, terms, width) <= log_one + 1e-9


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 0.99), st.integers(1, 4), st.integers(2, 200))
def test_the_tail_of_one_trial_is_scipys(power, terms, n_left):
    from scipy.stats import beta  # noqa: PLC0415 - heavy

    theirs = beta.logsf(power, terms, n_left / 2)
    assert log_beta_tail(power, 2 * terms, n_left) == pytest.approx(theirs, abs=1e-6, rel=1e-6)


def test_many_trials():
    assert log_fap_trials(math.log(1e-3), 10) == pytest.approx(math.log(1 - 0.999**10))
    assert log_fap_trials(-800.0, 1e6) == pytest.approx(-800 + math.log(1e6))
    assert log_fap_trials(0.0, 1e6) == pytest.approx(0.0, abs=1e-9)


# -- grids


def test_frequencies_cover_what_is_searched():
    grid = frequencies(Search(min_period_d=0.5, oversampling=5), 100.0)
    assert (grid.first, grid.last) == pytest.approx((1 / 50, 2.0))
    assert grid.step <= 1 / 500


def test_a_search_without_end_is_refused():
    with pytest.raises(ConfigError, match="trial periods from 1e-06 d on are more than"):
        frequencies(Search(min_period_d=1e-6), 3000.0)
