import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.instruments.imap.kernels import quaternions

numbers = st.floats(-1, 1, allow_nan=False)


def unit(values):
    array = np.array([values], dtype=float)
    size = np.linalg.norm(array)
    return array / size if size > 1e-3 else np.array([[1.0, 0, 0, 0]])


turns = st.tuples(numbers, numbers, numbers, numbers).map(unit)


@settings(deadline=None)
@given(turns)
def test_matrices_and_back(q):
    matrix = quaternions.to_matrices(q)
    np.testing.assert_allclose(matrix[0] @ matrix[0].T, np.eye(3), atol=1e-14)
    np.testing.assert_allclose(np.linalg.det(matrix), 1)
    assert quaternions.angles(q, quaternions.of_matrices(matrix))[0] < 1e-7


@settings(deadline=None)
@given(turns, turns)
def test_products_are_products_of_matrices(p, q):
    made = quaternions.to_matrices(quaternions.product(p, q))
    expected = quaternions.to_matrices(p) @ quaternions.to_matrices(q)
    np.testing.assert_allclose(made, expected, atol=1e-13)


@settings(deadline=None)
@given(turns, turns, st.floats(0, 1))
def test_the_way_between_is_even_and_the_shortest(p, q, share):
    whole = quaternions.angles(p, q)[0]
    part = quaternions.between(p, q, np.array([share]))
    np.testing.assert_allclose(np.linalg.norm(part), 1)
    assert quaternions.angles(p, part)[0] == pytest.approx(share * whole, abs=1e-7)
    assert quaternions.angles(part, q)[0] == pytest.approx((1 - share) * whole, abs=1e-7)


def test_a_quarter_turn_about_z():
    half = np.sqrt(0.5)
    turned = quaternions.to_matrices(np.array([[half, 0, 0, half]]))[0] @ [1, 0, 0]
    np.testing.assert_allclose(turned, [0, 1, 0], atol=1e-15)


def test_between_equal_rotations_nothing_turns():
    q = np.array([[1.0, 0, 0, 0]])
    np.testing.assert_array_equal(quaternions.between(q, q, np.array([0.3])), q)
