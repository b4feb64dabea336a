"""The gain's spectrum, and its filter."""

import numpy as np
import pytest
from scipy.fft import idct

from gnomon.instruments.comap.science.gain import spectrum as gain_spectrum
from gnomon.instruments.comap.science.gain.spectrum import GainSpectrum, filtered, fitted

RATE_HZ = 50.0


def series(seed, truth, n=15_000):
    draw = np.random.default_rng(seed)
    frequency_hz = gain_spectrum.cosine_frequencies(n, RATE_HZ)
    red = np.zeros(n)
    red[1:] = truth.red(frequency_hz[1:])
    gain = idct(draw.standard_normal(n) * np.sqrt(red), norm="ortho")
    return gain, gain + truth.sigma_white * draw.standard_normal(n)


def spectrum_of(values, white):
    frequency_hz = gain_spectrum.cosine_frequencies(len(values), RATE_HZ)
    return fitted(gain_spectrum.cosine_power(values), frequency_hz, white)


def test_white_noise_has_its_variance_at_all_frequencies():
    power = gain_spectrum.cosine_power(np.random.default_rng(0).normal(size=20_000) * 3)
    assert power[1:].mean() == pytest.approx(9, rel=0.05)


def test_parameters_are_found_without_bias():
    truth = GainSpectrum(2e-3, -1.6, 8e-4)
    found = [spectrum_of(series(seed, truth)[1], truth.sigma_white) for seed in range(12)]
    red = np.log([one.sigma_red for one in found])
    slope = np.array([one.alpha for one in found])
    assert abs(red.mean() - np.log(2e-3)) < max(3 * red.std() / np.sqrt(12), 0.05)
    assert abs(slope.mean() + 1.6) < max(3 * slope.std() / np.sqrt(12), 0.08)
    assert red.std() < 0.2


def test_white_noise_alone_is_hardly_filtered():
    truth = GainSpectrum(0.0, -1.4, 1e-3)
    _, noisy = series(1, truth)
    smooth, found = filtered(noisy, np.full(noisy.shape, 1e-3), RATE_HZ)
    assert found.sigma_red < 5e-4
    assert smooth.std() < 1e-4


def test_more_white_noise_than_said_is_no_gain():
    _, noisy = series(2, GainSpectrum(0.0, -1.4, 1e-3))
    smooth, found = filtered(noisy, np.full(noisy.shape, 5e-4), RATE_HZ)
    assert found.sigma_white == pytest.approx(1e-3, rel=0.05)
    assert smooth.std() < 2e-4


def test_what_is_left_is_less_than_without_and_than_the_estimate_has():
    truth = GainSpectrum(2e-3, -1.6, 8e-4)
    gain, noisy = series(3, truth)
    smooth, _ = filtered(noisy, np.full(noisy.shape, 8e-4), RATE_HZ)
    left = gain - gain.mean() - smooth
    assert left.std() < 0.3 * gain.std()
    assert left.std() < 0.3 * 8e-4


def test_holes_and_spikes_are_filled_in():
    truth = GainSpectrum(2e-3, -1.6, 8e-4)
    _, noisy = series(4, truth, 5000)
    whole, _ = filtered(noisy, np.full(noisy.shape, 8e-4), RATE_HZ)
    noisy[2000:2010] = np.nan
    noisy[[100, 3000]] = 1.0
    patched, _ = filtered(noisy, np.full(noisy.shape, 8e-4), RATE_HZ)
    assert np.isfinite(patched).all()
    assert np.abs(patched - whole).max() < 8e-4


def test_too_little_takes_nothing_away():
    gain = np.full(500, np.nan)
    gain[:20] = 1.0
    smooth, found = filtered(gain, np.full(500, 1e-3), RATE_HZ)
    assert not smooth.any()
    assert np.isnan(found.sigma_red)


def test_a_level_is_never_taken_away():
    part = GainSpectrum(1e-3, -1.5, 1e-4).wiener(np.array([0, 0.1, 10]))
    assert part[0] == 0
    assert part[1] > 0.98
    assert part[2] < part[1]
