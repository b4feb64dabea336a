"""Values fitted to types: guessed, parsed, widened, and counted where they are lost."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.publish.tables.fitting import fitted, guess
from gnomon.publish.tables.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DATETIME,
    FLOAT,
    INTEGER,
    NUMERIC,
    TEXT,
    Name,
    Type,
)

FIVE = datetime(2025, 1, 2, 3, 4, 5)  # noqa: DTZ001  tables hold UTC without saying so


def texts(*values):
    return pa.array(values, pa.string())


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (("1", "-2", "+3", ""), INTEGER),
        (("1", "99999999999"), BIGINT),
        (("1", "9" * 30), NUMERIC),
        (("1", "2.5"), FLOAT),
        (("1e5", "nan", "-inf", ".5", "5."), FLOAT),
        (("007", "1"), TEXT),
        (("1_000",), TEXT),
        (("true", "False"), BOOLEAN),
        (("0", "1"), INTEGER),
        (("2025-01-02", ""), DATE),
        (("20250102",), INTEGER),
        (("2025-01-02T03:04:05", "2025-01-02 03:04"), DATETIME),
        (("2025-01-02T03:04:05.123456789Z", "2025-01-02T03:04:05+01:00"), DATETIME),
        (("2025-13-45",), TEXT),
        (("1", "x"), TEXT),
        (("", ""), TEXT),
        ((), TEXT),
    ],
)
def test_guesses_are_of_the_whole_column(values, kind):
    assert guess(texts(*values)) == kind


@pytest.mark.parametrize(
    ("kind", "given_", "values", "fit"),
    [
        (INTEGER, ("1", " 2 ", ""), [1, 2, None], INTEGER),
        (INTEGER, ("1", "99999999999"), [1, 99999999999], BIGINT),
        (INTEGER, ("1", "9" * 20), ["1", "9" * 20], NUMERIC),
        (INTEGER, ("1", "2.0"), [1, 2], INTEGER),
        (BIGINT, ("8.143e+17",), [814300000000000000], BIGINT),
        (INTEGER, ("1", "2.5"), [1.0, 2.5], FLOAT),
        (INTEGER, ("true", "FALSE"), [1, 0], INTEGER),
        (FLOAT, ("1", "1e-3"), [1.0, 0.001], FLOAT),
        (NUMERIC, ("12", ""), ["12", None], NUMERIC),
        (BOOLEAN, ("true", "0", "No", ""), [True, False, False, None], BOOLEAN),
        (DATE, ("20250102", "2025_01_02", "2025-01-02"), [FIVE.date()] * 3, DATE),
        (DATE, ("2025-01-02T00:00:00",), [FIVE.date()], DATE),
        (DATE, ("2025-01-02T03:04:05",), [FIVE], DATETIME),
        (DATETIME, ("2025-01-02T03:04:05", "2025-01-02 03:04:05Z"), [FIVE, FIVE], DATETIME),
        (DATETIME, ("2025-01-02T04:04:05+01:00",), [FIVE], DATETIME),
        (DATETIME, ("2025-01-02T03:04:05.0000005",), [FIVE.replace(microsecond=1)], DATETIME),
        (DATETIME, ("2999-01-01T00:00:00",), [datetime(2999, 1, 1)], DATETIME),  # noqa: DTZ001
        (Type(Name.VARCHAR, 3), ("abcde", "é"), ["abcde", "é"], Type(Name.VARCHAR, 5)),
        (TEXT, ("", "a"), [None, "a"], TEXT),
    ],
)
def test_texts_fit_or_widen_their_column(kind, given_, values, fit):
    made = fitted(texts(*given_), kind)
    assert (made.values.to_pylist(), made.type, made.lost) == (values, fit, 0)


@pytest.mark.parametrize(
    ("kind", "given_", "values", "example"),
    [
        (INTEGER, ("1", "x", "", "y"), [1, None, None, None], "x"),
        (FLOAT, ("1", "1,5"), [1.0, None], "1,5"),
        (BOOLEAN, ("true", "maybe"), [True, None], "maybe"),
        (DATE, ("2025-13-04", "20250102"), [None, FIVE.date()], "2025-13-04"),
        (DATETIME, ("noon",), [None], "noon"),
        (INTEGER, ("x", "1.5"), [None, 1.5], "x"),
    ],
)
def test_what_fits_nowhere_is_null_and_counted(kind, given_, values, example):
    made = fitted(texts(*given_), kind)
    assert made.values.to_pylist() == values
    assert made.lost == sum(one is None for one in values) - given_.count("")
    assert made.example == example


@pytest.mark.parametrize(
    ("kind", "given_", "values", "fit"),
    [
        (INTEGER, pa.array([1.0, 2.0]), [1, 2], INTEGER),
        (INTEGER, pa.array([1.5]), [1.5], FLOAT),
        (INTEGER, pa.array([2**40]), [2**40], BIGINT),
        (BIGINT, pa.array([2**63], pa.uint64()), [str(2**63)], NUMERIC),
        (BIGINT, pa.array([7], pa.uint64()), [7], BIGINT),
        (INTEGER, pa.array([True, None]), [1, None], INTEGER),
        (FLOAT, pa.array([1, 2], pa.int8()), [1.0, 2.0], FLOAT),
        (TEXT, pa.array([1, None]), ["1", None], TEXT),
        (TEXT, pa.array([FIVE]), ["2025-01-02T03:04:05"], TEXT),
        (TEXT, pa.array([FIVE.replace(microsecond=120)]), ["2025-01-02T03:04:05.00012"], TEXT),
        (DATETIME, pa.array([FIVE.date()]), [datetime(2025, 1, 2)], DATETIME),  # noqa: DTZ001
        (DATETIME, pa.array([FIVE.replace(tzinfo=UTC)]), [FIVE], DATETIME),
        (DATE, pa.array([FIVE]), [FIVE], DATETIME),
    ],
)
def test_values_that_have_a_type_fit_too(kind, given_, values, fit):
    made = fitted(given_, kind)
    assert (made.values.to_pylist(), made.type, made.lost) == (values, fit, 0)


def test_an_empty_text_is_null_or_a_text_as_the_job_says():
    assert fitted(texts("", "a"), TEXT, keep_empty=True).values.to_pylist() == ["", "a"]
    assert fitted(texts("", "1"), INTEGER, keep_empty=True).values.to_pylist() == [None, 1]


@given(st.lists(st.integers(-(2**70), 2**70) | st.none(), min_size=1))
def test_whole_numbers_are_never_changed(numbers):
    column = texts(*("" if number is None else str(number) for number in numbers))
    kind = guess(column)
    made = fitted(column, kind if any(number is not None for number in numbers) else INTEGER)
    held = [None if one is None else int(one) for one in made.values.to_pylist()]
    assert (held, made.lost) == (numbers, 0)


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_floats_come_back_to_the_bit(numbers):
    made = fitted(texts(*map(repr, numbers)), FLOAT)
    assert list(map(repr, made.values.to_pylist())) == list(map(repr, numbers))


@given(st.lists(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)), min_size=1))  # noqa: DTZ001
def test_times_come_back(times):
    made = fitted(texts(*(time.isoformat() for time in times)), DATETIME)
    assert made.values.to_pylist() == times


@given(st.lists(st.dates(date(1, 1, 1)), min_size=1))
def test_dates_come_back(days):
    column = texts(*(day.isoformat() for day in days))
    assert guess(column) == DATE
    assert fitted(column, DATE).values.to_pylist() == days
