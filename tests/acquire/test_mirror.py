import logging

import pytest

from gnomon.acquire.connect import connect
from gnomon.acquire.download import download
from gnomon.acquire.mirror import Mirror
from gnomon.acquire.transport import Limits
from gnomon.errors import ConfigError, NotFound, Unreachable
from gnomon.sim import Archive, Cut, Refuse, Reissue, Stall, Status

PATH = "dac/a/1.nc"


@pytest.fixture
def clock_s():
    return [0.0]


@pytest.fixture
def mirror(archive, clock_s):
    hasty = Limits(read_timeout_s=0.2)
    ways = [connect(archive.ftp_url, hasty), connect(archive.http_url, hasty)]
    made = Mirror(ways, cool_down_s=60, clock=lambda: clock_s[0])
    yield made
    made.close()


def verbs(archive):
    return [(one.verb, one.bytes_sent) for one in archive.requests if one.verb in ("GET", "RETR")]


def test_the_first_serves_while_it_is_up(mirror, archive, dest, retry):
    download(mirror, PATH, dest, retry=retry)
    assert verbs(archive) == [("RETR", 200_000)]
    assert mirror.note == ""


def test_ftp_down_lets_http_take_over_and_says_so_once(
    mirror, archive, folder, dest, retry, waits, caplog
):
    archive.faults.add(Refuse(protocol="ftp"))
    for _ in range(2):
        download(mirror, PATH, dest, retry=retry)
    assert dest.read_bytes() == (folder / PATH).read_bytes()
    assert verbs(archive) == [("GET", 200_000)] * 2
    assert waits == []
    assert [(record.levelno, "is down" in record.message) for record in caplog.records] == [
        (logging.WARNING, True)
    ]
    assert archive.ftp_url in mirror.note


def test_after_the_cool_down_it_goes_back(mirror, archive, clock_s):
    archive.faults.add(Refuse(protocol="ftp"))
    mirror.stat(PATH)
    archive.faults.clear()
    archive.requests.clear()
    mirror.stat(PATH)
    assert [one.protocol for one in archive.requests] == ["http"]
    clock_s[0] = 61.0
    mirror.stat(PATH)
    assert archive.requests[-1].protocol == "ftp"
    assert mirror.note == ""


@pytest.mark.parametrize("fault", [Cut, Stall])
def test_ftp_broken_in_mid_body_is_resumed_over_http(
    mirror, archive, folder, dest, retry, waits, fault
):
    archive.faults.add(fault(after_bytes=70_000, protocol="ftp"))
    download(mirror, PATH, dest, retry=retry)
    assert dest.read_bytes() == (folder / PATH).read_bytes()
    assert verbs(archive) == [("RETR", 70_000), ("GET", 130_000)]
    assert waits == []


def test_mirrors_that_disagree_are_not_mixed(mirror, archive, folder, dest, retry, waits):
    other = (folder / PATH).read_bytes()[::-1]
    archive.faults.add(Cut(after_bytes=70_000, protocol="ftp"))
    archive.faults.add(Reissue(content=other, protocol="http"))
    download(mirror, PATH, dest, retry=retry)
    assert dest.read_bytes() == other
    assert len(waits) == 1


def test_two_broken_mirrors_end(mirror, archive, folder, dest, retry, waits):
    archive.faults.add(Cut(after_bytes=0, times=6))
    download(mirror, PATH, dest, retry=retry)
    assert dest.read_bytes() == (folder / PATH).read_bytes()
    assert len(waits) == 3


def test_not_found_is_an_answer(mirror, archive):
    archive.faults.add(Status(code=404, protocol="ftp"))
    with pytest.raises(NotFound):
        mirror.read(PATH)
    assert {one.protocol for one in archive.requests} == {"ftp"}


def test_all_down_is_unreachable(folder):
    with Archive(folder) as gone:
        urls = gone.ftp_url, gone.http_url
    mirror = Mirror([connect(url) for url in urls])
    with pytest.raises(Unreachable):
        mirror.stat(PATH)


def test_no_transport_is_no_mirror():
    with pytest.raises(ConfigError):
        Mirror([])
