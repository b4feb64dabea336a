"""Medians of rows with gaps."""

import numpy as np
from hypothesis import given
from hypothesis.extra.numpy import arrays

from gnomon.instruments.comap.science.medians import medians


@given(arrays(np.float64, (4, 7), elements={"min_value": -9, "max_value": 9}), arrays(bool, (4, 7)))
def test_they_are_those_of_what_is_there(values, gaps):
    rows = np.where(gaps, np.nan, values)
    found, counts = medians(rows)
    for row, median, count in zip(rows, found, counts, strict=True):
        left = row[np.isfinite(row)]
        assert count == len(left)
        assert np.array_equal(median, np.median(left) if len(left) else np.nan, equal_nan=True)


def test_no_column_is_no_median():
    found, counts = medians(np.empty((2, 0)))
    assert np.isnan(found).all()
    assert counts.tolist() == [0, 0]
