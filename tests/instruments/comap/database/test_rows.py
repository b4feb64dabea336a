"""Attributes in the types of their columns."""

import pytest
from tests.instruments.comap.published import record_of

from gnomon.errors import Corrupt
from gnomon.instruments.comap.database.rows import data_of, place_in, plain
from gnomon.instruments.comap.database.settling import Say


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(1024, 1024), ("1024", 1024), (1024.0, 1024), ("1024.0", 1024), ("many", None),
     (float("nan"), None), (float("inf"), None), (2**70, None), ("", None)],
)  # fmt: skip
def test_an_integer_is_one_however_a_file_spells_it(value, wanted):
    found = data_of(record_of(attributes={"nchan": value}))["nchan"]
    assert found == wanted
    assert type(found) is type(wanted)


@pytest.mark.parametrize(("value", "wanted"), [("2.5", 2.5), (2, 2.0), ("wide", None)])
def test_a_number_is_one_however_a_file_spells_it(value, wanted):
    assert data_of(record_of(attributes={"bw": value}))["bw"] == wanted


@pytest.mark.parametrize(
    ("attribute", "iso", "wanted"),
    [
        ("2024-12-01-10:30:00", "2020-01-01T00:00:00", "2024-12-01-10:30:00"),
        ("", "2024-12-01T10:30:00+00:00", "2024-12-01-10:30:00"),
        ("", "", None),
    ],
)
def test_the_start_is_that_of_the_file_or_of_its_samples(attribute, iso, wanted):
    record = record_of(utc_start=iso, attributes={"utc_start": attribute})
    assert data_of(record)["utc_start"] == wanted


def test_texts_are_as_sql_takes_them():
    assert plain("a\0b") == "ab"
    assert plain(5) == 5


def test_what_is_no_place_is_told(tmp_path):
    path = tmp_path / "place.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(Corrupt, match="names no place"):
        place_in(path)


@pytest.mark.parametrize("text", ["", "[]", '{"error": "", "bad": [[1]]}'])
def test_what_makes_no_sense_is_told(text):
    with pytest.raises(Corrupt, match="makes no sense"):
        Say.read(text)
