"""Tables of objects through the engine, over a real socket."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnomon.engine.events import Happened
from gnomon.errors import ConfigError
from gnomon.instruments.sky.curves.schema import answers_of
from gnomon.instruments.sky.irsa import objects
from gnomon.instruments.sky.irsa.objects import SOURCE, ObjectsConfig
from gnomon.sim.faults import Reissue, Status


@pytest.fixture
def fetch(station, urls, sky):
    def run(**options):
        cones = [(sky.ra_deg, sky.dec_deg, 0.1)]
        return station.run(SOURCE, url=urls["tap_url"], **({"cones": cones} | options))

    return run


@pytest.fixture
def table(station):
    def call():
        (dataset,) = station.datasets().values()
        return pq.read_table(station.opened.store.path(dataset))

    return call


def test_objects_of_a_place(fetch, table, irsa):
    assert fetch().ok
    found = table()
    assert found["oid"].to_pylist() == sorted(one.oid for one in irsa.survey.objects)
    assert set(found["nobs"].to_pylist()) == {24}
    types = {field.name: field.type for field in found.schema}
    assert types["oid"] == pa.int64()
    assert types["fid"] == pa.int32()
    assert types["ra"] == pa.float64()
    assert types["medianmag"] == pa.float32()
    assert types["filtercode"] == pa.string()
    (answer,) = answers_of(found.schema)
    assert answer.release == "ztf_dr24"
    assert answer.retrieved == "2026-03-03T12:00:00Z"
    assert answer.parameters.startswith("SELECT * FROM ztf_objects_dr24 WHERE CONTAINS(")
    assert len(answer.sha256) == 64
    assert fetch().jobs == 0


def test_what_is_chosen(fetch, table):
    assert fetch(
        filters=["zr", "3"],
        mag_range=(15, float("inf")),
        nobs_min=14,
        columns=["oid", "fid", "medianmag"],
        most=4,
        collection="ztf_dr23",
    ).ok
    found = table()
    assert found.column_names == ["oid", "fid", "medianmag"]
    assert found.num_rows == 4
    assert set(found["fid"].to_pylist()) <= {2, 3}
    assert min(found["medianmag"].to_pylist()) >= 15
    assert fetch(nobs_min=15, collection="ztf_dr23").no_data == 1


def test_many_objects_are_a_job(fetch, table, irsa, service, monkeypatch):
    monkeypatch.setattr(objects, "_AT_ONCE", 5)
    assert fetch().ok
    assert table().num_rows == len(irsa.survey.objects)
    assert "/TAP/async" in [one.path for one in service.requests]


def test_a_place_without_objects_is_no_data(fetch, station):
    assert fetch(cones=[(1, 2, 0.1)]).ok
    assert station.datasets() == {}


def test_rows_that_the_service_keeps_back_are_missed(fetch, station, irsa):
    """Beyond its own limit a service answers less, and CSV does not say so."""
    irsa.tap.most_rows = 7
    assert not fetch().ok
    (message,) = station.messages(Happened.FAILED)
    assert f"7 of {len(irsa.survey.objects)} objects came" in message
    assert station.datasets() == {}


def test_an_unknown_column_is_named(fetch, station):
    assert not fetch(columns=["oid", "medianmgg"]).ok
    (message,) = station.messages(Happened.FAILED)
    assert "did you mean 'medianmag'" in message


@pytest.mark.parametrize(
    "fault",
    [
        Status(code=500),
        Status(code=404),
        Reissue(content=b""),
        Reissue(content=b"oid,nobs\n1,x\n"),
        Reissue(content=b"garbage\n"),
        Reissue(content=b"oid,strange\n1,2\n"),
    ],
)
def test_a_fault_that_stays_is_an_error(fetch, station, service, fault):
    service.faults.add(fault)
    assert not fetch(collection="ztf_dr24").ok
    (message,) = station.messages(Happened.FAILED)
    assert "/TAP" in message, "no slip of gnomon's own"
    assert station.datasets() == {}
    service.faults.clear()
    assert fetch(collection="ztf_dr24").ok
    assert len(station.datasets()) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"oid,nobs\n1,x\n", "are no table"),
        (b"\x00\xfe no answer, \xff\n", "are no table"),
        (b"oid,strange\n1,2\n", "does not know: strange"),
        (b"oid,nobs\n1,2\n", "ztf_dr24: 1 of "),
    ],
)
def test_rows_that_make_no_sense_are_not_stored(
    fetch, station, service, monkeypatch, content, told
):
    monkeypatch.setattr(objects, "_AT_ONCE", 5)
    service.faults.add(Reissue(content=content, pattern="*/results/result"))
    assert not fetch().ok
    (message,) = station.messages(Happened.FAILED)
    assert told in message
    assert station.datasets() == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"cones": [(1, 2, 0)]},
        {"cones": [(1, 2, 1)], "filters": ["u"]},
        {"cones": [(1, 2, 1)], "columns": ["oid; DROP TABLE x"]},
        {"cones": [(1, 2, 1)], "mag_range": (2, 1)},
        {"cones": [(1, 2, 1)], "collection": "dr1"},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_before_anything_is_sent(wrong):
    with pytest.raises(ConfigError):
        ObjectsConfig(**wrong)
