"""Gradiometry recovers a field that is known under a spacecraft whose own is known."""

import numpy as np
import pytest

from gnomon.instruments.imap.calibration.gradiometry import (
    INTERFERENCE_BIT,
    Field,
    Settings,
    gradient_layer,
)

T0 = 813939180705309000
NS = 1_000_000_000
TIMES = 3.0
"""How much stronger MAGi sees the spacecraft."""
FACTOR = -1 / (TIMES - 1)


def settings(factor=FACTOR, threshold=1e9, **more):
    return Settings(tuple(map(tuple, factor * np.eye(3))), threshold, **more)


def spin(times):
    """Rotations from the spinning frame, 4 turns a minute, into the despun one."""
    angle = (times - T0) / NS * 2 * np.pi * 4 / 60
    c, s, o = np.cos(angle), np.sin(angle), np.zeros(len(times))
    return np.moveaxis(np.array([[c, -s, o], [s, c, o], [o, o, o + 1]]), 2, 0)


def ambient(times):
    s = (times - T0) / NS
    return np.column_stack([5 + 0.001 * s, -3 + 0.002 * s, 1 + 0 * s])


def measured(times, strength, rotations=None):
    despun = ambient(times)
    if rotations is not None:
        despun = np.einsum("nji,nj->ni", rotations, despun)
    return despun + strength * np.array([1.0, 2.0, -0.5])


def pair(n=600, *, shift=NS // 4, despun=True):
    outboard, inboard = T0 + np.arange(n) * (NS // 2), T0 + shift + np.arange(n) * (NS // 2)
    fields = []
    for times, strength in ((outboard, 1.0), (inboard, TIMES)):
        turns = spin(times)
        fields.append(Field(times, measured(times, strength, turns), turns if despun else None))
    return fields


def error(outboard, made):
    corrected = outboard.vectors + made.layer.offsets
    truth = measured(outboard.tt2000, 0.0, spin(outboard.tt2000))
    return np.abs(corrected - truth)[2:-2].max()


@pytest.mark.parametrize("despun", [True, False])
def test_the_field_is_recovered(despun):
    outboard, inboard = pair(despun=despun, shift=0)
    made = gradient_layer(outboard, inboard, settings(), "g")
    assert made.layer.by_vector
    assert error(outboard, made) < 1e-12


def test_despinning_keeps_a_spinning_field_from_being_cut_at_its_crests():
    outboard, inboard = pair()
    still = error(outboard, gradient_layer(outboard, inboard, settings(), "g"))
    bare = pair(despun=False)
    spinning = error(bare[0], gradient_layer(*bare, settings(), "g"))
    # The spacecraft's field turns in the despun frame: (w dt / 2)^2 / 2 of it, 2 nT 3 |(1, 2)|.
    assert still < 0.02
    assert 0.001 < spinning < 0.04


@pytest.mark.parametrize("method", ["linear", "quadratic", "cubic"])
def test_higher_degrees_follow_better(method):
    outboard, inboard = pair()
    worst = {"linear": 2e-2, "quadratic": 2e-3, "cubic": 2e-4}
    made = gradient_layer(outboard, inboard, settings(method=method), "g")
    assert error(outboard, made) < worst[method]


def test_a_full_factor_mixes_components():
    outboard = Field(np.array([T0, T0 + NS]), np.zeros((2, 3)))
    inboard = Field(outboard.tt2000, np.array([[1.0, 10, 100]] * 2))
    factor = ((1.0, 2.0, 3.0), (0.0, 1.0, 0.0), (0.5, 0.0, 0.0))
    made = gradient_layer(outboard, inboard, Settings(factor, 1e9), "g")
    np.testing.assert_array_equal(made.layer.offsets, [[321, 10, 0.5]] * 2)


def test_large_differences_are_flagged():
    times = T0 + np.arange(4) * NS
    difference = np.array([[9.0, 0, 0], [10, 0, 0], [10.1, 0, 0], [6, 6, 6]])
    made = gradient_layer(
        Field(times, np.zeros((4, 3))), Field(times, difference), settings(0.25, 10.0), "g"
    )
    assert made.layer.quality_flag.tolist() == [0, 0, 1, 1]
    assert made.layer.quality_bitmask.tolist() == [0, 0, INTERFERENCE_BIT, INTERFERENCE_BIT]
    np.testing.assert_array_equal(made.layer.offsets, 0.25 * difference)
    assert made.n_flagged == 2
    assert made.largest_nt == pytest.approx(np.sqrt(108))
    assert made.median_nt == pytest.approx(10.05)


def test_vectors_without_a_partner_are_flagged_and_not_corrected():
    times = T0 + np.arange(60) * NS
    there = np.r_[0:10, 50:60]
    inboard = Field(times[there], np.full((20, 3), 8.0))
    made = gradient_layer(Field(times, np.zeros((60, 3))), inboard, settings(0.5), "g")
    assert made.n_alone == 60 - 20 - 2 * 4
    alone = made.layer.quality_flag == 1
    assert not made.layer.offsets[alone].any()
    np.testing.assert_array_equal(made.layer.offsets[~alone], 4.0)
    assert made.n_flagged == 0


def test_absent_values_of_either_sensor_do_no_harm():
    outboard, inboard = pair(despun=False, shift=0)
    hurt = inboard.vectors.copy()
    hurt[100] = np.nan
    mine = outboard.vectors.copy()
    mine[200, 1] = np.nan
    made = gradient_layer(
        Field(outboard.tt2000, mine), Field(inboard.tt2000, hurt), settings(), "g"
    )
    assert np.isfinite(made.layer.offsets).all()
    assert not made.layer.quality_flag.any()  # the neighbours bridge it; a blank is blank already
    nothing = Field(inboard.tt2000[:0], inboard.vectors[:0])
    made = gradient_layer(outboard, nothing, settings(), "g")
    assert made.n_alone == len(outboard.tt2000)
    assert np.isnan(made.largest_nt)
    assert not made.layer.offsets.any()


def test_gaps_in_the_attitude_fall_back_and_are_counted():
    outboard, inboard = pair()
    torn = outboard.despin.copy()
    torn[100:110] = np.nan
    made = gradient_layer(Field(outboard.tt2000, outboard.vectors, torn), inboard, settings(), "g")
    assert made.n_spinning == 10
    first = int(outboard.tt2000[made.spinning][0])
    assert made.n_spinning_between(first, first + 1) == 1
    assert made.n_spinning_between(first - 1, first) == 0
    assert error(outboard, made) < 0.05
    assert gradient_layer(outboard, inboard, settings(), "g").n_spinning == 0
    assert gradient_layer(*pair(despun=False), settings(), "g").n_spinning == 600


def test_the_filter_keeps_fast_noise_of_magi_out():
    random = np.random.default_rng(0)
    slow, fast = T0 + np.arange(200) * NS, T0 + np.arange(200 * 8) * (NS // 8)
    noisy = Field(fast, random.normal(size=(len(fast), 3)))
    still = Field(slow, np.zeros((200, 3)))
    raw = gradient_layer(still, noisy, settings(1.0), "g").layer.offsets.std()
    filtered = gradient_layer(still, noisy, settings(1.0, cic=True), "g").layer.offsets.std()
    assert filtered < 0.4 * raw
