"""The truth is consistent with itself."""

import numpy as np
import pytest

from gnomon.instruments.imap.simulate import motion
from gnomon.instruments.imap.simulate.corrections import (
    FACTOR,
    WINDOWS,
    offset_to_add,
    quality,
    quality_windows,
)
from gnomon.instruments.imap.simulate.mission import NOISE_NT, NS, Mission

FRAMES = ("gse", "gsm", "rtn", "dsrf", "srf")


@pytest.fixture
def epochs(mission):
    return np.arange(mission.span[0], mission.span[1], 77 * NS + 123)


@pytest.mark.parametrize("frame", FRAMES)
def test_frames_turn_and_do_nothing_else(mission, epochs, frame):
    turned = mission.frame(frame, epochs)
    unit = np.einsum("nij,nkj->nik", turned, turned)
    assert np.abs(unit - np.eye(3)).max() < 1e-12
    np.testing.assert_allclose(np.linalg.det(turned), 1.0)
    sizes = np.linalg.norm(mission.field(frame, epochs), axis=1)
    np.testing.assert_allclose(sizes, np.linalg.norm(mission.field_gse(epochs), axis=1))


def test_a_spin_takes_fifteen_seconds(mission):
    start = mission.span[0]
    spins = mission.frame("srf", np.array([start, start + 15 * NS, start + 5 * NS]))
    assert np.abs(spins[0] - spins[1]).max() < 1e-6
    turned = spins[2] @ spins[0].T
    assert np.degrees(np.arccos((np.trace(turned) - 1) / 2)) == pytest.approx(120, abs=1e-3)


def test_the_spin_axis_is_pointed_anew_at_midnight(mission):
    middle = mission.span[0] + 86_400 * NS
    before, after = mission.frame("dsrf", np.array([middle - 1, middle]))
    assert np.degrees(np.arccos(before[2] @ after[2])) == pytest.approx(0.9856, abs=0.01)
    sunward = mission.frame("gse", np.array([middle]))[0][0]
    assert np.degrees(np.arccos(after[2] @ sunward)) == pytest.approx(4.0, abs=1e-3)


def test_what_the_sensors_add_can_be_taken_off_again(mission, epochs):
    measured = {}
    for sensor in ("mago", "magi"):
        raw, ranges = mission.raw(sensor, epochs, 0)
        matrices = np.moveaxis(mission.gains[sensor][..., ranges], 2, 0)
        measured[sensor] = np.einsum("nij,nj->ni", matrices, raw)
    difference = measured["magi"] - measured["mago"]
    field = measured["mago"] + FACTOR * difference + offset_to_add(mission)
    truth = mission.field("srf", epochs) @ motion.MAG_BASE_TO_SPACECRAFT
    assert np.std(field - truth) < 1.6 * NOISE_NT
    assert np.abs(measured["mago"] - truth).max() > 1


def test_both_ranges_are_used(mission, epochs):
    assert set(mission.ranges(epochs)) == {2, 3}


def test_seeds_differ_and_repeat(epochs):
    one, again, other = Mission(seed=1), Mission(seed=1), Mission(seed=2)
    np.testing.assert_array_equal(one.raw("mago", epochs, 0)[0], again.raw("mago", epochs, 0)[0])
    assert np.abs(one.field_gse(epochs) - other.field_gse(epochs)).max() > 0.1
    assert np.any(one.offsets_nt["mago"] != other.offsets_nt["mago"])


def test_only_a_second_day_has_a_gap():
    assert Mission(days=1, gap=True).attitude_gap is None
    assert Mission(days=2).attitude_gap is None


def test_windows_overlap_and_touch(mission):
    hours = np.array([1.9, 3.0, 5.0, 7.0, 10.5, 11.0, 13.05])
    bits, blank = quality(mission, mission.span[0] + (hours * 3600 * NS).astype(np.int64))
    assert bits.tolist() == [0, 4, 12, 8, 16, 0, 4]
    assert blank.tolist() == [False] * 6 + [True]
    lines = quality_windows(mission).splitlines()
    assert len(lines) == 1 + len(WINDOWS)
    assert lines[1] == "2026-03-01T02:00:00.000,2026-03-01T06:00:00.000,1,4,False,False,False"
