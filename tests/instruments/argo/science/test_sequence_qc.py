"""Profiles compared with those before them."""

import dataclasses

import numpy as np
import pytest

from gnomon.instruments.argo.science.realtime_qc import (
    BAD,
    FROZEN_PROFILE,
    GOOD,
    PROBABLY_BAD,
    SENSOR_DRIFT,
    Casts,
    Rules,
    Verdict,
)
from gnomon.instruments.argo.science.sequence_qc import frozen_profiles, sensor_drift

LEVELS, PROFILES = 80, 5
PRES = np.linspace(5.0, 1980.0, LEVELS)


def casts(depths=(1980.0,) * PROFILES, seed=0):
    """Return profiles of a sea that changes a little from cycle to cycle."""
    noise = np.random.default_rng(seed)
    pres = np.concatenate([PRES[depth >= PRES] for depth in depths])
    counts = np.array([(depth >= PRES).sum() for depth in depths])
    warmer = np.repeat(noise.normal(0, 0.2, len(depths)), counts)
    return Casts(
        counts=counts,
        pres=pres.astype("f4"),
        temp=(4 + 16 * np.exp(-pres / 400) + warmer).astype("f4"),
        psal=(35 + 0.2 * np.exp(-pres / 400) + warmer / 20).astype("f4"),
        juld=25_000.0 + 10 * np.arange(len(depths)),
        latitude=np.full(len(depths), 35.0),
        longitude=np.full(len(depths), -40.0),
        primary=np.ones(len(depths), bool),
        descending=np.zeros(len(depths), bool),
    )


def profiles_failing(given, test, rules=None):
    verdict = Verdict.of(given)
    frozen_profiles(given, verdict)
    sensor_drift(given, verdict, rules or Rules())
    return sorted(set(given.profile[(verdict.failed >> test & 1).astype(bool)].tolist())), verdict


def with_values(given, number, **changes):
    """Return the casts with the values of one profile replaced."""
    at, made = given.profile == number, {}
    for name, values in changes.items():
        made[name] = getattr(given, name).copy()
        made[name][at] = values
    return dataclasses.replace(given, **made)


def test_a_changing_sea_passes():
    given = casts()
    for test in (FROZEN_PROFILE, SENSOR_DRIFT):
        assert profiles_failing(given, test)[0] == []


def test_a_profile_that_repeats_is_frozen():
    given, first = casts(), slice(LEVELS, 2 * LEVELS)
    given = with_values(given, 2, temp=given.temp[first], psal=given.psal[first])
    found, verdict = profiles_failing(given, FROZEN_PROFILE)
    assert found == [2]
    assert set(verdict.flags["TEMP"][given.profile == 2]) == {BAD}
    assert set(verdict.flags["TEMP"][given.profile != 2]) == {GOOD}


def test_both_parameters_must_repeat():
    given = casts()
    given = with_values(given, 2, temp=given.temp[LEVELS : 2 * LEVELS])
    assert profiles_failing(given, FROZEN_PROFILE)[0] == []


@pytest.mark.parametrize("field", ["primary", "descending"])
def test_only_like_is_compared_with_like(field):
    given, first = casts(), slice(LEVELS, 2 * LEVELS)
    given = with_values(given, 2, temp=given.temp[first], psal=given.psal[first])
    mask = getattr(given, field).copy()
    mask[2] = not mask[2]
    assert profiles_failing(dataclasses.replace(given, **{field: mask}), FROZEN_PROFILE)[0] == []


def test_a_jump_of_deep_salinity_lasts_until_it_returns():
    given = casts()
    for number in (2, 3):
        given = with_values(given, number, psal=given.psal[given.profile == number] + 0.6)
    found, verdict = profiles_failing(given, SENSOR_DRIFT)
    assert found == [2, 3], "compared with the last good profile, so the return is none"
    assert set(verdict.flags["PSAL"]) == {GOOD}, "recorded only"
    _, strict = profiles_failing(given, SENSOR_DRIFT, Rules(drift_flags=True))
    assert set(strict.flags["PSAL"][given.profile == 2]) == {PROBABLY_BAD}
    assert set(strict.flags["TEMP"]) == {GOOD}


def test_a_deeper_dive_is_no_drift():
    given = casts((1000.0, 1980.0, 1000.0, 1980.0))
    assert profiles_failing(given, SENSOR_DRIFT)[0] == []


def test_empty_and_shallow_profiles_are_left_out():
    given = casts((1980.0, 0.0, 100.0, 1980.0))
    shallow = with_values(given, 2, psal=33.0)
    assert profiles_failing(shallow, SENSOR_DRIFT)[0] == []
    assert profiles_failing(shallow, FROZEN_PROFILE)[0] == []
