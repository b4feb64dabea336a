"""Masks with reasons: what is an outlier, and what a mask says."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.instruments.sky.science.cleaning import (
    SIGMA_OF_MAD,
    Reason,
    outliers,
    reasons_of,
    told,
    with_reasons,
    within,
)
from gnomon.instruments.sky.science.normalising import middles


def slow_outliers(value, used, lower, upper, *, robust):
    """Return the same for one curve, written as it is told."""
    out = np.zeros(len(value), bool)
    for _ in range(10):
        left = value[used & ~out]
        if not len(left):
            break
        middle = np.median(left)
        scale = SIGMA_OF_MAD * np.median(np.abs(left - middle)) if robust else np.std(left)
        if scale == 0:
            break
        away = (value - middle) / scale
        new = used & ~out & ((away > upper) | (away < -lower))
        if not new.any():
            break
        out |= new
    return out


CURVES = st.lists(
    st.lists(st.tuples(st.integers(-40, 40), st.booleans()), max_size=15), min_size=1, max_size=4
)


@settings(max_examples=80, deadline=None)
@given(CURVES, st.sampled_from([1.5, 3.0, np.inf]), st.booleans())
def test_outliers_are_those_of_the_plain_definition(curves, upper, robust):
    offsets = np.cumsum([0, *map(len, curves)])
    points = [point for curve in curves for point in curve]
    value = np.array([float(number) for number, _ in points])
    used = np.array([flag for _, flag in points], bool)
    found = outliers(value, used, offsets, lower=2.0, upper=upper, robust=robust)
    for start, stop in pairwise(offsets):
        expected = slow_outliers(value[start:stop], used[start:stop], 2.0, upper, robust=robust)
        assert found[start:stop].tolist() == expected.tolist()


def test_a_curve_without_scatter_has_no_outliers():
    value = np.array([1.0, 1.0, 1.0, 9.0])
    assert not outliers(value, np.ones(4, bool), np.array([0, 4])).any()


def test_what_is_not_used_is_no_outlier_and_does_not_count():
    value = np.array([1.0, 1.1, 0.9, 1.0, 500.0, np.nan])
    used = np.array([True, True, True, True, False, False])
    assert not outliers(value, used, np.array([0, 6])).any()
    used[4] = True
    assert outliers(value, used, np.array([0, 6])).tolist() == [False] * 4 + [True, False]


def test_middles_are_of_the_used_points_of_each_curve():
    value = np.array([1.0, 2.0, 9.0, 5.0, np.nan])
    used = np.array([True, True, False, True, False])
    offsets = np.array([0, 3, 3, 5])
    for method in ("median", "mean"):
        found = middles(value, used, offsets, method)
        np.testing.assert_array_equal(found, [1.5, np.nan, 5.0])


def test_spans_of_time_have_both_ends():
    found = within(np.array([0.0, 1.0, 2.0, 3.0, np.nan]), ((1.0, 2.0), (5.0, 6.0)))
    assert found.tolist() == [False, True, True, False, False]


def test_a_file_names_the_bits_of_its_mask():
    schema = with_reasons(pa.schema([("mask", pa.uint32())], metadata={b"a": b"b"}))
    assert reasons_of(schema)[Reason.QUALITY] == "quality"
    assert schema.metadata[b"a"] == b"b"
    assert reasons_of(pa.schema([("mask", pa.uint32())])) == {}
    assert told(Reason.LIMIT | Reason.OUTLIER) == ("limit", "outlier")
    assert told(0) == ()
