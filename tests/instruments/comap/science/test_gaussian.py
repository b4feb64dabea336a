"""The fit of a Gaussian: values and errors, what slow drifts do to it, and when there is none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.instruments.comap.science.crossings import FEWEST, Crossings
from gnomon.instruments.comap.science.gaussian import brightest, fit_gaussian, half_turn

STD_DEG = 4.5 / 60 / np.sqrt(8 * np.log(2))


def raster(lines=30, samples=40):
    sweep = np.linspace(-0.3, 0.3, samples)
    x = np.concatenate([sweep[:: 1 if line % 2 else -1] for line in range(lines)])
    y = np.linspace(-0.27, 0.27, len(x))
    return Crossings.found(x, y, np.hypot(x, y) < 0.25)


def gaussian(seen, amplitude=5.0, x=0.02, y=-0.01, major=1.3, minor=0.9, angle=0.4):
    dx, dy = seen.x_deg - x, seen.y_deg - y
    along = (dx * np.cos(angle) + dy * np.sin(angle)) / (major * STD_DEG)
    across = (dy * np.cos(angle) - dx * np.sin(angle)) / (minor * STD_DEG)
    return amplitude * np.exp(-0.5 * (along**2 + across**2))


SEEN = raster()


@settings(max_examples=25, deadline=None)
@given(
    st.floats(0.5, 20.0),
    st.floats(-0.05, 0.05),
    st.floats(-0.05, 0.05),
    st.floats(1.15, 1.6),
    st.floats(-1.4, 1.4),
)
def test_without_noise_everything_comes_back(amplitude, x, y, major, angle):
    values = gaussian(SEEN, amplitude, x, y, major, 0.9, angle)
    found = fit_gaussian(SEEN, values, brightest(SEEN, values, STD_DEG, 0.25), STD_DEG)
    assert found.amplitude.value == pytest.approx(amplitude, rel=1e-4)
    assert found.x_deg.value == pytest.approx(x, abs=1e-6)
    assert found.y_deg.value == pytest.approx(y, abs=1e-6)
    assert found.major_std_deg.value == pytest.approx(major * STD_DEG, rel=1e-4)
    assert found.minor_std_deg.value == pytest.approx(0.9 * STD_DEG, rel=1e-4)
    assert half_turn(found.position_angle_rad.value - angle) == pytest.approx(0.0, abs=1e-3)
    volume = 2 * np.pi * amplitude * major * 0.9 * STD_DEG**2
    assert found.volume.value == pytest.approx(volume, rel=1e-4)


def test_levels_and_slopes_of_crossings_do_nothing():
    chance = np.random.default_rng(1)
    noise = chance.normal(size=len(SEEN.time)) * 0.05
    level = chance.normal(size=len(SEEN))[SEEN.number] * 10.0
    slope = chance.normal(size=len(SEEN))[SEEN.number] * SEEN.time * 0.1
    one = fit_gaussian(SEEN, gaussian(SEEN) + noise, (0.02, -0.01), STD_DEG)
    other = fit_gaussian(SEEN, gaussian(SEEN) + noise + level + slope, (0.02, -0.01), STD_DEG)
    assert other.amplitude.value == pytest.approx(one.amplitude.value, rel=1e-6)
    assert other.volume.error == pytest.approx(one.volume.error, rel=1e-4)


def test_errors_are_those_of_the_scatter():
    chance = np.random.default_rng(2)
    away = []
    for _ in range(120):
        values = gaussian(SEEN) + chance.normal(size=len(SEEN.time)) * 0.1
        found = fit_gaussian(SEEN, values, (0.02, -0.01), STD_DEG)
        truth = 2 * np.pi * 5.0 * 1.3 * 0.9 * STD_DEG**2
        pairs = ((found.amplitude, 5.0), (found.x_deg, 0.02), (found.volume, truth))
        away.append([(one.value - true) / one.error for one, true in pairs])
        assert found.chi2 == pytest.approx(1.0, abs=0.2)
    assert np.all(np.abs(np.std(away, axis=0) - 1.0) < 0.25)
    assert np.all(np.abs(np.mean(away, axis=0)) < 0.35)


def test_too_few_samples_tell_nothing():
    few, kept = SEEN.only(np.arange(len(SEEN.time)) < 20)
    assert fit_gaussian(few, gaussian(SEEN)[kept], (0.0, 0.0), STD_DEG) is None


def test_far_from_all_samples_there_is_no_fit():
    assert fit_gaussian(SEEN, np.ones(len(SEEN.time)), (9.0, 9.0), STD_DEG) is None


def test_noise_alone_ends():
    for seed in range(20):
        values = np.random.default_rng(seed).normal(size=len(SEEN.time))
        found = fit_gaussian(SEEN, values, brightest(SEEN, values, STD_DEG, 0.25), STD_DEG)
        assert found is None or abs(found.amplitude.value) < 1e3 * found.amplitude.error


def test_crossings_are_unbroken_runs_and_short_ones_are_left_out():
    near = np.array([0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1], bool)
    seen = Crossings.found(np.arange(18.0), np.zeros(18), near)
    assert seen.starts.tolist() == [0, 6, 8, 14]
    kept = np.ones(14, bool)
    kept[0] = False
    some, taken = seen.only(kept)
    assert some.starts.tolist() == [0, 5, 11]
    assert taken.sum() == 11
    assert FEWEST == 5
    nothing = Crossings.found(np.arange(3.0), np.zeros(3), np.zeros(3, bool))
    assert len(nothing) == 0
    assert len(nothing.only(np.zeros(0, bool))[0]) == 0
