"""The simulated IRSA as any HTTP client sees it."""

import csv
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import numpy as np
import pytest

from gnomon.instruments.sky.simulate.irsa import PATH, TAP_PATH, Irsa
from gnomon.instruments.sky.simulate.ztf_objects import BAD, COLUMNS, SATURATED_MAG, Survey
from gnomon.sim.service import Service


@pytest.fixture
def irsa(sky):
    return Irsa(sky, nights=24)


@pytest.fixture
def ask(irsa):
    """Ask with some parameters; return the status and the rows, or the text of a refusal."""
    with Service({PATH: irsa, TAP_PATH: irsa.tap}) as service:

        def call(path=PATH, **parameters):
            url = f"{service.url}{path}?{urlencode(parameters, doseq=True)}"
            try:
                with urlopen(url) as answer:
                    text = answer.read().decode()
            except HTTPError as error:
                with error:
                    return error.code, error.read().decode()
            return 200, list(csv.DictReader(text.splitlines()))

        yield call


@pytest.fixture
def cone(sky):
    return f"CIRCLE {sky.ra_deg} {sky.dec_deg} 0.1"


def test_the_columns_are_those_of_the_archive(ask, cone):
    _, rows = ask(POS=cone, FORMAT="csv")
    assert tuple(rows[0]) == COLUMNS
    assert len(COLUMNS) == 24


def test_stars_in_two_fields_are_several_objects(ask, cone, irsa, sky):
    _, rows = ask(POS=cone, FORMAT="CSV")
    for star in sky.stars:
        seen = irsa.truth(star)
        oids = {row["oid"] for row in rows if float(row["ra"]) == star.ra_deg}
        assert oids == {str(one.oid) for one in seen.objects}
        if star.mean_mag < SATURATED_MAG:
            assert not oids
        else:
            assert len(oids) == (6 if star.dec_deg >= sky.dec_deg else 3)
        for oid in oids:
            assert sum(row["oid"] == oid for row in rows) == seen.n_epochs


def test_the_number_of_an_object_says_where_it_is(ask, cone):
    _, rows = ask(CIRCLE=cone.removeprefix("CIRCLE "), FORMAT="csv")
    for row in rows:
        oid, fid = row["oid"], "gri".index(row["filtercode"][1]) + 1
        assert oid.startswith(f"{row['field']}{fid}{int(row['ccdid']):02d}{row['qid']}")


def test_parameters_of_objects(ask, cone):
    def objects(**more):
        status, rows = ask(POS=cone, FORMAT="csv", **more)
        assert status == 200
        return {row["oid"] for row in rows}

    everything = objects()
    assert objects(BANDNAME="g,r") | objects(BANDNAME="3") == everything
    assert objects(BAND="4e-7 5e-7") == objects(BANDNAME="1")
    assert objects(BAND="8e-7 Inf") == objects(BANDNAME="i")
    assert objects(NOBS_MIN=24) == everything
    assert objects(NOBS_MIN=25) == set()
    assert objects(MAG="-Inf 15.5") | objects(MAG="15.5 Inf") == everything
    one = min(everything)
    status, rows = ask(ID=f"{one},7", FORMAT="csv")
    assert status == 200
    assert {row["oid"] for row in rows} == {one}
    _, rows = ask(ID=[one, max(everything)], FORMAT="csv")
    assert {row["oid"] for row in rows} == {one, max(everything)}


def test_parameters_of_epochs(ask, cone):
    _, rows = ask(POS=cone, FORMAT="csv")
    _, some = ask(POS=cone, FORMAT="csv", TIME="58210 58220.5")
    assert some == [row for row in rows if 58210 <= float(row["mjd"]) <= 58220.5]
    _, one = ask(POS=cone, FORMAT="csv", TIME=rows[0]["mjd"])
    assert rows[0] in one
    _, good = ask(POS=cone, FORMAT="csv", BAD_CATFLAGS_MASK=BAD)
    assert good == [row for row in rows if row["catflags"] == "0"]
    assert len(good) < len(rows)


