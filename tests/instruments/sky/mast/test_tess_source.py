"""`sky.tess` against MAST on loopback."""

import logging

import pytest

from gnomon.errors import ConfigError
from gnomon.instruments.sky.mast.tess_source import SOURCE, open_tess
from gnomon.sim import Cut, Reissue, Slow, Status

TIC = 25155311
KEY = f"tic={TIC},sector=1,product=s"


def test_a_target_is_fetched_in_all_its_sectors(archive, station):
    summary = station.run(SOURCE, tics=(TIC,))
    assert summary.ok
    found = station.datasets()
    assert {key for _, key in found} == {KEY, f"tic={TIC},sector=2,product=s"}
    one = found["sky.tess.lc", KEY]
    name = f"tess2018206045859-s0001-{TIC:016d}-0120-s_lc"
    assert one.path == f"tess/lc/tic{TIC:016d}/s0001/s/{name}_v001.fits"
    assert one.tags["name"] == name
    assert one.tags["url"] == f"{archive.url}/api/v0.1/Download/file"
    assert one.tags["parameters"] == f"uri=mast:TESS/product/{name}.fits"
    assert one.tags["release"] == "spoc-5.0.10-simulated"
    assert one.tags["retrieved"] == "2026-03-03T12:00:00Z"
    assert station.opened.store.path(one).read_bytes() == archive.mast.holdings.body(f"{name}.fits")


def test_a_second_run_fetches_nothing(archive, station):
    station.run(SOURCE, tics=(TIC,))
    archive.asked()
    station.run(SOURCE, tics=(TIC,))
    assert not archive.asked("Download")
