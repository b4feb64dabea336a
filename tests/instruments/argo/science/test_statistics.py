"""Statistics of many profiles at once, against one profile at a time."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.instruments.argo.science.selection import GOOD_FLAGS
from gnomon.instruments.argo.science.statistics import (
    PARAMETERS_SCHEMA,
    parameter_rows,
    parameter_table,
    summarise,
)
from gnomon.instruments.argo.tables.columns import PROFILE_KEY

NAN = np.nan


@given(
    st.lists(
        st.lists(
            st.tuples(st.one_of(st.just(NAN), st.floats(-100, 100, width=32)), st.integers(-1, 9)),
            max_size=6,
        ),
        max_size=6,
    )
)
@settings(max_examples=200, deadline=None)
def test_figures_are_those_of_each_profile_alone(profiles):
    counts = np.array([len(profile) for profile in profiles], int)
    flat = [level for profile in profiles for level in profile]
    values = np.array([value for value, _ in flat], "f4")
    qc = np.array([flag for _, flag in flat], "i1")
    found = summarise(values, qc, counts)
    for number, profile in enumerate(profiles):
        there = [v for v, _ in profile if not np.isnan(v)]
        fine = [v for v, flag in profile if not np.isnan(v) and flag in GOOD_FLAGS]
        assert (found.n_values[number], found.n_good[number]) == (len(there), len(fine))
        expected = (min(fine), max(fine), np.mean(fine)) if fine else (NAN, NAN, NAN)
        told = (found.minimum[number], found.maximum[number], found.mean[number])
        assert told == pytest.approx(expected, nan_ok=True)


def keys(n):
    columns = [np.full(n, 7, "i4"), np.arange(n, dtype="i4"), ["A"] * n, np.zeros(n, "i2")]
    return pa.table([pa.array(c) for c in columns], schema=pa.schema(PROFILE_KEY))


def test_rows_of_the_parameters_a_profile_has():
    mode = pa.array(["R", None, "D"])
    counts = np.array([2, 0, 1])
    values, qc = np.array([1, 2, 3], "f4"), np.array([1, 4, 1], "i1")
    rows = parameter_rows(
        keys(3),
        "TEMP",
        mode,
        counts,
        values,
        qc,
        greylist_qc=np.array([-1, -1, 3], "i1"),
        raw_qc=np.array([4, 4, 1], "i1"),
        test_qc=np.array([4, 1, 1], "i1"),
    )
    assert rows.schema == PARAMETERS_SCHEMA
    first, last = rows.to_pylist()
    assert (first["cycle_number"], last["cycle_number"]) == (0, 2)
    assert (first["n_values"], first["n_good"], first["mean"]) == (2, 1, 1.0)
    assert (first["n_test_failed"], first["n_dac_bad"], first["n_both_bad"]) == (1, 2, 1)
    assert (first["greylist_qc"], last["greylist_qc"]) == (None, 3)


def test_a_profile_without_good_values_has_counts_and_no_figures():
    (row,) = parameter_rows(
        keys(1), "DOXY", pa.array(["R"]), np.array([1]), np.array([9.0], "f4"), np.array([3], "i1")
    ).to_pylist()
    assert (row["n_levels"], row["n_values"], row["n_good"]) == (1, 1, 0)
    assert [row[n] for n in ("minimum", "maximum", "mean")] == [None] * 3
    assert [row[n] for n in ("n_test_failed", "n_dac_bad", "n_both_bad")] == [None] * 3


def test_parameters_stand_sorted_by_profile_then_name():
    mode, counts = pa.array(["R", "R"]), np.array([1, 1])
    values, qc = np.array([1, 2], "f4"), np.array([1, 1], "i1")
    made = [parameter_rows(keys(2), n, mode, counts, values, qc) for n in ("TEMP", "DOXY")]
    table = parameter_table(made)
    assert table["parameter"].to_pylist() == ["DOXY", "TEMP"] * 2
    assert table["cycle_number"].to_pylist() == [0, 0, 1, 1]
    assert parameter_table([]).num_rows == 0
