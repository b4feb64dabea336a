"""Calibrated values, bit for bit those that Python calculates one by one."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.formats.packets.calibration import Calibration
from gnomon.formats.packets.columns import Column
from gnomon.formats.packets.model import (
    Comparison,
    Float,
    Integer,
    Polynomial,
    Reference,
    Spline,
    Text,
    Type,
)
from gnomon.formats.packets.rows import unsigned_dtype


def by_hand(terms, value):
    """Return a polynomial as it is defined: powers of integers exact, sums from the left."""
    total = 0.0
    for coefficient, exponent in terms:
        total += coefficient * value**exponent
    return total


def same(values, expected):
    return [repr(v) for v in values.tolist()] == [repr(v) for v in expected]


coefficients = st.floats(-1e6, 1e6, allow_nan=False)


@settings(max_examples=120, deadline=None)
@given(
    st.integers(1, 64),
    st.lists(st.tuples(coefficients, st.integers(0, 6)), min_size=0, max_size=5),
    st.data(),
)
def test_polynomials_of_integers_are_exact(bits, terms, data):
    raw = data.draw(st.lists(st.integers(0, (1 << bits) - 1), min_size=1, max_size=8))
    calibration = Calibration(Type(Integer(bits), calibrator=Polynomial(tuple(terms))))
    values = calibration.values(np.array(raw, unsigned_dtype(bits)), {})
    assert same(values, [by_hand(terms, value) for value in raw])


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(coefficients, st.integers(0, 3)), min_size=1, max_size=4),
    st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=8),
)
def test_polynomials_of_floats_are_exact(terms, raw):
    calibration = Calibration(Type(Float(64), calibrator=Polynomial(tuple(terms))))
    assert same(calibration.values(np.array(raw), {}), [by_hand(terms, value) for value in raw])


def test_a_polynomial_of_zero_is_never_minus_zero():
    calibration = Calibration(Type(Integer(8), calibrator=Polynomial(((-1.5, 1),))))
    assert same(calibration.values(np.array([0, 1], np.uint8), {}), [0.0, -1.5])


def test_what_is_too_large_is_infinite():
    calibration = Calibration(Type(Integer(64), calibrator=Polynomial(((1.0, 30),))))
    assert calibration.values(np.array([2**63], np.uint64), {}).tolist() == [math.inf]


def test_negative_exponents():
    calibration = Calibration(Type(Integer(8), calibrator=Polynomial(((1.0, -1),))))
    values = calibration.values(np.array([0, 4], np.uint8), {})
    assert math.isnan(values[0])
    assert values[1] == 0.25


LINE = ((0.0, 10.0), (2.0, 20.0), (4.0, 0.0))


@pytest.mark.parametrize(
    ("order", "extrapolate", "expected"),
    [
        (0, False, [10.0, 10.0, 20.0, 20.0, 0.0, math.nan]),
        (0, True, [10.0, 10.0, 20.0, 20.0, 0.0, 0.0]),
        (1, False, [10.0, 15.0, 20.0, 10.0, 0.0, math.nan]),
        (1, True, [10.0, 15.0, 20.0, 10.0, 0.0, -10.0]),
    ],
)
def test_splines(order, extrapolate, expected):
    calibration = Calibration(Type(Integer(8), calibrator=Spline(LINE, order, extrapolate)))
    assert same(calibration.values(np.arange(6, dtype=np.uint8), {}), expected)


def test_labels_by_raw_value_and_the_number_where_there_is_none():
    labels = Calibration(Type(Integer(2), labels={0: "OFF", 1: "ON"}))
    assert labels.values(np.array([1, 0, 3, 1], np.uint8), {}).tolist() == ["ON", "OFF", "3", "ON"]
    signed = Calibration(Type(Integer(8, "twos"), labels={-1: "NONE", 1: "ONE"}))
    assert signed.values(np.array([-1, 1, 5], np.int8), {}).tolist() == ["NONE", "ONE", "5"]
    wide = Calibration(Type(Integer(32), labels={70000: "FAR"}))
    assert wide.values(np.array([70000, 1], np.uint32), {}).tolist() == ["FAR", "1"]
    text = Calibration(Type(Text(None), labels={b"a": "A"}))
    assert text.values(np.array([b"a", b"\xff"], object), {}).tolist() == ["A", "ff"]


def test_booleans():
    values = Calibration(Type(Integer(2), boolean=True)).values(np.array([0, 2], np.uint8), {})
    assert values.tolist() == [False, True]


RANGE = Reference("RANGE", calibrated=False)


def test_the_first_context_that_holds_applies_then_the_default():
    contexts = (
        (Comparison(RANGE, "==", "1"), Polynomial(((2.0, 1),))),
        (Comparison(RANGE, ">=", "1"), Polynomial(((3.0, 1),))),
    )
    columns = {"RANGE": Column(*[np.array([0, 1, 2, 3], np.uint8)] * 2)}
    raw = np.array([5, 5, 5, 5], np.uint8)
    default = Type(Integer(8), calibrator=Polynomial(((1.0, 0),)), contexts=contexts)
    assert Calibration(default).values(raw, columns).tolist() == [1.0, 10.0, 15.0, 15.0]
    none = Type(Integer(8), contexts=contexts)
    assert Calibration(none).values(raw, columns).tolist() == [5.0, 10.0, 15.0, 15.0]


def test_integers_stay_integers_where_no_context_holds():
    context = ((Comparison(RANGE, "==", "9"), Polynomial(((2.0, 1),))),)
    columns = {"RANGE": Column(*[np.array([0, 1], np.uint8)] * 2)}
    values = Calibration(Type(Integer(16), contexts=context)).values(
        np.array([7, 8], np.uint16), columns
    )
    assert values.dtype == np.uint16


def test_a_context_may_be_the_parameter_itself():
    context = ((Comparison(Reference("SELF"), "<", "3"), Polynomial(((10.0, 1),))),)
    of = Type(Integer(8), calibrator=Polynomial(((1.0, 1),)), contexts=context)
    assert Calibration(of).values(np.array([2, 3], np.uint8), {}).tolist() == [20.0, 3.0]
