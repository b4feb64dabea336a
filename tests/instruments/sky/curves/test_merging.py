"""Merging: each measurement once, conflicts kept and flagged, whatever the order of arrival."""

import math

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import BadData
from gnomon.instruments.sky.curves.choosing import release_ranks
from gnomon.instruments.sky.curves.merging import merge
from gnomon.instruments.sky.curves.schema import (
    BTJD,
    MJD_UTC,
    SCHEMA,
    Answer,
    answers_of,
    part_table,
)

NAN = float("nan")
DR23 = Answer("http://a", "q1", "ztf_dr23", "2026-01-01T00:00:00Z", "11")
AGAIN = Answer("http://a", "q2", "ztf_dr23", "2026-01-02T00:00:00Z", "22")
DR9 = Answer("http://a", "q1", "ztf_dr9", "2026-01-03T00:00:00Z", "33")


def part(rows, answer=DR23, *, time=MJD_UTC, **more):
    """Make a part of (object, band, time, value) rows."""
    columns = {
        name: [row[n] for row in rows] for n, name in enumerate(("object", "band", "time", "value"))
    }
    return part_table(columns | more, survey="ztf", time=time, unit="mag", answer=answer)


def told(merged, *names):
    """Return some columns as rows."""
    return list(zip(*(merged.table[name].to_pylist() for name in names), strict=True))


# -- what stays


def test_a_single_part_is_sorted_and_complete():
    rows = [("b", "g", 2.0, 18.0), ("a", "r", 3.0, 17.0), ("a", "g", 9.0, 16.0), ("a", "g", 1.0, 1)]
    merged = merge([part(rows, hjd=[2.1, 3.1, 9.1, NAN])])
    assert told(merged, "object", "band", "time") == [
        ("a", "g", 1.0),
        ("a", "g", 9.0),
        ("a", "r", 3.0),
        ("b", "g", 2.0),
    ]
    assert merged.table.column_names == [*SCHEMA.names, "hjd"]
    assert not any(merged.table["conflict"].to_pylist())
    assert set(merged.table["answer"].to_pylist()) == {0}
    assert answers_of(merged.table.schema) == [DR23]


def test_the_same_values_stay_once_and_belong_to_the_earliest_answer():
    first = part([("a", "g", 1.0, 18.0), ("a", "g", 2.0, 18.5)])
    second = part([("a", "g", 2.0, 18.5), ("a", "g", 3.0, 18.7)], AGAIN)
    merged = merge([second, first])
    assert told(merged, "time", "answer") == [(1.0, 0), (2.0, 0), (3.0, 1)]
    assert (merged.n_duplicates, merged.n_superseded, merged.n_conflicts) == (1, 0, 0)
    assert answers_of(merged.table.schema) == [DR23, AGAIN]


def test_an_answer_of_which_nothing_remains_is_not_named():
    rows = [("a", "g", 1.0, 18.0)]
    merged = merge([part(rows), part(rows, AGAIN)])
    assert answers_of(merged.table.schema) == [DR23]
    assert merged.table.num_rows == 1


def test_different_values_of_one_release_are_kept_and_flagged():
    one = part([("a", "g", 1.0, 18.0), ("a", "g", 2.0, 17.0)])
    two = part([("a", "g", 1.0, 18.2)], AGAIN)
    merged = merge([one, two])
    assert told(merged, "time", "value", "conflict", "answer") == [
        (1.0, 18.0, True, 0),
        (2.0, 17.0, False, 0),
        (1.0, 18.2, True, 1),
    ]
    assert (merged.n_duplicates, merged.n_superseded, merged.n_conflicts) == (0, 0, 1)


@pytest.mark.parametrize("name", ["error", "quality"])
def test_an_error_or_a_quality_that_differs_is_a_conflict(name):
    rows = [("a", "g", 1.0, 18.0)]
    merged = merge([part(rows, **{name: [1]}), part(rows, AGAIN, **{name: [2]})])
    assert told(merged, "conflict", name) == [(True, 1), (True, 2)]


def test_the_newest_release_wins_where_values_differ():
    old = part([("a", "g", 1.0, 18.0), ("a", "g", 2.0, 17.0)], DR9)
    new = part([("a", "g", 1.0, 18.2)], DR23)
    merged = merge([old, new])
    assert sorted(told(merged, "time", "value", "release", "conflict")) == [
        (1.0, 18.2, "ztf_dr23", False),
        (2.0, 17.0, "ztf_dr9", False),
    ]
    assert (merged.n_duplicates, merged.n_superseded, merged.n_conflicts) == (0, 1, 0)


