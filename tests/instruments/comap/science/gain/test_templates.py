"""Gain and sky told apart at one sample."""

import numpy as np
import pytest

from gnomon.instruments.comap.science.gain.response import system_temperature
from gnomon.instruments.comap.science.gain.templates import (
    Columns,
    Solver,
    from_triangle,
    sky_spectra,
)
from gnomon.instruments.comap.simulate.spectra import frequencies_ghz


def columns(structure="weak", order=3):
    level = system_temperature(structure, 128).ravel()
    sky = sky_spectra(frequencies_ghz(128).ravel(), order)
    return Columns.of(level, level * 0.01, sky, np.ones(level.shape, bool)), sky


def test_a_gain_is_found_whatever_smooth_sky_there_is():
    made, sky = columns()
    spectrum = 0.01 * made.level_k + np.array([3, -2, 1, 0.5]) @ sky
    assert Solver.of(made.normal).combination @ (made.rows @ spectrum) == pytest.approx(0.01)


def test_a_smooth_sky_is_no_gain():
    made, sky = columns()
    found = Solver.of(made.normal).combination @ (made.rows @ sky.T)
    assert np.abs(found).max() * made.level_k.max() < 1e-6


def test_a_power_law_is_no_gain_even_where_the_level_is_smooth():
    made, _ = columns("smooth")
    falling = (frequencies_ghz(128).ravel() / 30) ** -2.7
    gain = Solver.of(made.normal).combination @ (made.rows @ falling)
    assert abs(gain * made.level_k.mean()) < 0.01
    flat, _ = columns("smooth", order=0)
    biased = Solver.of(flat.normal).combination @ (flat.rows @ falling)
    assert abs(biased * flat.level_k.mean()) > 0.3


def test_its_noise_is_that_of_the_normal_matrix():
    made, _ = columns()
    noise = np.random.default_rng(0).normal(size=(made.level_k.size, 4000)) * 0.01
    solver = Solver.of(made.normal)
    found = solver.combination @ (made.rows @ (noise * made.level_k[:, None]))
    assert found.std() == pytest.approx(float(solver.sigma), rel=0.05)
    assert float(solver.sigma) == pytest.approx(
        np.sqrt(np.linalg.inv(made.normal)[-1, -1]), rel=1e-4
    )


def test_structure_makes_it_better():
    sigma = {one: float(Solver.of(columns(one)[0].normal).sigma) for one in ("weak", "strong")}
    assert sigma["strong"] < sigma["weak"] / 2


def test_without_structure_nothing_can_be_told():
    solver = Solver.of(columns("flat")[0].normal)
    assert np.isinf(solver.sigma)
    assert np.isnan(solver.combination).all()


def test_channels_without_level_or_noise_count_nothing():
    level, rms = np.array([40.0, -1, np.nan, 40, 40]), np.array([0.2, 0.2, 0.2, 0, np.nan])
    made = Columns.of(level, rms, np.ones((1, 5)), np.ones(5, bool))
    assert made.weight == pytest.approx([40000, 0, 0, 0, 0])
    assert np.isfinite(made.rows).all()


def test_triangles_give_back_their_matrices():
    made, _ = columns()
    np.testing.assert_allclose(from_triangle(made.products.sum(axis=1)[:, None])[0], made.normal)


def test_no_channels_at_all():
    assert np.isinf(Solver.of(np.zeros((3, 3))).sigma)
