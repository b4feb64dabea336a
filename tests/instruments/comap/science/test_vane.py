"""System temperature and gain from the vane."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.instruments.comap.science.vane import events, gain_at, known_gain, level, y_factor

MJD = 60000 + np.arange(4000) / 50 / 86400


def swept(*starts, hot=65.0, cold=205.0):
    """The vane comes in for a second at each start: it moves for a half before and after."""
    angle, calibrated = np.full(4000, cold), np.zeros(4000, bool)
    for start in starts:
        calibrated[start : start + 200] = True
        angle[start + 50 : start + 75] = np.linspace(cold, hot, 25)
        angle[start + 75 : start + 125] = hot
        angle[start + 125 : start + 150] = np.linspace(hot, cold, 25)
    return calibrated, angle


def test_each_event_has_load_and_sky():
    found, incomplete = events(*swept(100, 3700), MJD)
    assert incomplete == 0
    assert [event.mjd for event in found] == pytest.approx(
        [MJD[100] + 99.5 / 50 / 86400, MJD[3700] + 99.5 / 50 / 86400], abs=1e-9
    )
    for event, start in zip(found, (100, 3700), strict=True):
        assert event.hot.tolist() == list(range(start + 79, start + 121))
        assert set(event.cold) <= {*range(start, start + 51), *range(start + 149, start + 200)}
        assert len(event.cold) > 80


def test_events_that_lack_one_of_the_two_are_counted():
    calibrated, angle = swept(100, 1000, 2000)
    angle[:300] = 205.0
    angle[900:1300] = 65.0
    found, incomplete = events(calibrated, angle, MJD)
    assert len(found) == 1
    assert incomplete == 2


def test_an_event_that_was_interrupted_is_one():
    calibrated, angle = swept(100)
    calibrated[190:200] = False
    calibrated[210:230] = True
    found, _ = events(calibrated, angle, MJD)
    assert len(found) == 1


def test_angles_that_are_unknown_are_neither():
    calibrated, angle = swept(100)
    angle[170:180] = np.nan
    angle[250:] = np.nan
    found, _ = events(calibrated, angle, MJD)
    assert not {*range(170, 180)} & set(found[0].cold)
    assert events(calibrated, np.full(4000, np.nan), MJD) == ([], 1)
    assert events(np.zeros(4000, bool), angle, MJD) == ([], 0)


@given(
    st.floats(5, 300), st.floats(10, 1e6), st.floats(240, 330), st.floats(0, 4), st.floats(-0.9, 0)
)
def test_the_y_factor_finds_what_it_was_made_of(receiver_k, gain, hot_k, cold_k, drift):
    hot, cold = np.array([gain * (receiver_k + t) for t in (hot_k, cold_k)])[:, None]
    tsys, found = y_factor(hot, cold, hot_k=hot_k, cold_k=cold_k)
    assert tsys == pytest.approx([receiver_k], rel=1e-9)
    assert found == pytest.approx([gain], rel=1e-9)
    dim = y_factor(cold * (1 + drift), cold, hot_k=hot_k, cold_k=cold_k)
    assert np.isnan(dim).all()


def test_channels_without_counts_have_no_temperature():
    hot, cold = np.array([np.nan, 0.0, 5.0, np.inf]), np.array([1.0, 0.0, 0.0, 1.0])
    assert np.isnan(y_factor(hot, cold, hot_k=290.0, cold_k=2.7)).all()


def test_levels_leave_gaps_out():
    values = np.array([[1, 2, np.nan, 6], [np.nan] * 4], np.float32)
    found = level(values, np.array([1, 2, 3]))
    assert found[0] == 4
    assert np.isnan(found[1])


def test_the_gain_is_linear_between_events_and_constant_outside():
    gain = np.array([[1.0, 10.0], [3.0, 20.0]])
    mjd = np.array([0.0, 1.0, 1.5, 2.0, 9.0])
    weights = gain_at(gain, np.array([1.0, 2.0]), mjd)
    assert weights.sum(axis=0).tolist() == [1] * 5
    assert (gain.T @ weights).tolist() == [[1, 1, 2, 3, 3], [10, 10, 15, 20, 20]]


def test_one_event_holds_throughout():
    assert gain_at(np.ones((1, 2)), np.array([5.0]), np.arange(9.0)).tolist() == [[1.0] * 9]


def test_events_without_gain_do_not_count():
    gain = np.array([[1.0, np.nan], [np.nan, np.nan], [2.0, 4.0]])
    weights = gain_at(gain, np.array([1.0, 2.0, 3.0]), np.array([2.0]))
    assert weights.tolist() == [[0.5], [0], [0.5]]
    assert (known_gain(gain).T @ weights).tolist() == [[1.5], [4.0]]
    assert not gain_at(np.full((2, 3), np.nan), np.array([1.0, 2.0]), np.arange(4.0)).any()


def test_channels_without_any_gain_stay_so():
    assert np.isnan(known_gain(np.array([[np.nan, 1.0], [np.nan, np.nan]]))[:, 0]).all()
