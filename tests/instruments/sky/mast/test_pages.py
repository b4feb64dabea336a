"""Pages of MAST to Arrow: the real answers, types that are declared wrongly, and strange ones."""

import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.instruments.sky.mast import pages
from gnomon.instruments.sky.mast.pages import joined, read_page

PAGES = ("advSearch", "caom", "countsResp", "products")
ARROW = {"string": pa.string(), "float": pa.float64(), "int": pa.int64(), "boolean": pa.bool_()}


def page(rows, fields, **more):
    columns = [{"name": name, "type": kind} for name, kind in fields.items()]
    return json.dumps({"status": "COMPLETE", "data": rows, "fields": columns} | more).encode()


@pytest.mark.parametrize("name", PAGES)
def test_real_answers_have_their_rows_and_their_declared_types(real, truth, name):
    read = read_page((real / "mast" / f"{name}.json").read_bytes())
    known = truth["mast"][f"{name}.json"]
    assert (read.status, read.n_pages) == (known["status"], known["paging"]["pagesFiltered"])
    assert len(read.table) == known["n_rows"] == read.n_rows_in_all
    types = {name: kind for name, kind in known["field_types"].items() if name != "_selected_"}
    assert read.table.schema == pa.schema([(n, ARROW[kind]) for n, kind in types.items()])


@pytest.mark.parametrize("name", PAGES)
def test_every_value_is_the_one_that_was_sent(real, name):
    body = (real / "mast" / f"{name}.json").read_bytes()
    sent = json.loads(body)["data"]
    for row, original in zip(read_page(body).table.to_pylist(), sent, strict=True):
        for column, value in row.items():
            was = original[column]
            assert value == (str(was) if isinstance(value, str) else was)


def test_a_number_that_is_declared_a_string_becomes_text():
    read = read_page(page([{"obsid": 2003585980}, {"obsid": None}], {"obsid": "string"}))
    assert read.table["obsid"].to_pylist() == ["2003585980", None]


def test_numbers_and_texts_in_one_column_become_text_without_a_change():
    rows = [{"a": 1}, {"a": "x"}, {"a": 2.5}, {"a": None}]
    assert read_page(page(rows, {"a": "string"})).table["a"].to_pylist() == ["1", "x", "2.5", None]
    mixed = [{"a": 12345678901234567}, {"a": 0.5}]
    texts = read_page(page(mixed, {"a": "string"})).table["a"].to_pylist()
    assert texts == ["12345678901234567", "0.5"]


def test_what_does_not_fit_its_type_is_kept_as_it_was_sent():
    read = read_page(page([{"n": 1}, {"n": 1.5}], {"n": "int"}))
    assert read.table["n"].to_pylist() == [1.0, 1.5]
    read = read_page(page([{"n": "many"}], {"n": "int"}))
    assert read.table["n"].to_pylist() == ["many"]


def test_texts_that_look_like_times_stay_texts():
    rows = [{"t": "1993-09-24 21:00:16"}, {"t": "1994-09-24 21:00:16"}]
    assert read_page(page(rows, {"t": "string"})).table["t"].to_pylist() == [r["t"] for r in rows]


def test_parts_within_a_value_are_kept_as_text():
    read = read_page(page([{"a": {"b": [1, 2]}}], {"a": "string"}))
    assert read.table["a"].to_pylist() == ['{"b": [1, 2]}']


def test_no_rows_have_the_declared_types():
    read = read_page(page([], {"obsid": "string", "t_min": "float", "n": "int"}))
    assert len(read.table) == 0
    assert read.table.schema.types == [pa.string(), pa.float64(), pa.int64()]


def test_columns_that_were_not_declared_come_last_and_absent_ones_are_null():
    read = read_page(page([{"b": 1}], {"a": "float"}))
    assert read.table.column_names == ["a", "b"]
    assert read.table.to_pylist() == [{"a": None, "b": 1}]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_an_answer_may_have_any_lines(end):
    text = page([{"a": "1\n2"}, {"a": None}], {"a": "string"}).decode().replace(", ", f",{end}  ")
    assert pages._fast(text.encode(), "data", "fields").table["a"].to_pylist() == ["1\n2", None]


def test_an_answer_without_rows_says_so():
    assert not read_page(b'{"status": "EXECUTING", "msg": "wait"}').has_rows
    assert read_page(b'{"status": "EXECUTING", "msg": "wait"}').message == "wait"
    assert read_page(page([], {})).has_rows


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"garbage", b"[]", b'{"data": [', b'{"data": 3}', b'{"data": [1]}', b"{}{}"),
        *(b"\xff{}", b"null", b" null\n", b"null {}", b"{} null", b'{"data": [null]}', b'"{}"'),
        *(b'{"paging": 3}', b'{"paging": {"pagesFiltered": [1]}}'),
        b'{"paging": {"rowsFiltered": "x"}}',
        b'{"data": ' * 100_000,
    ],
    ids=lambda body: body[:40].decode("latin-1"),
)
def test_what_is_no_answer_is_an_error(body):
    with pytest.raises(ValueError):  # noqa: PT011  which one, the client does not care
        read_page(body)


def test_pages_whose_types_differ_are_joined():
    tables = [pa.table({"a": [1], "b": ["x"]}), pa.table({"a": [1.5]}), pa.table({"b": [3]})]
    found = joined(tables)
    assert found.to_pylist() == [
        {"a": 1.0, "b": "x"},
        {"a": 1.5, "b": None},
        {"a": None, "b": "3"},
    ]
    assert joined([pa.table({}), tables[0]]).to_pylist() == [{"a": 1, "b": "x"}]


cells = st.one_of(st.none(), st.integers(-(2**53), 2**53), st.text(max_size=5))
numbers = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))


@settings(deadline=None)
@given(st.lists(st.fixed_dictionaries({"s": cells, "x": numbers})))
def test_both_ways_to_read_agree(rows):
    body = page(rows, {"s": "string", "x": "float"})
    slow = pages._slow(body, "data", "fields").table
    fast = read_page(body).table
    assert fast.equals(slow)
    assert fast["x"].to_pylist() == [row["x"] for row in rows]
