"""When the telescope scans."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.instruments.comap.science.scans import between, has_bit, latest, runs, trimmed


def truths(text):
    return np.array([letter == "1" for letter in text], bool)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("000", []),
        ("111", [[0, 3]]),
        ("0110100", [[1, 3], [4, 5]]),
        ("1001", [[0, 1], [3, 4]]),
    ],
)
def test_runs_have_their_own_start_and_end(text, found):
    assert runs(truths(text)).tolist() == found
    assert runs(truths(text)).shape == (len(found), 2)


@given(st.text("01", max_size=60))
def test_runs_hold_what_holds(text):
    holds = truths(text)
    again = np.zeros(len(holds), bool)
    for first, last in runs(holds):
        again[first:last] = True
    assert np.array_equal(again, holds)


def test_short_breaks_are_bridged():
    assert runs(truths("11011001"), bridge_samples=1).tolist() == [[0, 5], [7, 8]]
    assert runs(truths("11011001"), bridge_samples=2).tolist() == [[0, 8]]


def test_a_feature_counts_whatever_else_a_sample_has():
    features = np.array([0, 1 << 9, 1 << 9 | 1 << 5, 1 << 13 | 1 << 8])
    assert has_bit(features, 9).tolist() == [False, True, True, False]
    assert has_bit(features, 13).tolist() == [False, False, False, True]


def test_the_latest_value_holds_until_the_next():
    mjd = np.array([0.0, 1.0, 1.5, 2.0, 9.0])
    said = latest(mjd, np.array([2.0, np.nan, 1.0]), np.array([7, 99, 5]))
    assert said.tolist() == [0, 5, 5, 7, 7]
    assert latest(mjd, np.empty(0), np.empty(0, np.int64), before=3).tolist() == [3] * 5


def test_scans_are_trimmed_and_short_ones_left_out():
    edges = np.array([[0, 1500], [2000, 3150], [4000, 5200]])
    assert trimmed(edges, start=1000, end=100, shortest=100).tolist() == [
        [1000, 1400],
        [5000, 5100],
    ]
    assert trimmed(edges[:0], start=1000, end=100, shortest=100).shape == (0, 2)
    assert trimmed(np.array([[0, 5]]), start=5, end=5, shortest=0).shape == (0, 2)


def test_scans_lie_between_the_two_vane_events():
    scanning = truths("1111111111")
    assert between(scanning, truths("0010000100")).tolist() == truths("0001111000").tolist()
    assert between(scanning, truths("0010000000")).tolist() == truths("1101111111").tolist()
    assert between(scanning, truths("0000000000")).all()
