"""`sky.tess` against MAST on loopback."""

import logging
from dataclasses import replace

import pytest

from gnomon.errors import ConfigError
from gnomon.instruments.sky.mast.tess_source import SOURCE, TessConfig
from gnomon.instruments.sky.simulate.mast import DOWNLOAD, INVOKE, STORAGE
from gnomon.instruments.sky.simulate.stars import Sky
from gnomon.sim import Cut, Reissue, Status

TIC = 25155311
KEY = f"tic={TIC},sector=1,product=s"
NAME = f"tess2018206045859-s0001-{TIC:016d}-0120-s_lc"


def keys(station):
    return {key for _, key in station.datasets()}


def test_a_target_is_fetched_in_all_its_sectors(archive, station):
    assert station.run(SOURCE, tics=(TIC,)).ok
    assert keys(station) == {KEY, f"tic={TIC},sector=2,product=s"}
    one = station.datasets()["sky.tess.lc", KEY]
    assert one.path == f"tess/lc/tic{TIC:016d}/s0001/s/{NAME}_v001.fits"
    assert one.tags == {
        "name": NAME,
        "url": f"{archive.url}/api/v0.1/Download/file",
        "parameters": f"uri=mast:TESS/product/{NAME}.fits",
        "release": "spoc-5.0.10-simulated",
        "retrieved": "2026-03-03T12:00:00Z",
    }
    body = archive.mast.holdings.body(f"{NAME}.fits")
    assert station.opened.store.path(one).read_bytes() == body


def test_a_second_run_fetches_nothing(archive, station):
    station.run(SOURCE, tics=(TIC,))
    assert archive.asked(DOWNLOAD)
    assert station.run(SOURCE, tics=(TIC,)).ok
    assert not archive.asked(DOWNLOAD)


def test_sectors_cadences_and_a_limit(station):
    station.run(SOURCE, tics=(TIC,), sectors=(2,), cadences=("short", "fast"))
    assert keys(station) == {f"tic={TIC},sector=2,product={one}" for one in ("s", "a_fast")}


def test_a_limit_takes_the_first(archive, station):
    cone = {"ra_deg": archive.mast.sky.ra_deg, "dec_deg": archive.mast.sky.dec_deg}
    station.run(SOURCE, cones=({**cone, "radius_deg": 0.2},), most=3)
    assert len(keys(station)) == 3
    assert KEY in keys(station)


def test_names_are_looked_up_and_numbers_are_not(archive, station, sky):
    assert station.run(SOURCE, names=(sky.stars[1].name, "tic 25155313"), sectors=(1,)).ok
    assert keys(station) == {f"tic={tic},sector=1,product=s" for tic in (25155312, 25155313)}
    assert sum(b"Name.Lookup" in request.body for request in archive.asked(INVOKE)) == 1


def test_of_two_close_targets_a_name_means_the_nearest(archive, station, sky):
    one, other, *_ = sky.stars
    pair = (
        replace(one, ra_deg=359.9995, dec_deg=60.0),
        replace(other, ra_deg=0.0015, dec_deg=60.0),
    )
    archive.mast.sky = Sky(pair, 0.0, 60.0, 0.1)
    for star in pair:
        station.run(SOURCE, names=(star.name,), sectors=(1,))
        assert keys(station) == {f"tic={s.tic},sector=1,product=s" for s in pair[: star.number]}


def test_a_cone_has_all_targets_in_it(station, sky):
    cone = {"ra_deg": sky.ra_deg, "dec_deg": sky.dec_deg, "radius_deg": 0.03}
    station.run(SOURCE, cones=(cone,), sectors=(1,))
    inside = {star.tic for star in sky.within(sky.ra_deg, sky.dec_deg, 0.03)}
    assert inside
    assert keys(station) == {f"tic={tic},sector=1,product=s" for tic in inside}


def test_a_name_that_nobody_knows_is_told_and_others_go_on(station, sky):
    summary = station.run(SOURCE, names=("NO SUCH STAR", sky.stars[0].name), sectors=(1,))
    assert not summary.ok
    assert keys(station) == {KEY}
    assert any("'NO SUCH STAR'" in one.message for one in station.events)


