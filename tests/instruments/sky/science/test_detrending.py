"""Trends: equal to their definitions, split at gaps, blind to what is short or masked."""

import numpy as np
import pytest
from astropy.stats import biweight_location
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.instruments.sky.science.detrending import Smoothing, trend


def found(time_d, value, used=None, offsets=None, **options):
    time_d, value = np.asarray(time_d, float), np.asarray(value, float)
    used = np.isfinite(value) if used is None else np.asarray(used)
    offsets = np.array([0, len(value)] if offsets is None else offsets)
    return trend(time_d, value, used, offsets, Smoothing(**options))


POINTS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(-9, 9), st.booleans()), min_size=1, max_size=40
)


@settings(max_examples=80, deadline=None)
@given(POINTS, st.sampled_from([1.0, 4.0, 13.0]), st.sampled_from([2.5, 9.0]), st.integers(1, 4))
def test_a_sliding_median_is_the_median_of_the_window_in_its_piece(points, window, gap, least):
    points.sort(key=lambda point: point[0])
    time, value, used = (np.array(x) for x in zip(*points, strict=True))
    time, value, used = time.astype(float), value.astype(float), used.astype(bool)
    made = found(time, value, used, method="median", window_d=window, gap_d=gap, least=least)
    at = np.flatnonzero(used)
    piece = np.concatenate([[0], np.cumsum(np.diff(time[at]) > gap)]) if len(at) else at
    for i in range(len(time)):
        if not used[i]:
            continue
        mine = at[piece == piece[np.flatnonzero(at == i)[0]]]
        near = value[mine[np.abs(time[mine] - time[i]) <= window / 2]]
        expected = np.median(near) if len(near) >= least else np.nan
        np.testing.assert_equal(made[i], expected)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-100, 100, width=32), min_size=3, max_size=30))
def test_a_biweight_is_where_astropy_comes_to_rest(values):
    value = np.array(values, float)
    made = found(np.zeros(len(value)), value, method="biweight", window_d=1.0, gap_d=1.0)
    middle = np.median(value)
    mad = np.median(np.abs(value - middle))
    if mad > 1e-9:
        for _ in range(20):
            before, middle = middle, float(biweight_location(value, c=5.0, M=np.array([middle])))
            if abs(middle - before) < 1e-6 * 5 * mad:
                break
    assert made == pytest.approx(np.full(len(value), middle), rel=1e-9, abs=1e-7)


@pytest.mark.parametrize("method", ["biweight", "median", "spline"])
def test_a_slow_wave_is_found_and_a_short_dip_is_not(method):
    chance = np.random.default_rng(1)
    time = np.arange(0, 20, 0.02)
    slow = 1000 + 8 * np.sin(2 * np.pi * time / 10)
    dip = np.where(np.mod(time, 3.0) < 0.1, -20.0, 0.0)
    made = found(time, slow + dip + chance.normal(0, 0.5, len(time)), method=method, window_d=1.0)
    assert np.std((made - slow)[50:-50]) < 0.3


def test_a_spline_keeps_half_of_a_wave_as_long_as_its_window():
    time = np.arange(0, 100, 0.05)
    for period, share in ((5.0, 1 / 17), (10.0, 0.5), (40.0, 256 / 257)):
        wave = np.sin(2 * np.pi * time / period)
        made = found(time, wave, method="spline", window_d=10.0, gap_d=5.0, reach=1e9)
        inside = slice(600, 1400)
        kept = (made[inside] @ wave[inside]) / (wave[inside] @ wave[inside])
        assert kept == pytest.approx(share, abs=2e-3)


@pytest.mark.parametrize("method", ["biweight", "median", "spline"])
def test_no_window_reaches_over_a_gap(method):
    time = np.concatenate([np.arange(0, 1, 0.05), np.arange(3, 4, 0.05)])
    value = np.where(time < 2, 10.0, 20.0)
    made = found(time, value, method=method, window_d=9.0, gap_d=0.5)
    assert made == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize("method", ["biweight", "median", "spline"])
def test_unused_points_do_not_count_and_have_a_trend_all_the_same(method):
    time = np.arange(0, 5, 0.05)
    value = np.full(len(time), 7.0)
    value[[10, 40]] = [1e6, np.nan]
    used = np.isfinite(value) & (value < 100)
    time[-1], used[-1] = np.nan, False
    made = found(time, value, used, method=method, window_d=1.0)
    assert made[:-1] == pytest.approx(np.full(len(time) - 1, 7.0))
    assert np.isnan(made[-1])


def test_the_ends_of_pieces_have_no_trend_where_that_is_wanted():
    time = np.concatenate([np.arange(0, 2, 0.1), np.arange(5, 7, 0.1)])
    made = found(time, np.ones(len(time)), method="median", window_d=1.0, edge_d=0.45)
    bare = np.isnan(made)
    assert bare.tolist() == ([True] * 5 + [False] * 10 + [True] * 5) * 2


def test_curves_do_not_know_of_each_other():
    time = np.tile(np.arange(0, 1, 0.1), 2)
    value = np.repeat([1.0, 100.0], 10)
    made = found(time, value, offsets=[0, 10, 10, 20], window_d=5.0, gap_d=5.0)
    assert made.tolist() == value.tolist()


@pytest.mark.parametrize("method", ["biweight", "median", "spline"])
@pytest.mark.parametrize("n", [0, 1, 2, 4])
def test_short_curves_have_no_trend_and_no_error(method, n):
    made = found(np.arange(n) * 0.1, np.ones(n), method=method, window_d=1.0, least=5)
    assert np.isnan(made).all()
