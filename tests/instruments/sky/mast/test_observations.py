"""`sky.mast` against MAST on loopback."""

import json

import pyarrow.parquet as pq
import pytest

from gnomon.errors import ConfigError
from gnomon.instruments.sky.mast.observations import SOURCE
from gnomon.instruments.sky.simulate.mast import INVOKE, plain_rows
from gnomon.sim import Cut, Reissue, Status

HST = {"obs_collection": ("HST",), "dataproduct_type": ("image",)}


def tables(station):
    return {
        key: pq.read_table(station.opened.store.path(found))
        for (_, key), found in station.datasets().items()
    }


def test_filters_give_one_table_that_names_its_question(archive, station, sky):
    assert station.run(SOURCE, filters=HST).ok
    ((key, table),) = tables(station).items()
    assert key.startswith("query=hst-image-")
    assert set(table["target_name"].to_pylist()) == {star.name for star in sky.stars}
    assert table["obsid"].to_pylist() == sorted(table["obsid"].to_pylist())
    (found,) = station.datasets().values()
    assert found.tags["url"] == f"{archive.url}{INVOKE}"
    assert json.loads(found.tags["parameters"])["params"]["filters"] == [
        {"paramName": "obs_collection", "values": ["HST"]},
        {"paramName": "dataproduct_type", "values": ["image"]},
    ]
    assert found.tags["retrieved"] == "2026-03-03T12:00:00Z"


def test_the_same_question_is_asked_once_a_day(archive, station):
    station.run(SOURCE, filters=HST)
    archive.asked()
    station.run(SOURCE, filters=HST)
    assert len(archive.asked()) == 1  # how many there are now
    station.now = station.now.replace(day=4)
    assert station.run(SOURCE, filters=HST).ok
    assert len(archive.asked()) > 1
    (found,) = station.datasets().values()
    assert found.version == 1  # the same rows
    archive.mast.more = plain_rows(2)
    del archive.mast.holdings
    station.run(SOURCE, filters={"obs_collection": ("GALEX",)})
    assert len(station.datasets()) == 2


def test_columns_pages_and_a_limit(archive, station):
    options = {"filters": HST, "columns": ("obsid", "t_exptime"), "pagesize": 4, "most": 6}
    assert station.run(SOURCE, **options).ok
    (table,) = tables(station).values()
    assert table.column_names == ["obsid", "t_exptime"]
    assert len(table) == 6
    assert len(archive.asked()) == 4  # how many, how many to split, two pages


def test_places_and_names_have_a_table_each(station, sky):
    cone = {"ra_deg": sky.ra_deg, "dec_deg": sky.dec_deg, "radius_deg": 0.05, "name": "The field"}
    options = {"filters": HST, "cones": (cone,), "names": (sky.stars[2].name,)}
    assert station.run(SOURCE, **options, radius_deg=0.0005).ok
    found = {key.rpartition("-")[0]: table for key, table in tables(station).items()}
    assert set(found) == {"query=hst-image-the-field", "query=hst-image-sim-003"}
    assert found["query=hst-image-sim-003"]["target_name"].to_pylist() == [sky.stars[2].name]


def test_the_plain_cone_search(station, sky):
    star = sky.stars[0]
    cone = {"ra_deg": star.ra_deg, "dec_deg": star.dec_deg, "radius_deg": 0.001}
    assert station.run(SOURCE, service="Mast.Caom.Cone", cones=(cone,)).ok
    (table,) = tables(station).values()
    assert max(table["distance"].to_pylist()) < 3.6


def test_nothing_found_is_no_dataset_and_no_failure(station):
    assert station.run(SOURCE, filters={"obs_collection": ("NONE",)}).ok
    assert not station.datasets()


def test_a_name_that_nobody_knows_fails_the_run_and_asks_for_nothing_else(station):
    assert not station.run(SOURCE, filters=HST, names=("NO SUCH STAR",)).ok
    assert not station.datasets()
    assert any("'NO SUCH STAR'" in event.message for event in station.events)


@pytest.mark.parametrize(
    "fault",
    [
        Status(pattern=INVOKE, code=500),
        Status(pattern=INVOKE, code=401),
        Cut(pattern=INVOKE, after_bytes=50),
        Reissue(pattern=INVOKE, content=b'{"data": "garbage"}'),
    ],
)
def test_faults_end_as_failures(archive, station, fault):
    archive.faults.add(fault)
    assert not station.run(SOURCE, filters=HST).ok
    assert not station.datasets()


def test_questions_without_bounds_are_refused(station):
    with pytest.raises(ConfigError, match="say which observations"):
        station.run(SOURCE)
    with pytest.raises(ConfigError, match="takes a place and no filters"):
        station.run(SOURCE, service="Mast.Caom.Cone", filters=HST)
    with pytest.raises(ConfigError, match="is a pattern, and stands alone"):
        station.run(SOURCE, filters={"target_name": ("SIM%", "X")})
