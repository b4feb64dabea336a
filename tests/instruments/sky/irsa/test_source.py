"""IRSA's light curves through the engine, over a real socket, with all that can go wrong."""

import numpy as np
import pytest
from pydantic import SecretStr

from gnomon.acquire.connect import Network
from gnomon.acquire.retry import Retry
from gnomon.acquire.transport import Limits
from gnomon.engine.events import Happened
from gnomon.errors import ConfigError, NoData, Refused, ServerFault, Unreachable
from gnomon.instruments.sky.irsa.answers import read_answer
from gnomon.instruments.sky.irsa.source import SOURCE, ZtfConfig, format_of, open_ztf
from gnomon.sim.faults import Cut, Reissue, Slow, Stall, Status
from station import Station, impatient

KIND = "sky.ztf.answer"
CURVES = "*nph_light_curves*"


def nothing(_):
    """Take no notice of progress."""


@pytest.fixture
def fetch(station, urls, sky):
    def run(**options):
        cone = (sky.ra_deg, sky.dec_deg, 0.1)
        if not {"ids", "cones"} & set(options):
            options["cones"] = [cone]
        return station.run(SOURCE, **urls, **options)

    return run


@pytest.fixture
def answers(station):
    """Return the tables of all answers that are stored, by query."""

    def call():
        return {
            dataset.key["query"]: read_answer(
                station.opened.store.path(dataset), format_of(dataset.tags["format"])
            )
            for (kind, _), dataset in station.datasets().items()
            if kind == KIND
        }

    return call


def test_a_cone(fetch, station, answers, service, irsa, sky):
    assert fetch(filters=["zg", "r"]).ok
    ((query, table),) = answers().items()
    wanted = {
        one.oid for star in sky.stars for one in irsa.truth(star).objects if one.band in ("g", "r")
    }
    assert set(table["oid"].to_pylist()) == wanted
    assert table.num_rows == 24 * len(wanted)
    (dataset,) = station.datasets().values()
    assert dataset.path == f"ztf/answers/ztf_{query}_v001.csv"
    request = next(one for one in service.requests if "nph_light" in one.path)
    assert request.query == dataset.tags["parameters"]
    assert dataset.tags == {
        "format": "csv",
        "cone": "255.577 12.284 0.1",
        "url": f"{service.url}/cgi-bin/ZTF/nph_light_curves",
        "parameters": "POS=CIRCLE%20255.577%2012.284%200.1&BANDNAME=g,r"
        "&COLLECTION=ztf_dr24&FORMAT=CSV",
        "release": "ztf_dr24",
        "retrieved": "2026-03-03T12:00:00Z",
    }
    assert station.opened.store.path(dataset).read_bytes().startswith(b"oid,expid,hjd,mjd,")


def test_the_answer_is_the_simulated_truth(fetch, answers, irsa, sky):
    assert fetch().ok
    (table,) = answers().values()
    star = next(one for one in sky.stars if one.variability == "rrlyrae")
    for one in irsa.truth(star).objects:
        rows = table.filter(np.asarray(table["oid"]) == one.oid)
        good = np.asarray(rows["catflags"]) == 0
        seen, mjd = np.asarray(rows["mag"]), np.asarray(rows["mjd"])
        off = (seen - star.magnitude(one.band, mjd)) / np.asarray(rows["magerr"])
        assert np.all(np.abs(off[good]) < 5)


@pytest.mark.parametrize(("form", "extension"), [("votable", "xml"), ("ipac", "tbl")])
def test_other_formats(fetch, station, answers, form, extension):
    assert fetch(format=form, filters=["g"]).ok
    ((_, table),) = answers().items()
    assert table.num_rows
    (dataset,) = station.datasets().values()
    assert dataset.path.endswith(f".{extension}")


def test_a_second_run_asks_for_nothing(fetch, service):
    assert fetch().jobs == 1
    service.requests.clear()
    assert fetch().jobs == 0
    assert [one.path for one in service.requests] == ["/TAP/sync"]