def test_a_later_release_has_more_nights_and_the_same_measurements(ask, cone):
    _, older = ask(POS=cone, FORMAT="csv", COLLECTION="ztf_dr23")
    _, newer = ask(POS=cone, FORMAT="csv", COLLECTION="ztf_dr24")
    assert len(older) < len(newer)
    known = {tuple(row.values()) for row in newer}
    assert all(tuple(row.values()) in known for row in older)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"POS": "CIRCLE 1 2 0.2"}, "radius 0.2"),
        ({"POS": "CIRCLE 1 2 0"}, "radius 0.0"),
        ({"POS": "1 2 0.1"}, "CIRCLE is required"),
        ({"POS": "CIRCLE 1 2"}, "are required"),
        ({"POS": "CIRCLE 1 x 0.1"}, "no number"),
        ({"POS": ["CIRCLE 1 2 0.1", "CIRCLE 3 4 0.1"]}, "more than one value"),
        ({}, "is required"),
        ({"ID": 1, "BANDNAME": "g"}, "may not be combined"),
        ({"POS": "CIRCLE 255.577 12.284 0.1", "BANDNAME": "zg"}, "no band"),
        ({"POS": "CIRCLE 1 2 0.1", "COLLECTION": "ztf_dr18"}, "no such collection"),
        ({"POS": "CIRCLE 1 2 0.1", "FORMAT": "fits"}, "not supported"),
        ({"POS": "CIRCLE 1 2 0.1", "NUM_OBS": 3}, "Unrecognized parameter"),
        ({"POS": "CIRCLE 255.577 12.284 0.1", "TIME": "1 2 3"}, "one value or two"),
    ],
    ids=str,
)
def test_refusals_are_400_with_a_votable(ask, asked, told):
    status, text = ask(**({"FORMAT": "csv"} | asked))
    assert status == 400
    assert "<VOTABLE" in text
    assert "UsageFault" in text
    assert told in text


def test_traps_change_magnitudes_only(ask, cone, irsa):
    _, plain = ask(POS=cone, FORMAT="csv")
    irsa.recalibrated_mag = 0.01
    _, newest = ask(POS=cone, FORMAT="csv")
    _, older = ask(POS=cone, FORMAT="csv", COLLECTION="ztf_dr23")
    assert float(newest[0]["mag"]) == pytest.approx(float(plain[0]["mag"]) + 0.01)
    assert older[0] == plain[0]
    irsa.conflicts = True
    _, rows = ask(POS=cone, FORMAT="csv", COLLECTION="ztf_dr23")
    assert rows[: len(older)] == older
    more = rows[len(older) :]
    assert len(more) == -(-len(older) // 7)
    assert {**more[1], "mag": ""} == {**older[7], "mag": ""}
    assert more[1]["mag"] != older[7]["mag"]


def test_no_object_is_a_header_alone(ask):
    assert ask(POS="CIRCLE 10 -20 0.1", FORMAT="csv") == (200, [])


def test_more_nights_change_no_earlier_one(sky):
    one = Survey(sky).objects[0]
    few, many = one.epochs(10), one.epochs(40)
    for name in COLUMNS:
        assert np.array_equal(few[name], many[name][:10])
    assert np.all(np.diff(many["mjd"]) > 0)


def test_tap_knows_the_releases(ask):
    query = "SELECT table_name FROM TAP_SCHEMA.tables WHERE table_name LIKE 'ztf_objects_dr%'"
    _, rows = ask(path=f"{TAP_PATH}/sync", QUERY=query, FORMAT="csv")
    assert [row["table_name"] for row in rows] == [f"ztf_objects_dr{n}" for n in (22, 23, 24)]


def test_tap_limits_rows_and_refuses_what_it_cannot_read(ask):
    select = "SELECT * FROM ztf_objects_dr24"
    assert len(ask(path=f"{TAP_PATH}/sync", QUERY=select, MAXREC=3)[1]) == 3
    for wrong in (
        "DELETE",
        "SELECT * FROM nothing",
        f"{select} WHERE x = 1",
        f"{select} WHERE oid = x",
    ):
        assert ask(path=f"{TAP_PATH}/sync", QUERY=wrong)[0] == 400
    assert ask(path=f"{TAP_PATH}/async/7/phase")[0] == 404
