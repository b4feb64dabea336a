"""White noise from differences."""

import numpy as np
import pytest

from gnomon.instruments.comap.science.differences import auto_rms

N = 40_000


@pytest.fixture
def noise():
    rms = np.array([1.0, 30.0, 400.0])
    chance = np.random.default_rng(5)
    return rms, (1e5 + rms[:, None] * chance.standard_normal((3, N))).astype(np.float32)


def plain(values):
    return np.nanstd(values[:, 0::2] - values[:, 1::2], axis=1) / np.sqrt(2)


def test_it_is_the_noise(noise):
    rms, values = noise
    found = auto_rms(values, np.ones(N, bool))
    assert found == pytest.approx(rms, rel=0.02)
    assert found == pytest.approx(plain(values), rel=0.015)


def test_it_has_no_bias():
    values = np.random.default_rng(1).standard_normal((400, 4096)).astype(np.float32)
    assert auto_rms(values, np.ones(4096, bool)).mean() == pytest.approx(1, abs=0.002)


def test_what_is_slow_or_a_spike_or_a_gap_does_not_count(noise):
    rms, values = noise
    values += (5 * rms[:, None] * np.sin(np.arange(N) / 3000)).astype(np.float32)
    values[:, ::4999] += 1e6
    values[:, 20_000:] += 1e4
    values[0, 5_000:9_000] = np.nan
    values[:, -333:] = np.nan
    assert auto_rms(values, np.ones(N, bool)) == pytest.approx(rms, rel=0.025)


def test_samples_that_are_not_used_do_not_count(noise):
    rms, values = noise
    used = np.ones(N, bool)
    used[1_001:25_000] = False
    values[:, ~used] *= 5
    values[:, 3_000] = np.nan
    assert auto_rms(values, used) == pytest.approx(rms, rel=0.03)


def test_too_few_samples_are_nan():
    values = np.random.default_rng(1).standard_normal((2, 120)).astype(np.float32)
    assert np.isnan(auto_rms(values, np.ones(120, bool))).all()
    assert np.isnan(auto_rms(values, np.zeros(120, bool))).all()
    assert np.isnan(auto_rms(np.full((2, N), np.nan, np.float32), np.ones(N, bool))).all()


def test_short_series_are_measured():
    values = np.random.default_rng(1).standard_normal((50, 301)).astype(np.float32)
    assert auto_rms(values, np.ones(301, bool)).mean() == pytest.approx(1, abs=0.03)
