"""Answers in three formats, sound and damaged."""

import math
from contextlib import suppress

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gnomon.errors import BadData, ServerFault
from gnomon.instruments.sky.curves.schema import UNREADABLE
from gnomon.instruments.sky.irsa.answers import ANSWER_SCHEMA, read_answer
from gnomon.instruments.sky.irsa.request import Cone, CurveQuery
from gnomon.sim.requests import Request

HEADER = ",".join(ANSWER_SCHEMA.names)
ROW = (
    "675103300002930,44835315,2458202.8577286243,58202.353159699996,18.6746521,0.0466535166,0,zg,"
    "255.5773145,12.2838011,0.936,-0.019,20180325354167,675,3,3,20.6238,26.2087,0.0316,-0.0617,"
    "6.2e-06,30,1.053,1"
)
VALUES = ROW.split(",")


@pytest.fixture
def read(tmp_path):
    def call(body, form="csv"):
        path = tmp_path / "answer"
        path.write_bytes(body if isinstance(body, bytes) else body.encode())
        return read_answer(path, form)

    return call


@pytest.fixture
def answer(irsa, sky):
    """Return the body that the simulated archive answers, in a format."""

    def call(form="csv", **more):
        cone = Cone(ra_deg=sky.ra_deg, dec_deg=sky.dec_deg, radius_deg=0.1)
        query = CurveQuery(cone, bands=("r",), format=form, **more)
        found = irsa(Request("http", "GET", "/", query=query.text))
        assert found.status == 200
        return found.body

    return call


def with_value(name, text):
    values = list(VALUES)
    values[ANSWER_SCHEMA.names.index(name)] = text
    return f"{HEADER}\n{ROW}\n{','.join(values)}\n{ROW}\n"


def test_a_real_row(read):
    """The header and the row are the real archive's; the positions and what follows are made up."""
    table = read(f"{HEADER}\n{ROW}\n")
    assert table.schema == ANSWER_SCHEMA
    (row,) = table.to_pylist()
    assert row["oid"] == 675103300002930
    assert row["mjd"] == 58202.353159699996
    assert row["mag"] == 18.6746521
    assert row["filtercode"] == "zg"
    assert row["programid"] == 1


def test_all_formats_say_the_same(answer, read):
    table = read(answer())
    assert table.num_rows > 100
    for form in ("votable", "ipac"):
        assert read(answer(form), form).equals(table)


def test_traps_in_all_formats(irsa, answer, read):
    plain = read(answer())
    irsa.hex_integers = irsa.nan_hjd = irsa.unreadable_flags = True
    for form in ("csv", "votable", "ipac"):
        table = read(answer(form), form)
        for name in ("ccdid", "qid", "mjd", "oid"):
            assert table[name].equals(plain[name])
        flags, usual = (one["catflags"].to_pylist() for one in (table, plain))
        assert flags[0] == flags[5] == UNREADABLE
        assert flags[1:5] == usual[1:5]
        assert math.isnan(table["hjd"][0].as_py())
        assert table["hjd"][1] == plain["hjd"][1]


def test_flags_in_base_16_are_flags(read):
    assert read(with_value("catflags", "0x8000"))["catflags"].to_pylist() == [0, 32768, 0]
    assert read(with_value("catflags", "0X8000"))["catflags"].to_pylist() == [0, 32768, 0]


@pytest.mark.parametrize("text", ["", "*****", "0xzz", "null", "nan", "1.5"])
def test_flags_that_cannot_be_read_are_never_good(read, text):
    assert read(with_value("catflags", text))["catflags"].to_pylist() == [0, UNREADABLE, 0]


@pytest.mark.parametrize("name", ["hjd", "mag", "magerr", "chi"])
@pytest.mark.parametrize("text", ["nan", "NaN", "", "null"])
def test_numbers_that_are_not_there_are_nan(read, name, text):
    assert math.isnan(read(with_value(name, text))[name][1].as_py())


def test_a_header_alone_is_no_rows(read):
    table = read(f"{HEADER}\n")
    assert table.num_rows == 0
    assert table.schema == ANSWER_SCHEMA


@pytest.mark.parametrize("form", ["csv", "votable", "ipac"])
def test_no_rows_in_all_formats(answer, read, form):
    assert read(answer(form, mjd_range=(1.0, 2.0)), form).schema == ANSWER_SCHEMA


def test_columns_in_another_order_and_more_of_them(read):
    names, values = list(reversed(ANSWER_SCHEMA.names)), list(reversed(VALUES))
    table = read(f"new,{','.join(names)}\nx,{','.join(values)}\n")
    assert table.equals(read(f"{HEADER}\n{ROW}\n"))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (f"{HEADER}\n{ROW}\n{ROW[:100]}", "24 columns"),
        (f"{HEADER}\n{ROW}\n{ROW[:-1]}", "row 2 has no programid"),
        (f"{HEADER.replace(',magerr', '')}\n", "lacks magerr"),
        ("the service is down\n", "lacks oid"),
        ("", "lacks oid"),
        (b"\x1f\x8b\x08\x00\xff\xfe", "lacks oid"),
        (HEADER, "CSV"),
        (with_value("mag", "bright"), "mag: Row #3"),
        (with_value("oid", "0xg"), "oid '0xg' is no integer"),
        (with_value("oid", "99999999999999999999"), "too large"),
        (with_value("field", ""), "row 2 has no field"),
        (with_value("qid", "1.5"), "qid '1.5' is no integer"),
    ],
)
def test_what_is_no_table_is_refused(read, body, told):
    with pytest.raises(BadData, match=told):
        read(body)


@pytest.mark.parametrize(
    "body",
    [
        "<html><body>busy</body></html>",
        '<?xml version="1.0"?><VOTABLE><INFO name="QUERY_STATUS" value="ERROR">no</INFO></VOTABLE>',
    ],
)
@pytest.mark.parametrize("form", ["csv", "ipac"])
def test_markup_is_the_services_fault(read, body, form):
    with pytest.raises(ServerFault):
        read(body, form)


def test_an_error_in_a_votable_is_told_in_its_own_words(irsa, read):
    irsa.faulty = True
    body = irsa(Request("http", "GET", "/")).body
    for form in ("csv", "votable", "ipac"):
        with pytest.raises(ServerFault, match="invalid TAP query"):
            read(body, form)


@pytest.mark.parametrize("form", ["votable", "ipac"])
def test_damaged_tables_of_other_formats(answer, read, form):
    whole = answer(form)
    for size in (0, 40, 700, len(whole) // 2):
        with pytest.raises((BadData, ServerFault)):
            read(whole[:size], form)


@pytest.mark.parametrize(
    ("name", "form"), [("Cone.xml", "votable"), ("most_full_metadata.tbl", "ipac")]
)
def test_real_answers_of_other_tables_are_refused_by_what_they_lack(real, name, form):
    with pytest.raises(BadData, match="lacks oid"):
        read_answer(real / "irsa" / name, form)


def test_a_cut_anywhere_loses_nothing_in_silence(answer, read):
    """A cut body is refused, or all of its lines are whole."""
    whole = answer()[: len(HEADER) + 1500]
    whole = whole[: whole.rindex(b"\n") + 1]
    table = read(whole)
    for size in range(len(whole) - 250, len(whole)):
        try:
            found = read(whole[:size])
        except BadData:
            continue
        assert found.equals(table.slice(0, found.num_rows))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(read, body):
    for text in (body, HEADER.encode() + b"\n" + body):
        with suppress(BadData, ServerFault):
            assert isinstance(read(text), pa.Table)
