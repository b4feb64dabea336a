import math
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import BadData
from gnomon.instruments.imap.telemetry.day_table import DayTable, day_of, time_text, value_text


@pytest.mark.parametrize(
    ("spelled", "ours"),
    [
        ("2026-03-01T00:00:03", "2026-03-01T00:00:03"),
        ("2026-03-01 00:00:03", "2026-03-01T00:00:03"),
        ("2026-03-01T00:00:03Z", "2026-03-01T00:00:03"),
        ("2026-03-01T01:00:03+01:00", "2026-03-01T00:00:03"),
        ("2026-03-01T00:00:03.000", "2026-03-01T00:00:03"),
        ("2026-03-01T00:00:03.25Z", "2026-03-01T00:00:03.250"),
        ("2026-03-01T00:00:03.000001", "2026-03-01T00:00:03.000001"),
    ],
)
def test_a_time_has_one_spelling(spelled, ours):
    assert time_text(spelled) == ours


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30T00:00:00", "1", "nan"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011  whichever its words
        time_text(text)


def test_the_day_is_that_of_utc_whatever_the_zone(monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    assert day_of(time_text("2026-03-01T23:59:59Z")) == date(2026, 3, 1)
    assert day_of(time_text("2026-02-28T23:30:00-01:00")) == date(2026, 3, 1)


def test_values_are_written_as_they_are():
    assert value_text(None) == value_text(math.nan) == ""
    assert value_text(True) == "True"
    assert value_text(814305670063376123) == "814305670063376123"  # more than a float holds
    assert value_text(0.1 + 0.2) == "0.30000000000000004"


def test_the_last_of_two_rows_of_one_time_counts():
    table = DayTable("time")
    table.take([("2026-03-01T00:00:00", {"b": "1"}), ("2026-03-01 00:00:00", {"b": "2"})])
    assert table.rows == {"2026-03-01T00:00:00": {"b": "2"}}


def test_rows_come_in_the_order_of_time_and_columns_sorted(tmp_path):
    table = DayTable("t")
    table.take([("2026-03-02T00:00:00", {"b": "2"}), ("2026-03-01T00:00:00", {"a": "1", "B": "x"})])
    table.write(tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == (
        b"t,B,a,b\n2026-03-01T00:00:00,x,1,\n2026-03-02T00:00:00,,,2\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "time,b\n2026-03-01T00:00:00,1\n",  # another name of the time
        "t,b,b\n2026-03-01T00:00:00,1,2\n",  # a column twice
        "t,b\n2026-03-01T00:00:00\n",  # cut
        "t,b\nnever,1\n",
        "<html><body>t</body></html>\n",
        "t,b\n2026-03-01T00:00:00,\xff\n",
    ],
)
def test_what_is_no_such_table_is_refused_by_its_name(tmp_path, text):
    path = tmp_path / "imap_x.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadData, match=r"imap_x\.csv"):
        DayTable.read(path, "t")


@pytest.mark.parametrize("text", ["", "t,b\n"])
def test_a_table_may_have_no_rows(tmp_path, text):
    path = tmp_path / "t.csv"
    path.write_text(text)
    assert DayTable.read(path, "t").rows == {}
    assert DayTable.read(path, "t").last == ""


TIMES = st.datetimes()
CELLS = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=5)
ROWS = st.dictionaries(
    TIMES.map(lambda t: time_text(t.isoformat())),
    st.dictionaries(st.sampled_from(["a", "b", "c"]), CELLS, min_size=1),
    max_size=8,
)


@settings(deadline=None, max_examples=40)
@given(rows=ROWS)
def test_what_is_written_reads_back_and_is_written_the_same(rows, tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    table = DayTable("time", dict(rows))
    table.write(folder / "one.csv")
    again = DayTable.read(folder / "one.csv", "time")
    assert list(again.rows) == sorted(rows)
    for time, row in rows.items():
        assert {n: v for n, v in again.rows[time].items() if v} == {
            n: v for n, v in row.items() if v
        }
    again.write(folder / "two.csv")
    assert (folder / "one.csv").read_bytes() == (folder / "two.csv").read_bytes()


@settings(deadline=None, max_examples=40)
@given(known=ROWS, new=ROWS)
def test_a_merge_loses_no_time_and_the_new_row_wins(known, new):
    table = DayTable("time", dict(known))
    table.take(new.items())
    assert set(table.rows) == set(known) | set(new)
    assert all(table.rows[time] == row for time, row in new.items())
    assert all(table.rows[time] == row for time, row in known.items() if time not in new)
