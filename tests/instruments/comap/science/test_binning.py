"""Calibration and sums over channels, against the same in plain NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.instruments.comap.science import binning


def test_ends_and_channels_without_a_temperature_are_left_out():
    tsys = np.full(1024, 40.0)
    tsys[[300, 301, 302]] = np.nan, 0, -5
    used = binning.used_channels(tsys)
    assert used.sum() == 1024 - 100 - 3
    assert not used[:50].any()
    assert not used[-50:].any()
    assert used[50]
    assert used[-51]


def test_spiked_channels_stay():
    tsys = np.full(1024, 40.0)
    tsys[400] = 400
    assert binning.used_channels(tsys)[400]


def test_files_with_fewer_channels_lose_fewer_and_at_least_one():
    assert binning.used_channels(np.full(128, 40.0)).sum() == 128 - 14
    assert binning.used_channels(np.full(16, 40.0)).sum() == 14
    assert binning.used_channels(np.full(16, 40.0), end_cut=0).sum() == 16


def test_the_middle_tells_no_gain_but_is_binned():
    left = binning.without_centre(np.ones(1024, bool))
    assert left.sum() == 974
    assert not left[487:537].any()
    assert left[486]
    assert left[537]


def test_weights_are_inverse_variances_and_sum_to_one():
    rms, gain = np.array([2.0, 1, 1, 4, 1, 1]), np.array([1.0, 1, 1, 2, 1, 1])
    used = np.array([True, True, False, True, True, True])
    halves = binning.half_weights(rms, gain, used)
    assert halves[0] == pytest.approx([0.2, 0.8, 0, 0, 0, 0])
    assert halves[1] == pytest.approx([0, 0, 0, 1 / 9, 4 / 9, 4 / 9])


def test_a_half_without_channels_has_no_frequency():
    halves = binning.half_weights(np.ones(8), np.ones(8), np.arange(8) < 4)
    centre, width = binning.centres_and_widths(np.arange(8.0), halves)
    assert centre[0] == pytest.approx(1.5)
    assert width[0] == pytest.approx(np.sqrt(1.25))
    assert np.isnan([centre[1], width[1]]).all()


def test_spans_outside_scans():
    scans = np.array([[3, 5], [5, 8]])
    assert binning.outside(scans, 10) == [(0, 3), (8, 10)]
    assert binning.outside(np.empty((0, 2), np.int64), 4) == [(0, 4)]


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_samples=st.sampled_from([1, 7, binning.BLOCK - 1, binning.BLOCK + 3]),
    n_holes=st.sampled_from([0, 1, 40]),
)
def test_sums_are_those_of_numpy(seed, n_samples, n_holes):
    draw = np.random.default_rng(seed)
    n, n_events, first = 9, 2, 4
    tod = draw.uniform(10, 20, (n, n_samples + 2 * first)).astype(np.float32)
    holes = draw.integers(0, n, n_holes), first + draw.integers(0, n_samples, n_holes)
    tod[holes] = draw.choice([np.nan, np.inf], n_holes)
    gain = draw.uniform(1, 2, (n_events, n)).astype(np.float32)
    share = draw.dirichlet(np.ones(n_events), n_samples).T.astype(np.float32)
    offset, warm = draw.uniform(1, 2, (2, n)).astype(np.float32)
    air = draw.uniform(1, 2, n_samples).astype(np.float32)
    rows = draw.normal(size=(3, n)).astype(np.float32)
    rows[:, 2] = 0
    rows[0, 5] = 0
    terms = draw.uniform(0, 1, (2, n)).astype(np.float32)
    span = slice(first, first + n_samples)
    before = tod.copy()
    wanted = tod[:, span] / (gain.T @ share) - offset[:, None] - warm[:, None] * air
    there = np.isfinite(wanted)

    sums, lost = binning.calibrate_and_sum(
        tod, span, (gain, share), (offset, warm, air), rows, terms
    )

    terms[:, 2] = 0
    np.testing.assert_allclose(tod[:, span][there], wanted[there], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(sums, rows @ np.where(there, wanted, 0), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(lost, terms @ ~there, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(tod[:, :first], before[:, :first])
    np.testing.assert_array_equal(tod[:, -first:], before[:, -first:])


def test_means_of_what_is_left():
    found = binning.mean_of_left(np.array([1.0, 1, 1]), np.array([0, 0.5, 1]))
    assert found[:2] == pytest.approx([1, 2])
    assert np.isnan(found[2])