def test_what_two_releases_agree_on_is_of_the_newer():
    rows = [("a", "g", 1.0, 18.0)]
    merged = merge([part(rows, DR9), part(rows, DR23)])
    assert told(merged, "release") == [("ztf_dr23",)]
    assert (merged.n_duplicates, merged.n_superseded) == (1, 0)


def test_conflicts_of_an_older_release_go_with_it():
    old = [part([("a", "g", 1.0, v)], DR9) for v in (18.0, 18.1, 18.1)]
    merged = merge([*old, part([("a", "g", 1.0, 18.1)], DR23)])
    assert told(merged, "value", "conflict", "release") == [(18.1, False, "ztf_dr23")]
    assert (merged.n_duplicates, merged.n_superseded, merged.n_conflicts) == (2, 1, 0)


def test_of_equal_rows_the_one_that_knows_more_stays():
    bare = part([("a", "g", 1.0, 18.0), ("a", "g", 2.0, 18.0)], hjd=[NAN, 2.2])
    full = part([("a", "g", 1.0, 18.0), ("a", "g", 2.0, 18.0)], AGAIN, hjd=[1.2, 2.2])
    merged = merge([bare, full])
    assert sorted(told(merged, "time", "hjd", "answer")) == [(1.0, 1.2, 1), (2.0, 2.2, 0)]


def test_nan_equals_nan_and_zero_equals_minus_zero():
    one = part([("a", "g", 0.0, NAN), ("a", "g", 2.0, 0.0)])
    two = part([("a", "g", -0.0, NAN), ("a", "g", 2.0, -0.0)], AGAIN)
    merged = merge([one, two])
    assert (merged.table.num_rows, merged.n_duplicates, merged.n_conflicts) == (2, 2, 0)


def test_limits_other_bands_and_other_times_are_other_measurements():
    row = [("a", "g", 1.0, 18.0)]
    parts = [
        part(row),
        part(row, AGAIN, is_limit=[True]),
        part([("a", "r", 1.0, 18.0)]),
        part([("b", "g", 1.0, 18.0)]),
        part(row, time=BTJD),
    ]
    merged = merge(parts)
    assert (merged.table.num_rows, merged.n_duplicates, merged.n_conflicts) == (5, 0, 0)


def test_limits_stand_between_detections_by_time():
    rows = [("a", "g", float(n), 18.0) for n in range(4)]
    merged = merge([part(rows, is_limit=[True, False, True, False])])
    assert told(merged, "time", "is_limit") == [(0, True), (1, False), (2, True), (3, False)]


def test_columns_that_a_part_lacks_are_null():
    one = part([("a", "g", 1.0, 18.0)], chi=[0.5], field=pa.array([7], pa.int16()))
    two = part([("a", "g", 2.0, 18.0)], AGAIN, field=pa.array([70_000], pa.int64()), sky=["x"])
    merged = merge([one, two])
    assert told(merged, "chi", "field", "sky") == [(0.5, 7, None), (None, 70_000, "x")]


def test_repeated_rows_within_one_answer_stay_once():
    merged = merge([part([("a", "g", 1.0, 18.0), ("a", "g", 1.0, 18.0), ("a", "g", 1.0, 18.5)])])
    assert told(merged, "value", "conflict") == [(18.0, True), (18.5, True)]
    assert (merged.n_duplicates, merged.n_conflicts) == (1, 1)


def test_nothing_gives_an_empty_table():
    assert merge([]).table.schema.names == SCHEMA.names
    assert merge([part([])]).table.num_rows == 0


# -- what is no part


def test_a_column_that_is_absent_is_named():
    with pytest.raises(BadData, match="time_scale"):
        merge([part([("a", "g", 1.0, 18.0)]).drop_columns(["time_scale"])])


@pytest.mark.parametrize("time", [NAN, math.inf, None])
def test_a_measurement_without_a_time_is_refused(time):
    with pytest.raises(BadData, match="time"):
        merge([part([("a", "g", time, 18.0)])])


def test_an_object_without_a_name_is_refused():
    with pytest.raises(BadData, match="rows without object"):
        merge([part([(None, "g", 1.0, 18.0)])])


