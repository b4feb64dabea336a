"""Answers in the schema of light curves."""

import math

import numpy as np
import pyarrow as pa
import pytest

from gnomon.errors import BadData
from gnomon.instruments.sky.curves.schema import MJD_ORIGIN_JD, PART_SCHEMA, Answer, answers_of
from gnomon.instruments.sky.irsa.answers import ANSWER_SCHEMA
from gnomon.instruments.sky.irsa.parts import FURTHER, by_group, part_tables, parts_of

ANSWER = Answer("http://irsa", "POS=CIRCLE 1 2 3", "ztf_dr24", "2026-03-03T12:00:00Z", "0" * 64)


def table(**columns):
    """Return an answer of three rows."""
    usual = {
        "oid": [675103300002930] * 3,
        "mjd": [58202.25, 58203.25, 58204.25],
        "mag": [18.5, 18.6, 18.7],
        "magerr": [0.05] * 3,
        "catflags": [0, 32768, -1],
        "filtercode": ["zg", "zr", "zi"],
        "ra": [255.5] * 3,
        "dec": [12.25] * 3,
        "field": [675] * 3,
        "ccdid": [6] * 3,
        "qid": [3] * 3,
    } | columns
    n = len(usual["mjd"])
    arrays = []
    for field in ANSWER_SCHEMA:
        filler = [1] * n if field.type != pa.string() else [""] * n
        arrays.append(pa.array(usual.get(field.name, filler), field.type))
    return pa.table(arrays, schema=ANSWER_SCHEMA)


def test_columns():
    made = part_tables(table(), answer=ANSWER)
    assert made.column_names == [*PART_SCHEMA.names, *FURTHER]
    assert made.select(PART_SCHEMA.names).schema.equals(PART_SCHEMA, check_metadata=False)
    first = made.slice(0, 1).to_pylist()[0]
    assert {name: first[name] for name in PART_SCHEMA.names} == {
        "survey": "ztf",
        "object": "675103300002930",
        "band": "g",
        "time": 58202.25,
        "time_origin_jd": MJD_ORIGIN_JD,
        "time_scale": "UTC",
        "time_place": "TOPOCENTER",
        "value": 18.5,
        "error": 0.05,
        "unit": "mag",
        "quality": 0,
        "is_limit": False,
        "ra_deg": 255.5,
        "dec_deg": 12.25,
        "release": "ztf_dr24",
    }
    assert made["band"].to_pylist() == ["g", "r", "i"]
    assert made["quality"].to_pylist() == [0, 32768, -1]
    assert answers_of(made.schema) == [ANSWER]


def test_rows_beside_the_cone_are_left_out():
    found = parts_of(table(ra=[255.5, 255.5, 256.5]), answer=ANSWER, cone="255.5 12.25 0.5")
    assert found.table.num_rows == 2
    assert found.n_outside == 1


@pytest.mark.parametrize(
    ("cone", "ra", "dec", "kept"),
    [
        ("0.01 0 0.1", [359.95, 0.05, 0.2], [0.0] * 3, 2),
        ("10 89.99 0.1", [190.0, 10.0, 190.0], [89.95, 89.9, 89.8], 2),
        ("0 -90 0.05", [0.0, 120.0, 240.0], [-89.96, -89.96, -89.9], 2),
        ("10 20 180", [190.0, 10.0, 1.0], [-20.0, 20.0, 1.0], 3),
    ],
)
def test_cones_at_the_seam_and_at_the_poles(cone, ra, dec, kept):
    assert parts_of(table(ra=ra, dec=dec), answer=ANSWER, cone=cone).table.num_rows == kept


def test_a_row_on_the_rim_is_in():
    found = parts_of(table(ra=[255.6] * 3, dec=[0.0] * 3), answer=ANSWER, cone="255.5 0 0.1")
    assert found.n_outside == 0


def test_rows_without_a_time_are_counted():
    found = parts_of(table(mjd=[58202.25, math.nan, math.nan]), answer=ANSWER)
    assert found.table.num_rows == 1
    assert found.n_without_time == 2


def test_values_that_are_not_there_stay_nan():
    made = part_tables(table(mag=[math.nan, 18.6, 18.7]), answer=ANSWER)
    assert math.isnan(made["value"][0].as_py())


@pytest.mark.parametrize(
    "wrong",
    [
        {"filtercode": ["zg", "zu", "zi"]},
        {"filtercode": ["zg", None, "zi"]},
        {"ccdid": [1, 17, 2]},
        {"qid": [0, 1, 2]},
        {"field": [-1, 2, 3]},
    ],
    ids=str,
)
def test_what_is_none_of_ztf_is_refused(wrong):
    with pytest.raises(BadData):
        parts_of(table(**wrong), answer=ANSWER)


def test_a_cone_that_makes_no_sense_is_refused():
    with pytest.raises(BadData, match="no cone"):
        parts_of(table(), answer=ANSWER, cone="1 2")


def test_groups():
    made = part_tables(
        table(field=[640, 1646, 640], ccdid=[6, 16, 6], qid=[3, 4, 1]), answer=ANSWER
    )
    found = dict(by_group(made))
    assert list(found) == ["000640-q20", "000640-q22", "001646-q63"]
    assert sum(one.num_rows for one in found.values()) == 3
    assert np.all(np.asarray(found["001646-q63"]["ccdid"]) == 16)
    assert answers_of(found["000640-q22"].schema) == [ANSWER]


def test_no_rows():
    found = parts_of(table().slice(0, 0), answer=ANSWER, cone="1 2 3")
    assert found.table.num_rows == 0
    assert list(by_group(found.table)) == []
