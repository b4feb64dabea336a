"""The atmosphere's emission with airmass."""

import numpy as np
import pytest

from gnomon.instruments.comap.science.atmosphere import airmass, filled, fit, opacity, quiet

N, CHANNELS = 6000, 8
SCAN = (700, 700 + N)


@pytest.fixture
def seen():
    """Counts before, in and after a scan; offsets, temperatures, airmasses, gains at its ends."""
    chance = np.random.default_rng(3)
    thick = airmass(50 + np.sin(np.arange(N) / 150))
    offset, temperature = chance.uniform(30, 60, CHANNELS), chance.uniform(6, 11, CHANNELS)
    first = chance.uniform(4e3, 9e3, CHANNELS)
    last = first * 1.04
    values = np.full((CHANNELS, N + 1000), 1e7, np.float32)
    kelvin = offset[:, None] + temperature[:, None] * thick
    values[:, slice(*SCAN)] = kelvin * np.linspace(first, last, N, axis=1)
    return values, (offset, temperature), thick, (first, last)


def test_offset_and_temperature_are_found_though_the_gain_changes(seen):
    values, truth, thick, gains = seen
    offset, temperature = fit(values, SCAN, thick, *gains)
    assert offset == pytest.approx(truth[0], rel=2e-4)
    assert temperature == pytest.approx(truth[1], rel=1e-3)


def test_gaps_and_unused_samples_do_not_count(seen):
    values, truth, thick, gains = seen
    expected = fit(values, SCAN, thick, *gains)
    values[2, 900:1_900] = np.nan
    values[:, 6_500:6_800] = np.nan
    values[:, 3_000:3_100] += 1e5
    used = np.ones(N, bool)
    used[2_300:2_400] = False
    found = fit(values, SCAN, thick, *gains, used=used)
    assert found[0] == pytest.approx(expected[0], rel=2e-4)
    assert found[1] == pytest.approx(truth[1], rel=2e-3)


def test_a_drift_is_not_taken_for_air_where_airmass_changes_otherwise_too(seen):
    values, truth, _, gains = seen
    drift = np.linspace(-1, 1, N)
    thick = airmass(50 + np.sin(np.arange(N) / 150) + drift)
    kelvin = truth[0][:, None] + truth[1][:, None] * thick + 0.05 * drift
    values[:, slice(*SCAN)] = kelvin * np.linspace(*gains, N, axis=1)
    _, temperature = fit(values, SCAN, thick, *gains)
    assert temperature == pytest.approx(truth[1], rel=5e-3)


def test_a_telescope_that_only_rises_tells_the_air_too(seen):
    values, truth, _, gains = seen
    thick = airmass(np.linspace(40, 50, N))
    kelvin = truth[0][:, None] + truth[1][:, None] * thick
    values[:, slice(*SCAN)] = kelvin * np.linspace(*gains, N, axis=1)
    offset, temperature = fit(values, SCAN, thick, *gains)
    assert offset == pytest.approx(truth[0], rel=2e-4)
    assert temperature == pytest.approx(truth[1], rel=1e-3)


def test_noise_gives_the_errors_of_least_squares(seen):
    values, truth, thick, gains = seen
    noise = 0.2 * np.random.default_rng(1).standard_normal((CHANNELS, N))
    values[:, slice(*SCAN)] += noise * np.linspace(*gains, N, axis=1)
    _, temperature = fit(values, SCAN, thick, *gains)
    error_k = 0.2 / np.sqrt(N) / np.std(thick)
    assert np.abs(temperature - truth[1]).max() < 4 * error_k
    assert np.abs(temperature - truth[1]).max() > 0.1 * error_k


def test_without_a_slope_the_offset_is_a_median(seen):
    values, truth, thick, gains = seen
    values[:, 1_000:1_200] *= 3
    values[0, 2_000:2_100] = np.nan
    offset, temperature = fit(values, SCAN, np.zeros(N), *gains, slope=False)
    assert offset == pytest.approx(truth[0] + truth[1] * thick.mean(), rel=2e-3)
    assert not temperature.any()


def test_channels_without_counts_or_gain_are_nan(seen):
    values, _, thick, (first, last) = seen
    values[1] = np.nan
    first[2] = np.nan
    for slope in (True, False):
        found = np.array(fit(values, SCAN, thick, first, last, slope=slope))
        assert np.isnan(found[:, [1, 2]]).all()
        assert np.isfinite(np.delete(found, [1, 2], axis=1)).all()
    nothing = fit(values, SCAN, thick, first, last, used=np.zeros(N, bool))
    assert np.isnan(nothing).all()


def test_spikes_and_sources_are_not_quiet(seen):
    values, _, thick, gains = seen
    values = values[:, slice(*SCAN)]
    values *= 1 + 2e-4 * np.random.default_rng(1).standard_normal((CHANNELS, N))
    source_k = 5 * np.exp(-0.5 * ((np.arange(N) - 4_000) / 10) ** 2)
    values += source_k * gains[0][:, None]
    values[:, [50, 900, 901]] *= 1.3
    values[:, 2_000:2_050] = np.nan
    used = quiet(values, thick)
    assert not used[[50, 900, 901, *range(2_000, 2_050), *range(3_985, 4_016)]].any()
    assert used.sum() > 0.98 * (N - 50 - 60 - 3)


def test_nothing_to_see_is_not_quiet():
    nothing = quiet(np.full((3, 200), np.nan, np.float32), np.linspace(1, 1.1, 200))
    assert not nothing.any()
    assert quiet(np.ones((3, 200), np.float32), np.linspace(1, 1.1, 200)).all()


def test_airmass_and_gaps():
    assert airmass(np.array([90.0, 30.0])) == pytest.approx([1, 2])
    assert np.isnan(airmass(np.array([0.0, -5.0, np.nan]))).all()
    assert filled(np.array([np.nan, 1.0, np.nan, 3.0])).tolist() == [1, 1, 2, 3]
    assert np.isnan(filled(np.full(3, np.nan))).all()


@pytest.mark.parametrize("nepers", [0.01, 0.035, 0.2])
def test_opacity_is_that_of_the_sky_that_was_calibrated(nepers):
    air_k, hot_k, cmb_k = 268.0, 289.0, 2.73

    def sky_k(thick):
        return air_k - (air_k - cmb_k) * np.exp(-nepers * thick)

    scale = (hot_k - cmb_k) / (hot_k - sky_k(1.2))
    slope = (sky_k(1.5 + 1e-4) - sky_k(1.5 - 1e-4)) / 2e-4 * scale
    found = opacity(np.array([slope]), np.array([1.5]), vane_airmass=1.2, hot_k=hot_k, air_k=air_k)
    assert found == pytest.approx([nepers], rel=1e-5)


def test_slopes_that_no_atmosphere_has_give_no_opacity():
    slopes = np.array([-1e6, np.nan, 1e6])
    found = opacity(slopes, np.ones(3), vane_airmass=1.2, hot_k=288.0, air_k=270.0)
    assert np.isnan(found[:2]).all()
