import numpy as np

from gnomon.instruments.argo.science.selection import (
    best_values,
    beyond_adjustment,
    good,
    usable_position,
)

NAN = np.nan
RAW = np.array([[1, 2], [3, 4], [5, 6]], "f4")
RAW_QC = np.array([[1, 2], [1, 4], [0, 1]], "i1")
ADJUSTED = np.array([[NAN, NAN], [3.5, NAN], [5.5, 6.5]], "f4")
ADJUSTED_QC = np.array([[-1, -1], [1, 4], [2, 1]], "i1")


def test_each_profile_follows_its_own_mode_and_raw_never_replaces_an_adjusted_fill():
    modes = np.array([b"R", b"D", b"A"])
    values, qc = best_values(RAW, RAW_QC, ADJUSTED, ADJUSTED_QC, modes)
    np.testing.assert_array_equal(values, np.array([[1, 2], [3.5, NAN], [5.5, 6.5]], "f4"))
    assert qc.tolist() == [[1, 2], [1, 4], [2, 1]]


def test_all_parameters_at_once():
    values, _ = best_values(
        np.stack([RAW, RAW]),
        np.stack([RAW_QC, RAW_QC]),
        np.stack([ADJUSTED, ADJUSTED]),
        np.stack([ADJUSTED_QC, ADJUSTED_QC]),
        np.array([b"R", b"R", b"R"]),
    )
    np.testing.assert_array_equal(values, [RAW, RAW])


def test_good_flags_are_those_of_table_2():
    assert good(np.arange(-1, 10, dtype="i1")).nonzero()[0].tolist() == [2, 3, 6, 9]


def test_only_two_good_values_can_contradict_each_other():
    raw, adjusted = np.array([[9.0, 9.0, 9.0, NAN]], "f4"), np.array([[9.5, 0.0, 0.0, 1.0]], "f4")
    qc, adjusted_qc = np.array([[1, 1, 4, 1]], "i1"), np.array([[1, 1, 1, 1]], "i1")
    apart = beyond_adjustment(raw, qc, adjusted, adjusted_qc, 1.0)
    assert apart.tolist() == [[False, True, False, False]]


def test_a_position_that_is_flagged_bad_is_none():
    flags = np.array([1, 8, 3, 4, 9, 2, -1], np.int8)
    latitude, longitude = usable_position(np.arange(7.0), np.arange(7.0) + 10, flags)
    assert np.isnan(latitude).tolist() == [False, False, True, True, True, False, False]
    assert np.isnan(longitude).tolist() == np.isnan(latitude).tolist()
