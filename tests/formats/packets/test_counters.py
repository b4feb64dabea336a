"""Sequence counts: gaps, repeats, wraps and steps back, whole or in parts."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gnomon.formats.packets import framed
from gnomon.formats.packets.counters import RANGE, Counts, counted, counters
from xtce_documents import header


def counts(*values):
    return counted(np.array(values, np.uint16))


def test_what_counts_tell():
    assert counts(5) == Counts(1, first=5, last=5)
    assert counts(16382, 16383, 0, 1) == Counts(4, wraps=1, first=16382, last=1)
    assert counts(1, 2, 5) == Counts(3, gaps=1, missing=2, first=1, last=5)
    assert counts(16380, 2) == Counts(2, gaps=1, missing=5, wraps=1, first=16380, last=2)
    assert counts(7, 7, 8, 8) == Counts(4, repeats=2, first=7, last=8)
    assert counts(9, 8, 9) == Counts(3, backward=1, first=9, last=9)


@given(
    start=st.integers(0, RANGE - 1),
    lost=st.lists(st.integers(0, 100), min_size=1, max_size=30),
)
def test_missing_packets_are_counted_across_the_turn(start, lost):
    count = start + np.cumsum(np.array([0, *(n + 1 for n in lost)]))
    found = counted(count % RANGE)
    assert (found.missing, found.gaps) == (sum(lost), np.count_nonzero(lost))
    assert found.wraps == count[-1] // RANGE
    assert found.repeats == found.backward == 0


def test_a_counter_that_stands_still_or_goes_back_misses_nothing():
    found = counts(9_000, 9_000, 8_999, 900, 901)
    assert (found.missing, found.gaps) == (0, 0)
    assert (found.repeats, found.backward) == (1, 2)


@given(st.lists(st.integers(0, 16383), min_size=2, max_size=30), st.data())
def test_parts_add_up(values, data):
    cut = data.draw(st.integers(1, len(values) - 1))
    assert counts(*values[:cut]).then(counts(*values[cut:])) == counts(*values)


def test_counters_are_those_of_each_apid():
    one = b"".join(header(apid, n, b"x") for n in (1, 2, 4) for apid in (5, 6))
    two = header(6, 5, b"x") + header(7, 0, b"x")
    found = {}
    for source in (one, two):
        for part in framed(source):
            found = counters(part.packets, found)
    assert list(found) == [5, 6, 7]
    assert found[5] == Counts(3, gaps=1, missing=1, first=1, last=4)
    assert found[6] == Counts(4, gaps=1, missing=1, first=1, last=5)