def test_a_new_release_is_fetched(fetch, station, answers, irsa):
    irsa.releases = ("ztf_dr22", "ztf_dr23")
    assert fetch().ok
    (before,) = answers().values()
    irsa.releases, irsa.nights = ("ztf_dr23", "ztf_dr24"), 34
    assert fetch().jobs == 1
    (after,) = answers().values()
    assert after.num_rows > before.num_rows
    (dataset,) = station.datasets().values()
    assert dataset.version == 2
    assert dataset.tags["release"] == "ztf_dr24"


def test_a_named_release_needs_no_tap(fetch, station, service):
    assert fetch(collection="ztf_dr22").ok
    (dataset,) = station.datasets().values()
    assert dataset.tags["release"] == "ztf_dr22"
    assert not [one for one in service.requests if "TAP" in one.path]


def test_a_release_that_is_gone_is_told_with_those_that_are_there(fetch, station):
    assert not fetch(collection="ztf_dr18").ok
    (message,) = station.messages(Happened.FAILED)
    assert "no such collection 'ztf_dr18'" in message
    assert "IRSA has ztf_dr22, ztf_dr23, ztf_dr24" in message
    assert station.datasets() == {}


def test_a_refusal_is_told_though_the_releases_cannot_be(fetch, station, service):
    service.faults.add(Status(code=500, pattern="*/TAP/*"))
    assert not fetch(collection="ztf_dr18").ok
    (message,) = station.messages(Happened.FAILED)
    assert "no such collection 'ztf_dr18'" in message


def test_a_large_cone_is_asked_for_in_tiles(fetch, station, answers, irsa, sky, service):
    assert fetch(cones=[(sky.ra_deg + 0.3, sky.dec_deg, 0.35)]).ok
    found = answers()
    assert len([one for one in service.requests if "nph_light" in one.path]) > 10
    wanted = {one.oid for star in sky.stars for one in irsa.truth(star).objects}
    near = {
        one.oid
        for star in sky.within(sky.ra_deg + 0.3, sky.dec_deg, 0.35)
        for one in irsa.truth(star).objects
    }
    assert near <= {oid for table in found.values() for oid in table["oid"].to_pylist()} <= wanted
    assert {one.tags["cone"] for one in station.datasets().values()} == {"255.877 12.284 0.35"}


def test_ids_go_in_batches(fetch, service, answers, irsa):
    there = sorted(one.oid for one in irsa.survey.objects)[:3]
    ids = [*there, *range(1, 600)]
    assert fetch(ids=ids).ok
    asked = [one for one in service.requests if "nph_light" in one.path]
    assert len(asked) == 3
    assert {oid for table in answers().values() for oid in table["oid"].to_pylist()} == set(there)


def test_objects_that_are_not_there_are_told_of(urls, irsa, tmp_path):
    oid = irsa.survey.objects[0].oid
    source = open_ztf(ZtfConfig(**urls, ids=(1, 2, oid)), impatient())
    (item,) = source.list("").items
    report = source.fetch(item, tmp_path / "answer", None, nothing)
    assert report.note == "nothing of objects 1, 2"
    assert report.metrics == {"n_rows": 24}
    source.close()


def test_a_place_without_objects_is_no_data(fetch, station):
    summary = fetch(cones=[(10, -20, 0.01)])
    assert summary.ok
    assert summary.no_data == 1
    assert fetch(cones=[(10, -20, 0.01)]).jobs == 0
    assert station.datasets() == {}


def test_no_data_says_what_was_asked_for(urls, tmp_path):
    config = ZtfConfig(**urls, cones=[(10, -20, 0.01)])
    source = open_ztf(config, impatient())
    (item,) = source.list("").items
    with pytest.raises(NoData, match=r"ztf_dr24 has nothing of POS=CIRCLE%2010%20-20%200\.01"):
        source.fetch(item, tmp_path / "answer", None, nothing)
    source.close()


