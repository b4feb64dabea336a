"""The gain over time: what was put in comes back, and what is wrong is left out."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import Corrupt
from gnomon.instruments.comap.science.calibration_model import (
    BINS,
    Measurements,
    Rules,
    models_of,
    read_models,
    written,
    years,
)

COEFFICIENTS = (-0.004, 0.03, 0.68)


def gain_of(mjd):
    return np.polyval(COEFFICIENTS, years(mjd))


def measured(n=60, *, seed=1, error=0.003):
    """Return observations over four years of feeds 1 and 3; the others saw nothing."""
    chance = np.random.default_rng(seed)
    mjd = np.full((n, BINS[0]), np.nan)
    mjd[:, [0, 2]] = np.sort(chance.uniform(59000, 60460, n))[:, None]
    gain = gain_of(mjd)[..., None, None] + chance.normal(size=(n, *BINS)) * error
    return Measurements(
        np.array(["TauA", "CasA"] * n)[:n],
        mjd,
        gain,
        np.full((n, *BINS), error),
        np.ones((n, *BINS)),
    )


def test_a_polynomial_comes_back():
    models = models_of(measured(), Rules())
    assert [(m.feed, m.band, m.half) for m in models][:9:8] == [(1, 0, 0), (3, 0, 0)]
    assert len(models) == 16
    for model in models:
        assert model.source == "CasA,TauA"
        assert model.n_observations == 60
        assert model.fit_rms == pytest.approx(0.003, rel=0.4)
        assert model.gain_at(59700.0) == pytest.approx(gain_of(59700.0), abs=0.002)


def test_beyond_the_measurements_the_gain_is_that_of_the_end():
    (model, *_) = models_of(measured(), Rules())
    assert model.gain_at(70000.0) == model.gain_at(model.last_mjd)
    assert model.gain_at(0.0) == model.gain_at(model.first_mjd)


@pytest.mark.parametrize(
    ("change", "left"),
    [("chi2", 59), ("low", 59), ("high", 59), ("far", 59), ("unfitted", 59)],
)
def test_what_is_bad_is_left_out(change, left):
    seen = measured()
    at = (5, 0, 1, 1)
    if change == "chi2":
        seen.chi2[at] = 11.0
    else:
        seen.gain[at] = {"low": 0.2, "high": 3.5, "far": 0.9, "unfitted": np.nan}[change]
    (model,) = (m for m in models_of(seen, Rules()) if (m.feed, m.band, m.half) == (1, 1, 1))
    assert model.n_observations == left
    assert model.gain_at(59700.0) == pytest.approx(gain_of(59700.0), abs=0.002)


def test_a_stream_with_few_observations_has_no_model():
    assert models_of(measured(9), Rules()) == []
    assert len(models_of(measured(9), Rules(least_observations=9))) == 16


def test_one_observation_gives_a_level():
    (model, *_) = models_of(measured(1), Rules(least_observations=1))
    assert len(model.poly_coeffs) == 1
    assert model.fit_rms == pytest.approx(0.0, abs=1e-12)


def test_nearest_and_mean():
    seen = measured(error=0.0)
    (nearest, *_) = models_of(seen, Rules(model="nearest"))
    assert nearest.poly_coeffs is None
    assert list(nearest.nearest_mjds) == sorted(nearest.nearest_mjds)
    assert nearest.gain_at(nearest.nearest_mjds[7] + 0.01) == nearest.nearest_gains[7]
    (mean, *_) = models_of(seen, Rules(model="mean"))
    assert mean.poly_coeffs == pytest.approx((seen.gain[:, 0, 0, 0].mean(),), rel=0.005)
    assert mean.nearest_mjds is None


def test_models_there_and_back(tmp_path):
    for rules in (Rules(), Rules(model="nearest")):
        models = models_of(measured(12), rules)
        path = tmp_path / "models.json"
        path.write_text(written(models, rules), encoding="utf-8")
        assert read_models(path) == models
        names = set(json.loads(path.read_text())["models"][0])
        assert names >= {"feed", "band", "half", "source", "model_type", "poly_coeffs"}


@pytest.mark.parametrize("text", ["", "{}", '{"models": [{"feed": 1}]}', '{"models": 3}', "[]"])
def test_what_is_no_model_says_so(text, tmp_path):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(Corrupt, match=r"a\.json"):
        read_models(tmp_path / "a.json")


@settings(max_examples=8, deadline=None)
@given(st.permutations(range(20)))
def test_the_order_of_observations_does_not_matter(order):
    seen, order = measured(20), list(order)
    mixed = Measurements(
        seen.source[order], seen.mjd[order], seen.gain[order], seen.error[order], seen.chi2[order]
    )
    assert models_of(mixed, Rules()) == models_of(seen, Rules())
