import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import ServerFault
from gnomon.instruments.imap.kernels.coverage import (
    Interval,
    intervals_text,
    joined,
    overlaps,
    read_intervals,
    without,
)

T0 = datetime(2026, 1, 1, tzinfo=UTC)


def at(start, stop):
    return Interval(T0 + timedelta(hours=start), T0 + timedelta(hours=stop))


hours = st.integers(0, 30)
spans = st.lists(st.tuples(hours, hours).filter(lambda p: p[0] < p[1]).map(lambda p: at(*p)))


def minutes(intervals):
    """Return the half hours that intervals hold."""
    return {n for n in range(60) for i in intervals
            if i.start <= T0 + timedelta(minutes=30 * n) < i.stop}  # fmt: skip


@settings(deadline=None)
@given(spans)
def test_joined_is_the_same_time_in_the_fewest_pieces(given_):
    made = joined(given_)
    assert minutes(made) == minutes(given_)
    assert all(a.stop < b.start for a, b in pairwise(made))


@settings(deadline=None)
@given(spans, spans)
def test_without_takes_away(kept, taken):
    made = without(kept, taken)
    assert minutes(made) == minutes(kept) - minutes(taken)
    assert all(i.start < i.stop for i in made)


def test_touching_is_no_overlap():
    assert not overlaps([at(0, 1), at(2, 3)], at(1, 2))
    assert overlaps([at(0, 1), at(2, 3)], at(0.5, 2))


@pytest.mark.parametrize(
    "value",
    [
        [["2026-01-01, 00:00:00", "2026-01-01, 02:00:00"]],
        [["2026-01-01T00:00:00", "2026-01-01T02:00:00Z"]],
        [["2026-01-01T01:00:00+01:00", "2026-01-01T02:00:00.000+00:00"]],
    ],
)
def test_times_of_the_archive_are_utc(value):
    assert read_intervals(value, "x") == (at(0, 2),)


def test_intervals_are_written_and_read():
    text = intervals_text([at(0, 1.5), at(2, 3)])
    assert read_intervals(json.loads(text), "x") == (at(0, 1.5), at(2, 3))
    assert read_intervals(None, "x") == ()


@pytest.mark.parametrize("value", [3, [["soon", "later"]], [[1, 2]], [["2026-01-01T00:00:00"]],
                                   [["2026-01-02T00:00:00", "2026-01-01T00:00:00"]]])  # fmt: skip
def test_what_is_no_interval_is_a_fault_of_the_archive(value):
    with pytest.raises(ServerFault, match="x: "):
        read_intervals(value, "x")
