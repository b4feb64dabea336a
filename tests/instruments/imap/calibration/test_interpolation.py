"""Interpolation reproduces polynomials; the filter passes constants and lines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.errors import ConfigError
from gnomon.instruments.imap.calibration.interpolation import (
    DEGREES,
    cic_filtered,
    distance_to_samples,
    interpolated,
    step_ns,
)

T0 = 813939180705309872
NS = 1_000_000_000


def polynomial(degree, t_ns):
    s = (t_ns - T0) / NS
    return np.column_stack([np.polyval(np.arange(1, degree + 2)[::k], s) for k in (1, -1)])


@pytest.mark.parametrize("method", DEGREES)
@given(seed=st.integers(0, 2**32 - 1))
def test_polynomials_of_its_degree_are_exact_inside_and_beyond(method, seed):
    random = np.random.default_rng(seed)
    known = T0 + np.sort(random.choice(10 * NS, 12, replace=False))
    wanted = T0 + random.integers(-2 * NS, 12 * NS, 30)
    made = interpolated(known, polynomial(DEGREES[method], known), wanted, method)
    scale = np.abs(polynomial(DEGREES[method], wanted)).max() + 1
    spread = np.diff(known).min() / 10 / NS  # close samples amplify what is rounded
    np.testing.assert_allclose(
        made, polynomial(DEGREES[method], wanted), atol=1e-9 * scale / spread**2
    )


@pytest.mark.parametrize("method", DEGREES)
def test_samples_come_back_bit_for_bit(method):
    known = T0 + np.arange(50) * 7_812_511
    values = np.random.default_rng(1).normal(size=(50, 3)) * 1e4
    np.testing.assert_array_equal(interpolated(known, values, known, method), values)


def test_a_sine_is_followed_the_better_the_higher_the_degree():
    known = T0 + np.arange(200) * (NS // 2)
    wanted = known[5:-5] + NS // 8
    wave = lambda t: np.sin((t - T0) / NS * 2 * np.pi / 15)[:, np.newaxis]  # noqa: E731
    worst = [
        np.abs(interpolated(known, wave(known), wanted, method) - wave(wanted)).max()
        for method in ("linear", "quadratic", "cubic")
    ]
    assert worst[0] > 4 * worst[1] > 16 * worst[2]
    assert worst[2] < 1e-4


def test_few_samples_lower_the_degree():
    wanted = np.array([T0 + 3 * NS])
    two = np.array([T0, T0 + NS])
    np.testing.assert_allclose(interpolated(two, np.array([[0.0], [2.0]]), wanted, "cubic"), 6.0)
    np.testing.assert_array_equal(interpolated(two[:1], np.array([[5.0]]), wanted, "cubic"), 5.0)
    assert np.isnan(interpolated(two[:0], np.empty((0, 1)), wanted, "linear")).all()
    with pytest.raises(ConfigError, match="'spline' is none of linear"):
        interpolated(two, np.zeros((2, 1)), wanted, "spline")


def test_distances_and_steps():
    known = np.array([0, 10, 30])
    assert distance_to_samples(known, np.array([-5, 0, 4, 7, 22, 35])).tolist() == [
        5,
        0,
        4,
        3,
        8,
        5,
    ]
    assert distance_to_samples(known[:1], np.array([7])).tolist() == [7]
    assert distance_to_samples(known[:0], np.array([7])).tolist() == [np.iinfo(np.int64).max]
    assert (step_ns(known), step_ns(known[:1])) == (15, 0)


def test_the_filter_is_a_centred_triangle():
    times = T0 + np.arange(21) * 10
    pulse = np.zeros((21, 1))
    pulse[10] = 1.0
    made = cic_filtered(times, pulse, 4)[:, 0]
    np.testing.assert_allclose(made[6:15], np.array([0, 1, 2, 3, 4, 3, 2, 1, 0]) / 16)
    slope = np.arange(21.0)[:, np.newaxis] * [2.0]
    np.testing.assert_allclose(cic_filtered(times, slope, 4)[3:-3], slope[3:-3])
    np.testing.assert_allclose(cic_filtered(times, np.full((21, 1), 7.0), 4), 7.0)
    np.testing.assert_array_equal(cic_filtered(times, slope, 1), slope)


def test_the_filter_stops_at_gaps_and_passes_over_absent_values():
    times = np.concatenate([np.arange(10) * 10, 5_000 + np.arange(10) * 10])
    values = np.concatenate([np.full(10, 1.0), np.full(10, 9.0)])[:, np.newaxis]
    values[4] = np.nan
    made = cic_filtered(times, values, 3)[:, 0]
    np.testing.assert_allclose(np.delete(made, 4), [1.0] * 9 + [9.0] * 10)
    assert np.isnan(made[4])
