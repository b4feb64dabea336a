"""Spikes and sources are told apart by their width."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.instruments.comap.science.spikes import excursions, robust_scale


def beam(n, at, fwhm):
    return np.exp(-4 * np.log(2) * ((np.arange(n) - at) / fwhm) ** 2)


def judged(residual, used=None, crossing=14.0):
    used = np.ones(len(residual), bool) if used is None else used
    return excursions(residual, used, outlier_sigma=5.0, crossing=crossing)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.floats(7, 10_000), st.integers(8, 40), st.integers(50, 950))
def test_what_is_as_wide_as_the_beam_is_sky(seed, height, fwhm, at):
    stream = np.random.default_rng(seed).normal(size=1000) + height * beam(1000, at, fwhm)
    found = judged(stream, crossing=fwhm)
    assert found.sky[at]
    assert not found.spikes[abs(np.arange(1000) - at) < fwhm].any()


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32),
    st.sampled_from([-1, 1]),
    st.floats(12, 1e6),
    st.integers(4, 40),
    st.integers(0, 999),
)
def test_what_is_narrower_is_a_spike(seed, sign, height, fwhm, at):
    stream = np.random.default_rng(seed).normal(size=1000)
    stream[at] = sign * height
    found = judged(stream, crossing=fwhm)
    assert found.spikes[at]
    assert np.count_nonzero(found.spikes) == 1 + np.count_nonzero(abs(np.delete(stream, at)) > 5.5)


def test_a_wide_hole_is_no_sky():
    stream = np.random.default_rng(1).normal(size=1000)
    stream[500:520] -= 50
    found = judged(stream)
    assert found.spikes[500:520].all()
    assert not found.sky.any()


def test_a_spike_of_two_samples_next_to_each_other():
    stream = np.random.default_rng(1).normal(size=1000)
    stream[500], stream[501] = 1000, 100
    assert np.flatnonzero(judged(stream).spikes).tolist() == [500, 501]


def test_samples_that_are_not_used_are_neither():
    stream = np.random.default_rng(1).normal(size=100)
    stream[50], stream[60] = 1e3, np.nan
    used = np.ones(100, bool)
    used[[50, 60]] = False
    found = judged(stream, used)
    assert not found.spikes.any()
    assert not found.sky.any()


def test_a_beam_of_one_sample_tells_nothing_of_positive_ones():
    stream = np.random.default_rng(1).normal(size=1000)
    stream[100], stream[200] = 100, -100
    found = judged(stream, crossing=1.0)
    assert np.flatnonzero(found.spikes).tolist() == [200]


@pytest.mark.parametrize("values", [np.zeros(50), np.zeros(0)])
def test_streams_without_noise_have_no_spikes(values):
    assert not judged(values).spikes.any()


def test_the_scale_is_that_of_normal_noise():
    assert robust_scale(np.random.default_rng(0).normal(size=100_000)) == pytest.approx(1, abs=0.01)
    assert np.isnan(robust_scale(np.zeros(0)))
