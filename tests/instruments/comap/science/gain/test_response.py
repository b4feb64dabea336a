"""Closure: what the filters do to sky and noise, by injection."""

import numpy as np
import pytest

from gnomon.instruments.comap.science.gain import response
from gnomon.instruments.comap.science.gain.reduction import reduced
from gnomon.instruments.comap.science.gain.response import Problem, measured, system_temperature


def problem(structure, **changes):
    return Problem(system_temperature(structure, 128), n_samples=8000, **changes)


def streams(made, method):
    return reduced(response.sums_of(made), np.array([[0, made.n_samples]]), method)


@pytest.mark.parametrize("structure", ["weak", "strong", "smooth", "flat"])
@pytest.mark.parametrize("slope", [-0.3, -2.7])
def test_the_prior_keeps_a_point_source_in_every_bin(structure, slope):
    found = measured(problem(structure, source_k=6.0, slope=slope), "prior")
    assert np.abs(found.amplitude - 1).max() < 0.03
    assert found.amplitude.mean() == pytest.approx(1, abs=0.01)
    assert found.white_after == pytest.approx(found.white_before, rel=0.03)
    assert found.red_after < found.red_before * 1.001


@pytest.mark.parametrize(("structure", "least"), [("weak", 1.15), ("strong", 1.8)])
def test_the_prior_takes_red_noise_away_where_the_structure_allows(structure, least):
    found = [measured(problem(structure, seed=seed), "prior") for seed in range(3)]
    assert np.mean([one.red_before / one.red_after for one in found]) > least


def test_the_prior_keeps_a_diffuse_sky_too():
    slow = np.sin(2 * np.pi * 0.1 * np.arange(8000) / 50)
    found = measured(problem("weak", source_k=0.05), "prior", profile=slow)
    assert np.abs(found.amplitude - 1).max() < 0.03


def test_the_common_mode_takes_the_continuum_away():
    found = measured(problem("weak"), "common_mode")
    assert abs(found.amplitude.mean()) < 0.1
    assert np.abs(found.amplitude).max() < 0.3
    assert found.red_after < found.red_before / 3


def test_without_a_filter_nothing_changes():
    found = measured(problem("weak"), None)
    assert (found.amplitude == 1).all()
    assert found.red_after == found.red_before


@pytest.mark.parametrize("method", ["prior", "common_mode"])
def test_the_transfer_that_is_told_is_the_one_that_is_measured(method):
    made = problem("strong", slope=0.0)
    told = streams(made, method).continuum_transfer
    # Slow enough that the gain is taken away in full.
    slow = np.cos(np.pi * np.arange(8000) / 8000)
    found = measured(made, method, profile=slow).amplitude
    np.testing.assert_allclose(told, found, atol=0.02)


def test_holes_lose_neither_source_nor_filter():
    made = problem("strong")
    whole = streams(made, "prior")
    scans = np.array([[0, made.n_samples]])
    sums = {}
    for band in range(4):
        tod = response._spectra(made, band, response.gain_series(made))
        seen = response.crossings(made.n_samples).astype(np.float32)
        tod += response._source(made, band)[:, None] * seen
        tod[np.random.default_rng(band).random(tod.shape) < 2e-3] = np.nan
        tod[:, 4000] = np.nan
        sums[band] = response._sums(tod, made, band, scans, 3)
    holed = reduced(sums, scans, "prior")
    there = np.arange(made.n_samples) != 4000
    assert np.isnan(holed.raw[..., 4000]).all()
    assert np.isfinite(holed.filtered[..., there]).all()
    assert np.nanstd(holed.filtered[..., there] - whole.filtered[..., there]) < 2e-3


def test_missing_channels_change_neither_gain_nor_level():
    made = problem("strong")
    gain = 1e-2 * np.sin(np.arange(made.n_samples) / 400)
    tod = (made.tsys_k[0][:, None] * (1 + gain)).astype(np.float32)
    scans = np.array([[0, made.n_samples]])
    whole = reduced({0: response._sums(tod.copy(), made, 0, scans, 3)}, scans, "prior")
    tod[40:60, 1000:7000:50] = np.nan
    holed = reduced({0: response._sums(tod, made, 0, scans, 3)}, scans, "prior")
    assert np.abs(whole.raw[0]).max() > 0.4
    assert np.abs(holed.filtered[0] - whole.filtered[0]).max() < 1e-3


def test_each_band_may_have_its_own_gain():
    made = problem("strong")
    scans = np.array([[0, made.n_samples]])
    bands = response._both(made, response.crossings(made.n_samples), scans, 3)[0]
    apart = reduced(bands, scans, "prior", per_band=True)
    together = reduced(bands, scans, "prior")
    assert len(set(apart.sigma_gain[:, 0])) == 4
    assert (apart.sigma_gain > together.sigma_gain).all()


def test_a_band_that_is_missing_stays_unknown():
    made = problem("strong")
    scans = np.array([[0, made.n_samples]])
    bands = response._both(made, response.crossings(made.n_samples), scans, 3)[0]
    del bands[2]
    found = reduced(bands, scans, "prior")
    assert np.isnan(found.filtered[2]).all()
    assert np.isnan(found.continuum_transfer[2]).all()
    assert np.isfinite(found.filtered[[0, 1, 3]]).all()
