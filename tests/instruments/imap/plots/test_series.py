from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gnomon.instruments.imap.plots.series import gap_of, parted, spans, thinned

START = np.datetime64("2026-03-01T00:00:00", "ns")
NS = 1_000_000_000


def times(*seconds):
    return START + (np.array(seconds) * NS).astype("m8[ns]")


def seconds(found):
    return [((a - START).astype(int) / NS, (b - START).astype(int) / NS) for a, b in found]


def test_a_gap_is_five_usual_steps_and_not_less_than_half_a_minute():
    assert gap_of(times(0, 4, 8, 12)) == np.timedelta64(30, "s")
    assert gap_of(times(0, 60, 120)) == np.timedelta64(300, "s")
    assert gap_of(times(0, 1, 2), least_s=0) == np.timedelta64(5, "s")
    assert gap_of(times(0)) == np.timedelta64(30, "s")


def test_a_gap_parts_a_line():
    when, what = parted(times(0, 4, 100, 104), np.arange(4.0), np.timedelta64(30, "s"))
    assert len(when) == 5
    np.testing.assert_array_equal(what, [0, 1, np.nan, 2, 3])
    assert np.all(np.diff(when) > np.timedelta64(0))
    same, _ = parted(times(0, 4, 8), np.arange(3.0), np.timedelta64(30, "s"))
    assert len(same) == 3


@settings(deadline=None)
@given(
    values=hnp.arrays(
        np.float64,
        st.integers(0, 3000),
        elements=st.one_of(st.floats(-1e6, 1e6), st.just(np.nan)),
    )
)
def test_fewer_points_keep_the_extremes_the_ends_and_what_is_missing(values):
    time = times(*range(len(values)))
    when, what = thinned(time, values, 100)
    assert len(when) <= 100 * 3 + 60
    assert np.all(np.diff(when) > np.timedelta64(0))
    assert np.isin(when, time).all()
    if len(values):
        assert (when[0], when[-1]) == (time[0], time[-1])
        assert np.isnan(what).any() == np.isnan(values).any() or len(values) <= 100
    if np.isfinite(values).any():
        assert np.nanmax(what) == np.nanmax(values)
        assert np.nanmin(what) == np.nanmin(values)


def test_few_points_stay_as_they_are():
    time, values = times(0, 1, 2), np.array([1.0, np.nan, 3.0])
    when, what = thinned(time, values)
    assert when is time
    assert what is values


def test_spans_reach_to_the_next_row_and_not_into_a_gap():
    time = times(0, 4, 8, 12, 500, 504)
    so = np.array([True, True, False, True, True, False])
    known = np.full(6, True)
    assert seconds(spans(time, so, known)) == [(0, 8), (12, 16), (500, 504)]


def test_rows_that_are_not_known_are_no_rows():
    time = times(0, 4, 8, 12)
    so = np.array([True, False, True, False])
    known = np.array([True, False, True, True])
    assert seconds(spans(time, so, known)) == [(0, 12)]
    assert spans(time, so, np.full(4, False)) == []


def test_a_single_row_is_a_span():
    ((start, stop),) = spans(times(7), np.array([True]), np.array([True]))
    assert stop > start


@settings(deadline=None)
@given(so=hnp.arrays(np.bool_, st.integers(1, 60)))
def test_spans_of_a_state_and_of_its_opposite_tile_the_time(so):
    time = times(*range(len(so)))
    known = np.full(len(so), True)
    both = sorted([*spans(time, so, known), *spans(time, ~so, known)])
    assert both[0][0] == time[0]
    assert all(first[1] == second[0] for first, second in pairwise(both))


@pytest.mark.parametrize("count", [0, 1])
def test_series_of_nothing(count):
    time, values = times(*range(count)), np.arange(float(count))
    assert len(parted(time, values, np.timedelta64(1, "s"))[0]) == count
    assert len(thinned(time, values)[0]) == count