def test_targets_without_light_curves_are_told_and_nothing_is_made_up(station, caplog):
    with caplog.at_level(logging.WARNING):
        assert station.run(SOURCE, tics=(TIC, 99), sectors=(1,)).ok
    assert "no light curves of TESS of TIC 99" in caplog.text
    assert keys(station) == {KEY}
    cone = {"ra_deg": 10.0, "dec_deg": 80.0, "radius_deg": 0.01, "name": "nowhere"}
    with caplog.at_level(logging.WARNING):
        assert station.run(SOURCE, cones=(cone,)).ok
    assert "around nowhere" in caplog.text


def test_no_target_is_an_error(station):
    with pytest.raises(ConfigError, match="name a target"):
        station.run(SOURCE)


def test_the_token_is_never_told_to_another_host(archive, station):
    archive.secrets["TESS_API_TOKEN"] = archive.mast.token
    assert station.run(SOURCE, tics=(TIC,)).ok
    requests = archive.asked()
    asked = [r for r in requests if r.path in (INVOKE, DOWNLOAD)]
    stored = [r for r in requests if r.path.startswith(STORAGE)]
    assert {r.headers["authorization"] for r in asked} == {f"token {archive.mast.token}"}
    assert len(stored) == 2
    assert all("authorization" not in r.headers for r in stored)


def test_an_old_token_ends_the_run_and_names_its_variable(archive, station, caplog):
    archive.secrets["TESS_API_TOKEN"] = "yesterdays"
    assert not station.run(SOURCE, tics=(TIC,)).ok
    told = " ".join(str(event.message) for event in station.events) + caplog.text
    assert "TESS_API_TOKEN is wrong or has expired" in told
    assert "yesterdays" not in told


@pytest.mark.parametrize(
    "fault",
    [
        Status(pattern=f"{DOWNLOAD}*", code=404),
        Status(pattern=f"{DOWNLOAD}*", code=500),
        Status(pattern=f"{STORAGE}/*", code=403),
        Cut(pattern=f"{STORAGE}/*", after_bytes=3000),
        Reissue(pattern=f"{STORAGE}/*", content=b"garbage"),
        Reissue(pattern=f"{STORAGE}/*", content=b"<!DOCTYPE html><html>log in</html>"),
        Reissue(pattern=f"{STORAGE}/*", content=b'{"message": "no"}'),
        Reissue(pattern=f"{STORAGE}/*", content=b""),
    ],
)
def test_files_that_do_not_arrive_are_not_stored(archive, station, fault):
    archive.faults.add(fault)
    assert not station.run(SOURCE, tics=(TIC,), sectors=(1,)).ok
    assert not station.datasets()


def test_a_damaged_file_is_rejected_by_its_checksum(archive, station):
    body = bytearray(archive.mast.holdings.body(f"{NAME}.fits"))
    body[-3000] ^= 1
    archive.faults.add(Reissue(pattern=f"{STORAGE}/*s0001*", content=bytes(body)))
    assert not station.run(SOURCE, tics=(TIC,)).ok
    assert keys(station) == {f"tic={TIC},sector=2,product=s"}
    archive.faults.clear()


def test_a_cut_transfer_is_taken_up_again(archive, station):
    archive.faults.add(Cut(pattern=f"{STORAGE}/*", after_bytes=5000, times=1))
    assert station.run(SOURCE, tics=(TIC,), sectors=(1,)).ok


def test_a_listing_that_fails_is_a_failure(archive, station):
    archive.mast.error = "the database is asleep"
    assert not station.run(SOURCE, tics=(TIC,)).ok
    assert any("the database is asleep" in str(event.message) for event in station.events)


def test_other_authors_are_asked_for_by_their_names():
    config = TessConfig(tics=(1,), authors=("SPOC", "QLP"))
    filters = {one.column: one.values for one in config.filters()}
    assert filters["obs_collection"] == ("TESS", "HLSP")
    assert filters["provenance_name"] == ("SPOC", "QLP")
    assert "t_exptime" not in filters
    assert config.made_by == {"s", "qlp"}