def test_the_same_question_twice_is_asked_once(fetch):
    assert fetch(cones=[(255.577, 12.284, 0.1), (255.577, 12.284, 0.1)]).jobs == 1


def test_all_parameters_reach_the_archive(fetch, answers, service):
    options = {
        "filters": ["g", "r"],
        "mjd_range": (58210.0, float("inf")),
        "mag_range": (14, 17.5),
        "wavelength_range_m": (4e-7, 5e-7),
        "nobs_min": 5,
        "bad_catflags_mask": 32768,
    }
    assert fetch(**options).ok
    (table,) = answers().values()
    assert set(table["filtercode"].to_pylist()) == {"zg"}
    assert min(table["mjd"].to_pylist()) >= 58210
    assert set(table["catflags"].to_pylist()) == {0}
    query = service.requests[-1].query
    assert "&TIME=58210%20Inf&" in query
    assert "&NOBS_MIN=5&" in query


@pytest.mark.parametrize(
    "wrong",
    [
        {"cones": [(1, 2, 6)]},
        {"cones": [(1, 2, 0)]},
        {"cones": [(1, 2, 0.1)], "filters": ["u"]},
        {"cones": [(1, 2, 0.1)], "collection": "dr24"},
        {"ids": [1], "filters": ["g"]},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_before_anything_is_sent(wrong):
    with pytest.raises(ConfigError):
        ZtfConfig(**wrong)


# -- faults


@pytest.mark.parametrize(
    "fault",
    [
        Status(code=500, times=1),
        Status(code=503, times=2),
        Status(code=503, times=1, retry_after_s=0),
        Status(code=429, times=1, retry_after_s=0),
        Cut(after_bytes=900, times=1),
        Cut(after_bytes=0, times=1),
        Stall(after_bytes=900, times=1),
        Reissue(content=b"<!DOCTYPE html><html>busy</html>", times=1),
    ],
    ids=lambda fault: type(fault).__name__ + str(getattr(fault, "code", "")),
)
@pytest.mark.parametrize("where", [CURVES, "*/TAP/*"])
def test_a_fault_that_passes_is_survived(fetch, station, service, fault, where):
    service.faults.add(type(fault)(**{**_fields(fault), "pattern": where}))
    assert fetch(filters=["r"]).ok
    assert len(station.datasets()) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Status(code=400),
        Status(code=401),
        Status(code=404),
        Status(code=429, retry_after_s=0),
        Status(code=500),
        Status(code=503),
        Cut(after_bytes=0),
        Cut(after_bytes=900),
        Stall(after_bytes=900),
        Reissue(content=b""),
        Reissue(content=b"garbage\x00\xff"),
        Reissue(content=b"<html>busy</html>"),
        Reissue(
            content=b'<?xml version="1.0"?><VOTABLE><INFO name="QUERY_STATUS" '
            b'value="ERROR">no</INFO></VOTABLE>'
        ),
        Reissue(content=b"oid,expid\n1,2\n"),
    ],
    ids=lambda fault: type(fault).__name__ + str(getattr(fault, "code", "")),
)
def test_a_fault_that_stays_is_an_error_and_nothing_is_invented(fetch, station, service, fault):
    service.faults.add(type(fault)(**{**_fields(fault), "pattern": CURVES}))
    assert not fetch(filters=["r"]).ok
    assert station.messages(Happened.FAILED)
    assert station.datasets() == {}
    service.faults.clear()
    assert fetch(filters=["r"]).ok, "the next run gets it"
    assert len(station.datasets()) == 1


