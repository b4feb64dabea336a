"""Spectra, their fits, and bridges over what is missing."""

import numpy as np
import pytest
from tests.instruments.comap.streams import noise

from gnomon.instruments.comap.science.spectra import Spectrum, filled, pair_rms, spectrum_of
from gnomon.instruments.comap.science.spectrum_fit import FAILED, Noise, fit

TRUTHS = [(0.03, 0.17, -1.35), (0.03, 0.05, -1.0), (0.01, 0.3, -2.5)]


def flat(white):
    return lambda frequency_hz: np.full(len(frequency_hz), white**2)


def test_white_noise_has_its_variance_as_power_at_all_frequencies():
    found = spectrum_of(noise(np.random.default_rng(0), 50_000, 0.3))
    away = (found.power / 0.09 - 1) * np.sqrt(found.n_modes)
    assert np.std(away) == pytest.approx(1, abs=0.25)
    assert found.frequency_hz[[0, -1]] == pytest.approx([0.001, 25], rel=0.1)


def test_a_wave_stands_in_its_bin():
    time_s = np.arange(5000) / 50
    found = spectrum_of(np.sin(2 * np.pi * 3 * time_s))
    assert found.frequency_hz[np.argmax(found.power)] == pytest.approx(3, rel=0.05)


def test_frequencies_below_count_not():
    assert spectrum_of(np.ones(5000), low_hz=0.5).frequency_hz.min() > 0.49


@pytest.mark.parametrize("n", [0, 1, 2, 3, 10])
def test_short_streams_have_no_fit(n):
    assert fit(spectrum_of(np.arange(float(n)) % 3)) is FAILED


def test_numbers_that_are_slow_to_transform_lose_little():
    found = spectrum_of(np.random.default_rng(0).normal(size=10_007))
    assert found.n_modes.sum() > 0.7 * 5000


@pytest.mark.parametrize(("white", "red", "slope"), TRUTHS)
def test_noise_is_found_within_its_errors(white, red, slope):
    streams = noise(np.random.default_rng(7), 6000, white, red, slope, (60,))
    fits = [fit(spectrum_of(stream, low_hz=0.03)) for stream in streams]
    pulls = np.array(
        [
            (
                (one.white - white) / one.white_error,
                (one.red - red) / one.red_error,
                (one.slope - slope) / one.slope_error,
            )
            for one in fits
        ]
    )
    assert np.abs(pulls.mean(0)).max() < 0.5  # of one fit's error: no bias that matters
    assert np.abs(pulls.std(0) - 1).max() < 0.4
    knees = np.median([one.knee_hz for one in fits])
    assert knees == pytest.approx(0.1 * (white / red) ** (2 / slope), rel=0.15)


def test_white_noise_has_no_red_noise():
    fits = [
        fit(spectrum_of(one)) for one in noise(np.random.default_rng(0), 3000, 0.2, shape=(40,))
    ]
    white = [one for one in fits if one.red == 0]
    assert len(white) >= 38
    assert np.isnan([one.slope for one in white]).all()
    assert np.isnan([one.knee_hz for one in white]).all()
    pulls = [(one.white - 0.2) / one.white_error for one in white]
    assert np.std(pulls) == pytest.approx(1, abs=0.35)


def test_the_model_goes_through_what_was_fitted():
    model = Noise(white=3.0, red=4.0, slope=-2.0)
    assert model.power(np.array([0.1, 0.2])).tolist() == pytest.approx([25, 13])
    assert model.power(np.array([model.knee_hz])) == pytest.approx(18)
    assert Noise(white=3.0, red=0.0).power(np.array([0.1])).tolist() == [9]


@pytest.mark.parametrize("power", [np.nan, 0.0, -1.0, np.inf])
def test_spectra_of_nothing_fail(power):
    frequency_hz = np.geomspace(0.1, 25, 50)
    assert fit(Spectrum(frequency_hz, np.full(50, power), np.ones(50))) is FAILED


def test_a_comb_is_no_noise_that_can_be_told():
    frequency_hz = np.geomspace(0.1, 25, 50)
    power = np.where(np.arange(50) < 1, 1e12, 1e-12)
    assert fit(Spectrum(frequency_hz, power, np.full(50, 9.0))) is FAILED


def test_differences_of_neighbours_see_no_drift():
    stream = noise(np.random.default_rng(0), 20_000, 0.03) + np.linspace(0, 50, 20_000)
    good = np.ones(20_000, bool)
    stream[100], good[100] = 1e3, False
    assert pair_rms(stream, good) == pytest.approx(0.03, rel=0.02)
    assert np.isnan(pair_rms(stream, good & (np.arange(20_000) < 3)))


def test_bridges_are_the_same_each_time_and_leave_good_samples_alone():
    stream = noise(np.random.default_rng(0), 2000, 0.03, 0.2)
    good = np.random.default_rng(1).random(2000) > 0.1
    stream[~good] = np.nan
    first, again = (filled(stream, good, flat(0.03), (1, 2)) for _ in range(2))
    other = filled(stream, good, flat(0.03), (1, 3))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(first[good], stream[good])
    assert np.isfinite(first).all()


@pytest.mark.parametrize("gap", [slice(0, 300), slice(700, 1000), slice(400, 420)])
def test_bridges_rest_on_what_is_beside_them(gap):
    stream = np.linspace(0.0, 999.0, 1000)
    good = np.ones(1000, bool)
    good[gap] = False
    made = filled(np.where(good, stream, 1e9), good, flat(1e-9), (0,))
    if gap.start == 400:
        assert made == pytest.approx(stream, abs=1e-6)
    else:
        beside = 300 if gap.start == 0 else 699
        assert made[gap] == pytest.approx(np.full(300, float(beside)), abs=60)
