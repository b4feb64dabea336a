"""`sky.missions` against MAST on loopback, and a real answer."""

import json

import pyarrow.parquet as pq
import pytest

from gnomon.errors import ConfigError, ServerFault
from gnomon.instruments.sky.mast import missions
from gnomon.instruments.sky.mast.mission_source import SOURCE
from gnomon.instruments.sky.mast.pages import read_page
from gnomon.instruments.sky.mast.search import Cone
from gnomon.sim import Reissue, Status

SEARCH = "/search/hst/api/v0.1/search"


def cone(sky, radius_deg=0.2):
    return {"ra_deg": sky.ra_deg, "dec_deg": sky.dec_deg, "radius_deg": radius_deg}


def only(station):
    ((_, found),) = station.datasets().items()
    return found, pq.read_table(station.opened.store.path(found))


def test_the_real_answer_has_its_declared_types(real, truth):
    body = (real / "mast" / "mission_results.json").read_bytes()
    page = read_page(body, rows="results", fields="info")
    known = truth["mast"]["mission_results.json"]
    assert len(page.table) == known["n_rows"] == page.head["totalResults"]
    assert page.table["sci_start_time"][0].as_py() == "1993-09-24T21:00:16.633000"
    assert str(page.table.schema.field("sci_actual_duration").type) == "double"
    assert page.table["ang_sep"][0].as_py() == 1.5182093051117103


def test_a_place_has_one_table(station, sky):
    assert station.run(SOURCE, cones=(cone(sky),)).ok
    found, table = only(station)
    assert found.key["mission"] == "hst"
    assert len(table) == 2 * len(sky.stars)
    assert json.loads(found.tags["parameters"])["mission"] == "hst"


def test_many_rows_come_in_parts(archive, station, sky):
    archive.mast.missions.n_each = 900
    assert station.run(SOURCE, cones=(cone(sky),)).ok
    _, table = only(station)
    assert len(set(table["sci_data_set_name"].to_pylist())) == 900 * len(sky.stars)
    offsets = [json.loads(request.body)["offset"] for request in archive.asked("search")]
    assert offsets == [0, 0, 5000, 10000]


def test_conditions_names_and_a_limit(station, sky):
    star = sky.stars[0]
    options = {"names": (star.name,), "radius_deg": 0.0005, "conditions": {"sci_instrume": "STIS"}}
    assert station.run(SOURCE, **options, most=1).ok
    _, table = only(station)
    assert table.select(["sci_targname", "sci_instrume"]).to_pylist() == [
        {"sci_targname": star.name, "sci_instrume": "STIS"}
    ]


def test_files_of_data_sets(station, sky):
    assert station.run(SOURCE, cones=(cone(sky),), what="files").ok
    _, table = only(station)
    assert len(table) == 2 * len(sky.stars)
    assert table["uri"][0].as_py().endswith("_raw.fits")


def test_nothing_there_is_no_dataset(station):
    nowhere = {"ra_deg": 1.0, "dec_deg": -80.0, "radius_deg": 0.01}
    assert station.run(SOURCE, cones=(nowhere,)).ok
    assert not station.datasets()


def test_bad_questions_are_refused(station, sky):
    with pytest.raises(ConfigError, match="name a place"):
        station.run(SOURCE)
    with pytest.raises(ValueError, match=r"less than or equal to 0\.5"):
        station.run(SOURCE, cones=(cone(sky, 1.0),))
    assert not station.run(SOURCE, cones=(cone(sky),), mission="voyager").ok
    assert not station.run(SOURCE, cones=(cone(sky),), conditions={"no_such": "1"}).ok
    assert not station.datasets()


@pytest.mark.parametrize(
    "fault",
    [
        Status(pattern=SEARCH, code=500),
        Reissue(pattern=SEARCH, content=b'{"detail": "try later"}'),
        Reissue(pattern=SEARCH, content=b'{"results": [], "totalResults": 7}'),
        Reissue(pattern=SEARCH, content=b'{"results": [], "totalResults": "many"}'),
        Reissue(pattern=SEARCH, content=b"null"),
    ],
)
def test_faults_are_no_empty_answers(archive, fault, sky):
    archive.faults.add(fault)
    api = archive.api()
    with pytest.raises(ServerFault):
        missions.search(api, "hst", Cone(**cone(sky)))
    api.close()