@pytest.mark.parametrize("fault", [Status(code=500), Cut(after_bytes=5), Reissue(content=b"x\n")])
def test_without_the_releases_nothing_is_asked_for(fetch, station, service, fault):
    service.faults.add(type(fault)(**{**_fields(fault), "pattern": "*/TAP/*"}))
    assert not fetch().ok
    assert station.messages(Happened.NOT_LISTED)
    assert not [one for one in service.requests if "nph_light" in one.path]


def test_a_refusal_in_a_votable_is_told_in_its_own_words(fetch, station, irsa):
    irsa.faulty = True
    assert not fetch().ok
    (message,) = station.messages(Happened.FAILED)
    assert "UsageFault: Internal error (invalid TAP query)" in message


def test_a_slow_trickle_has_an_end(urls, service, sky, tmp_path):
    """Bytes that keep coming defeat time-outs of sockets."""
    service.faults.add(Slow(pattern=CURVES, bytes_per_s=2000))
    config = ZtfConfig(
        **urls, cones=[(sky.ra_deg, sky.dec_deg, 0.1)], collection="ztf_dr24", longest_s=0.3
    )
    limits = Limits(connect_timeout_s=2, read_timeout_s=5)
    source = open_ztf(config, Network(limits, Retry(attempts=1, sleep=lambda _: None)))
    (item,) = source.list("").items
    with pytest.raises(Unreachable, match="too slow"):
        source.fetch(item, tmp_path / "answer", None, nothing)
    source.close()


def test_the_token_is_optional_and_never_told(tmp_path, urls, service, sky):
    secrets = {"ZTF_API_TOKEN": SecretStr("s3cret-token")}
    station = Station(tmp_path, impatient(secrets.get))
    service.faults.add(Status(code=401, pattern=CURVES, times=1))
    options = {"cones": [(sky.ra_deg, sky.dec_deg, 0.1)], **urls}
    assert not station.run(SOURCE, **options).ok
    (message,) = station.messages(Happened.FAILED)
    assert "ZTF_API_TOKEN is wrong or has expired" in message
    assert "s3cret" not in str(station.events)
    assert station.run(SOURCE, **options).ok
    assert service.requests[-1].headers["authorization"] == "Bearer s3cret-token"


def test_the_addresses_may_stand_in_variables(urls, sky):
    secrets = {
        "IRSA_ZTF_URL": SecretStr(urls["url"]),
        "IRSA_TAP_URL": SecretStr(urls["tap_url"]),
    }
    config = ZtfConfig(cones=[(sky.ra_deg, sky.dec_deg, 0.1)])
    source = open_ztf(config, impatient(secrets.get))
    (item,) = source.list("").items
    assert item.tags["url"] == urls["url"]
    source.close()


def test_few_requests_are_in_flight():
    source = open_ztf(ZtfConfig(), Network())
    assert source._api._transport._pool.connection_pool_kw["maxsize"] == 2
    source.close()


def test_a_refusal_of_another_sort_is_left_as_it_is(urls, service, sky, tmp_path):
    service.faults.add(Status(code=400, pattern=CURVES))
    config = ZtfConfig(**urls, cones=[(sky.ra_deg, sky.dec_deg, 0.1)], collection="ztf_dr24")
    source = open_ztf(config, impatient())
    (item,) = source.list("").items
    with pytest.raises(Refused) as caught:
        source.fetch(item, tmp_path / "answer", None, nothing)
    assert "IRSA has" not in str(caught.value)
    source.close()


def test_garbage_is_the_services_fault_so_that_it_is_asked_again(urls, service, sky, tmp_path):
    service.faults.add(Reissue(content=b"garbage", pattern=CURVES))
    config = ZtfConfig(**urls, cones=[(sky.ra_deg, sky.dec_deg, 0.1)])
    source = open_ztf(config, impatient())
    (item,) = source.list("").items
    with pytest.raises(ServerFault, match="lacks oid"):
        source.fetch(item, tmp_path / "answer", None, nothing)
    source.close()


def _fields(fault):
    return {name: getattr(fault, name) for name in fault.__dataclass_fields__}
