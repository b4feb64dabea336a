from pathlib import Path

import pytest

from gnomon.errors import ConfigError, UnknownName
from gnomon.sim import (
    Cut,
    Fault,
    Faults,
    Lacks,
    Latency,
    Refuse,
    Reissue,
    Slow,
    Stale,
    Stall,
    Status,
    WrongSize,
    parse_fault,
)
from gnomon.sim.faults import Trouble


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("429:*/profiles/*:times=2", Status(code=429, pattern="*/profiles/*", times=2)),
        ("429::retry_after_s=3", Status(code=429, retry_after_s=3)),
        ("500", Status(code=500)),
        ("503:*", Status(code=503)),
        ("404:*.nc", Status(code=404, pattern="*.nc")),
        ("latency:*:latency_s=0.5", Latency(latency_s=0.5)),
        ("cut:*.nc:after_bytes=9:protocol=ftp", Cut(pattern="*.nc", after_bytes=9, protocol="ftp")),
        ("stall", Stall()),
        ("slow:*:bytes_per_s=10", Slow(bytes_per_s=10)),
        ("stale:*index*", Stale(pattern="*index*")),
        ("reissue:/a.nc:content=/tmp/b.nc", Reissue(pattern="/a.nc", content=Path("/tmp/b.nc"))),
        ("size:*:by_bytes=-3", WrongSize(by_bytes=-3)),
        ("refuse:*:times=1", Refuse(times=1)),
        ("lacks:*:feature=mdtm", Lacks(feature="mdtm")),
    ],
)
def test_every_fault_has_a_text(text, fault):
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "error", "match"),
    [
        ("cutt:*", UnknownName, "did you mean 'cut'"),
        ("cut:*:after=3", UnknownName, "did you mean 'after_bytes'"),
        ("cut:*:times=often", ConfigError, "takes a number, not 'often'"),
    ],
)
def test_what_makes_no_sense_is_said(text, error, match):
    with pytest.raises(error, match=match):
        parse_fault(text)


@pytest.fixture
def faults():
    return Faults(lambda _: None)


def test_a_fault_strikes_as_often_as_it_says(faults):
    fault = Cut(pattern="*.nc", times=2)
    faults.add(fault)
    assert faults.find(Cut, "/a.txt", "http") is None
    assert faults.find(Cut, "/a.nc", "http", strike=False) == fault
    assert [faults.find(Cut, "/a.nc", "http") for _ in range(3)] == [fault, fault, None]


def test_faults_follow_in_order(faults):
    first, second = Status(code=500, times=1), Status(code=429)
    faults.add(first, second)
    assert [faults.find(Status, "/", "ftp") for _ in range(3)] == [first, second, second]


def test_a_protocol_may_be_spared(faults):
    faults.add(Refuse(protocol="ftp", pattern="*.nc"))
    assert faults.find(Refuse, "/", "http") is None
    assert faults.find(Refuse, "/", "ftp") is not None


def test_clear_heals(faults):
    faults.add(Cut(), Lacks(feature="etag"))
    assert faults.lacks("ETAG", "/", "http")
    faults.clear()
    assert not faults.lacks("ETAG", "/", "http")
    assert faults.trouble("/", "http") == Trouble()


def test_the_nearest_stop_counts(faults):
    faults.add(Cut(after_bytes=5), Stall(after_bytes=3), Slow(bytes_per_s=7))
    trouble = faults.trouble("/", "http")
    assert trouble == Trouble(5, 3, 7)
    assert [trouble.room(2), trouble.room(9)] == [2, 3]


def test_all_faults_strike_everything_for_ever_unless_told():
    assert Fault() == Fault(pattern="*", times=None, protocol="any")