def test_columns_that_do_not_fit_each_other_are_refused():
    row = [("a", "g", 1.0, 18.0)]
    with pytest.raises(BadData, match="do not fit"):
        merge([part(row, chi=[0.5]), part(row, AGAIN, chi=["much"])])


def test_a_merged_table_is_no_part():
    merged = merge([part([("a", "g", 1.0, 18.0)]), part([("a", "g", 2.0, 18.0)], AGAIN)])
    with pytest.raises(BadData, match="2 answers"):
        merge([merged.table])


def test_releases_are_ordered_by_their_numbers():
    names = ["ztf_dr23", "ztf_dr9", "", "ztf_dr10"]
    assert release_ranks(names).tolist() == [3, 1, 0, 2]


# -- any order of arrival

ANSWERS = [
    Answer("http://a", f"q{n}", release, f"2026-01-0{1 + n % 3}T00:00:00Z", f"{n}")
    for n, release in enumerate(["ztf_dr9", "ztf_dr23", "ztf_dr23", "ztf_dr24", "", "ztf_dr23"])
] + [Answer()]
ROW = st.tuples(
    st.sampled_from(["a", "b", "ä"]),
    st.sampled_from("gr"),
    st.sampled_from([1.0, 2.0, 3.5]),
    st.sampled_from([17.0, 17.5, NAN]),
)
PARTS = st.lists(
    st.tuples(
        st.lists(st.tuples(ROW, st.integers(0, 2), st.booleans()), max_size=6),
        st.sampled_from(ANSWERS),
        st.booleans(),
    ),
    max_size=6,
)


def made(drawn):
    parts = []
    for rows, answer, has_hjd in drawn:
        more = {"hjd": pa.array([None if q == 1 else float(q) for _, q, _ in rows], pa.float64())}
        parts.append(
            part(
                [row for row, _, _ in rows],
                answer,
                quality=[q for _, q, _ in rows],
                is_limit=[limit for _, _, limit in rows],
                **(more if has_hjd else {}),
            )
        )
    return parts


def as_bytes(table):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table.combine_chunks())
    return sink.getvalue().to_pybytes()


@settings(max_examples=60, deadline=None)
@given(PARTS, st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_bytes(drawn, chance):
    parts = made(drawn)
    first = merge(parts)
    chance.shuffle(parts)
    second = merge(parts)
    assert as_bytes(first.table) == as_bytes(second.table)
    assert (first.n_duplicates, first.n_superseded, first.n_conflicts) == (
        second.n_duplicates,
        second.n_superseded,
        second.n_conflicts,
    )


@settings(max_examples=60, deadline=None)
@given(PARTS)
def test_the_merge_agrees_with_its_rules_row_by_row(drawn):
    parts = made(drawn)
    merged = merge(parts)
    assert counted(merged.table) == by_hand(parts)
    n_in = sum(one.num_rows for one in parts)
    assert n_in == merged.table.num_rows + merged.n_duplicates + merged.n_superseded


@settings(max_examples=60, deadline=None)
@given(PARTS)
def test_what_came_before_adds_nothing(drawn):
    parts = made(drawn)
    assert counted(merge(parts + parts).table) == counted(merge(parts).table)


KEY = ("survey", "object", "band", "time", "time_origin_jd", "time_scale", "time_place", "is_limit")
VALUES = ("value", "error", "unit", "quality")


def counted(table):
    """Return what measurements a table has, with their values and whether they conflict."""
    names = (*KEY, *VALUES, "release", "conflict")
    return sorted(str(tuple(row[name] for name in names)) for row in table.to_pylist())


def by_hand(parts):
    """Do the same, without vectors, by the rules as the contract words them."""
    found = {}
    for row in (row for one in parts for row in one.to_pylist()):
        values = found.setdefault(tuple(row[name] for name in KEY), {})
        text = tuple(repr(row[name]) for name in VALUES)
        values.setdefault(text, []).append(row)
    left = []
    for values in found.values():
        newest = max(age(row) for rows in values.values() for row in rows)
        kept = [rows for rows in values.values() if max(map(age, rows)) == newest]
        left += [{**max(rows, key=age), "conflict": len(kept) > 1} for rows in kept]
    return counted(pa.Table.from_pylist(left)) if left else []


def age(row):
    return int(row["release"].removeprefix("ztf_dr") or 0)
