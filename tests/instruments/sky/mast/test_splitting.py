"""Splitting of large questions, against rows in memory."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import ServerFault
from gnomon.instruments.sky.mast.search import Filter, Range, Search
from gnomon.instruments.sky.mast.splitting import parts

WHOLE = Search(filters=(Filter(column="obs_collection", values=("HST",)),))


def matches(search, row):
    return all(
        any(row[one.column] is not None and v.min <= row[one.column] <= v.max for v in one.values)
        for one in search.filters
        if one.column in row
    )


def found(search, rows):
    return [row for row in rows if matches(search, row)]


def split(rows, most, search=WHOLE):
    return list(parts(search, lambda one: len(found(one, rows)), most))


times = st.floats(40_000, 70_000)


@settings(deadline=None)
@given(st.lists(times | st.just(58_324.5), max_size=60), st.integers(1, 20))
def test_each_row_is_in_one_part(values, most):
    rows = [{"t_min": value, "s_ra": 5.0 * n} for n, value in enumerate(values)]
    pieces = [found(part, rows) for part in split(rows, most)]
    assert sorted(row["s_ra"] for piece in pieces for row in piece) == [r["s_ra"] for r in rows]
    assert all(len(piece) <= most for piece in pieces)


def test_a_small_question_stays_as_it_is():
    rows = [{"t_min": 1.0, "s_ra": 1.0}]
    assert split(rows, 1) == [WHOLE]


def test_rows_without_a_time_are_split_by_place():
    rows = [{"t_min": None if n else 50_000.0, "s_ra": 3.0 * n} for n in range(100)]
    pieces = [found(part, rows) for part in split(rows, 10)]
    assert sum(map(len, pieces)) == 100


def test_a_range_of_the_user_is_kept():
    mine = Search(filters=(Filter(column="t_min", values=(Range(min=50_000, max=50_049.5),)),))
    rows = [{"t_min": 50_000.0 + n, "s_ra": None} for n in range(100)]
    pieces = [row["t_min"] for part in split(rows, 7, mine) for row in found(part, rows)]
    assert sorted(pieces) == [50_000.0 + n for n in range(50)]


def test_several_ranges_are_split_by_place():
    ranges = (Range(min=50_000, max=50_010), Range(min=50_020, max=50_030))
    mine = Search(filters=(Filter(column="t_min", values=ranges),))
    rows = [{"t_min": 50_000.0 + n, "s_ra": float(n)} for n in range(100)]
    pieces = [row for part in split(rows, 5, mine) for row in found(part, rows)]
    assert len(pieces) == 22


def test_rows_of_one_time_are_split_by_place():
    rows = [{"t_min": 58_324.5, "s_ra": 3.0 * n} for n in range(100)]
    pieces = [found(part, rows) for part in split(rows, 10)]
    assert sum(map(len, pieces)) == 100
    assert max(map(len, pieces)) <= 10


def test_what_cannot_be_told_apart_is_an_error():
    same = [{"t_min": 50_000.0, "s_ra": 1.0}] * 10
    with pytest.raises(ServerFault, match="10 observations are too many for one answer"):
        split(same, 5)
    nowhere = [{"t_min": None, "s_ra": None}] * 10

    def count(search):
        return len(nowhere) if search == WHOLE else 0

    with pytest.raises(ServerFault, match="neither time nor place"):
        list(parts(WHOLE, count, 5))
