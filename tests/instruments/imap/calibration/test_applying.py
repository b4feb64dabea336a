"""Matrices by range, offsets, epochs: against arithmetic written out in Python."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.errors import BadData
from gnomon.formats.cdf import read_cdf
from gnomon.instruments.imap.calibration.applying import (
    back_rotated,
    calibrated,
    magnitudes,
    oriented,
    rotated,
)
from gnomon.instruments.imap.calibration.layer_files import read_layer
from gnomon.instruments.imap.calibration.layers import Correction, add_up
from gnomon.instruments.imap.calibration.science_files import read_matrices, read_science
from gnomon.timescales.tt2000 import day_bounds

T0 = 813939180705309000
DAY = day_bounds(date(2025, 10, 17))


def correction(n, offsets=0.0, shift=0.0):
    return Correction(
        np.array(np.broadcast_to(offsets, (n, 3)), float),
        np.array(np.broadcast_to(shift, n), float),
        np.zeros(n, np.uint8),
        np.zeros(n, np.uint16),
    )


def by_hand(matrix, vector, offset):
    """M v + o, in the order in which one writes it."""
    return [
        float(matrix[i][0]) * float(vector[0])
        + float(matrix[i][1]) * float(vector[1])
        + float(matrix[i][2]) * float(vector[2])
        + float(offset[i])
        for i in range(3)
    ]


def test_four_vectors_in_four_ranges_with_the_flight_matrices(real):
    """The truth of the facts: M[range] v + offsets, to the last bit."""
    science = read_science(
        real / "science" / "imap_mag_l1c_norm-mago-four-vectors-four-ranges_20251017_v000.cdf"
    )
    flight = real / "science" / "imap_mag_l2-calibration_20250926_v002.cdf"
    layer = read_layer(
        real / "layers" / "imap_mag_four-vector-offsets-norm-layer_20251017_v001.json"
    )
    total = add_up([layer], science.tt2000)
    turned = oriented(read_matrices(flight, "mago"), science.vectors, science.ranges)
    made = calibrated(science.tt2000, turned, science.ranges, total, DAY)

    assert made.ranges.tolist() == [0, 1, 2, 3]
    raw = read_cdf(flight).variables["URFTOORFO"].values
    offsets = [
        [3.565, -10.213, 7.622],
        [-4.723, -2.376, 21.769],
        [0.0, 0.0, 0.0],
        [1.384, 17.948, -34.765],
    ]
    for i in range(4):
        matrix = [[raw[row][column][i] for column in range(3)] for row in range(3)]
        assert made.vectors[i].tolist() == by_hand(matrix, science.vectors[i], offsets[i])
    np.testing.assert_array_equal(made.tt2000, T0 + np.arange(4) * 500_000_000)


def test_every_vector_gets_the_matrix_of_its_own_range(real):
    science = read_science(
        real / "science" / "imap_mag_l1c_norm-mago-four-vectors-four-ranges_20251017_v000.cdf"
    )
    matrices = np.random.default_rng(3).normal(size=(3, 3, 4))
    turned = oriented(matrices, science.vectors, science.ranges)
    for i in range(4):
        matrix = [[matrices[row, column, i] for column in range(3)] for row in range(3)]
        assert turned[i].tolist() == by_hand(matrix, science.vectors[i], [0, 0, 0])


@given(ranges=st.lists(st.integers(-1, 3), max_size=20), seed=st.integers(0, 99))
def test_ranges_may_change_as_they_like(ranges, seed):
    random = np.random.default_rng(seed)
    matrices, vectors = random.normal(size=(3, 3, 4)), random.normal(size=(len(ranges), 3))
    turned = oriented(matrices, vectors, np.array(ranges, np.int8))
    for i, value in enumerate(ranges):
        if value < 0:
            assert np.isnan(turned[i]).all()
        else:
            assert turned[i].tolist() == by_hand(matrices[:, :, value], vectors[i], [0, 0, 0])


def test_a_range_that_is_none_is_refused():
    with pytest.raises(BadData, match="range 4 of a vector"):
        oriented(np.zeros((3, 3, 4)), np.zeros((2, 3)), np.array([0, 4], np.int8))


def test_epochs_are_shifted_in_whole_nanoseconds():
    """Defect: epoch + timedelta 1e9 in float64, whose steps are 128 ns here."""
    epochs = np.array([T0 + 1, T0 + 500_000_003])
    ranges = np.zeros(2, np.int8)
    made = calibrated(epochs, np.zeros((2, 3)), ranges, correction(2), DAY)
    np.testing.assert_array_equal(made.tt2000, epochs)
    made = calibrated(epochs, np.zeros((2, 3)), ranges, correction(2, shift=1.5e-8), DAY)
    np.testing.assert_array_equal(made.tt2000, epochs + 15)
    made = calibrated(epochs, np.zeros((2, 3)), ranges, correction(2, shift=-0.123456789), DAY)
    np.testing.assert_array_equal(made.tt2000, epochs - 123_456_789)


def test_only_the_utc_day_is_kept_after_the_shift():
    epochs = np.array([DAY[0] - 1, DAY[0], DAY[1] - 1, DAY[1]])
    vectors = np.arange(12.0).reshape(4, 3)
    made = calibrated(epochs, vectors, np.zeros(4, np.int8), correction(4), DAY)
    assert made.tt2000.tolist() == [DAY[0], DAY[1] - 1]
    assert made.vectors.tolist() == [[3, 4, 5], [6, 7, 8]]
    assert made.n_outside == 2
    late = calibrated(epochs, vectors, np.zeros(4, np.int8), correction(4, shift=1e-9), DAY)
    assert late.tt2000.tolist() == [DAY[0], DAY[0] + 1]


def test_a_shift_that_is_not_known_takes_the_vector_out_and_is_counted():
    epochs = T0 + np.arange(3) * 1_000
    made = calibrated(
        epochs, np.ones((3, 3)), np.zeros(3, np.int8), correction(3, shift=[0, np.nan, 0]), DAY
    )
    assert (len(made.tt2000), made.n_untimed, made.n_outside) == (2, 1, 0)


def test_shifts_that_swap_vectors_are_refused():
    with pytest.raises(BadData, match="out of order"):
        calibrated(
            np.array([T0, T0 + 1_000]),
            np.zeros((2, 3)),
            np.zeros(2, np.int8),
            correction(2, shift=[2e-6, 0]),
            DAY,
        )


def test_each_vector_has_its_own_length():
    """Defect f: one value for all rows, of a norm without its axis."""
    made = magnitudes(np.array([[3.0, 4, 0], [0, 0, -2], [1, np.nan, 0]]))
    np.testing.assert_array_equal(made, [5.0, 2.0, np.nan])


def test_rotations_turn_and_turn_back():
    quarter = np.array([[[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]] * 2)
    vectors = np.array([[1.0, 2, 3], [4, 5, 6]])
    turned = rotated(quarter, vectors)
    np.testing.assert_array_equal(turned, [[-2, 1, 3], [-5, 4, 6]])
    np.testing.assert_array_equal(back_rotated(quarter, turned), vectors)
    quarter[0] = np.nan
    assert np.isnan(rotated(quarter, vectors)[0]).all()
